// The failures of contract/objects/: numbers 1450 to 1469 of contract/.
#pragma once

#include "base/result.h"

namespace muster::contract {

inline constexpr ErrorKind kObjectVersion{1450, "object-version",
                                          "Write apiVersion: muster/v1, or update this program"};
inline constexpr ErrorKind kObjectKind{1451, "object-kind",
                                       "Use a kind that docs/protocols/objects.md lists"};
inline constexpr ErrorKind kObjectField{
    1452, "object-field", "Give the key a value that docs/protocols/objects.md lists"};
inline constexpr ErrorKind kNoObjects{1453, "no-objects",
                                      "Write at least one object into the file"};
inline constexpr ErrorKind kObjectTwice{1454, "object-twice",
                                        "Remove one of the two, or give it another name"};
inline constexpr ErrorKind kObjectIdentity{
    1455, "object-identity", "Remove metadata.id and metadata.site, or export the object again"};
inline constexpr ErrorKind kObjectStale{
    1456, "object-stale", "Export the object again and repeat the change, or remove the serial"};
inline constexpr ErrorKind kObjectSet{
    1457, "object-set",
    "Leave the object to the files that own it, or apply with --take-over to move it"};

}  // namespace muster::contract
