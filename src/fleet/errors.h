// The failures of fleet/: numbers 1700 to 1799.
#pragma once

#include "base/result.h"

namespace muster::fleet {

inline constexpr ErrorKind kUnknownRow{
    1700, "unknown-row",
    "The change is against other rows than these; send the device's full rows"};
inline constexpr ErrorKind kUnknownDevice{
    1701, "unknown-device", "Name a device that is active, or apply its full rows first"};
inline constexpr ErrorKind kUnknownCollection{1702, "unknown-collection",
                                              "Name a collection that exists, or create it first"};
inline constexpr ErrorKind kCollectionCycle{
    1703, "collection-cycle",
    "Take one of the includes, excludes or limits that the text names out"};
inline constexpr ErrorKind kCollectionInUse{
    1704, "collection-in-use",
    "Take the collection out of the rules and limits of those that the text names first"};
inline constexpr ErrorKind kBadCollection{
    1705, "bad-collection", "Give the collection an id of 1 to 255 bytes other than all-systems"};
inline constexpr ErrorKind kTooManyRows{1706, "too-many-rows",
                                        "Collect fewer rows of the class on the device"};
inline constexpr ErrorKind kBadSnapshot{1707, "bad-snapshot",
                                        "Nothing: the index is built from the database instead, "
                                        "and the next snapshot replaces this one"};

}  // namespace muster::fleet
