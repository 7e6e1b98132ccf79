// The failures of the site server: numbers 2300 to 2399.
#pragma once

#include "base/result.h"

namespace muster::site_server {

inline constexpr ErrorKind kUnknownSender{
    2300, "unknown-sender", "Enrol the device again; the site does not know it any more"};
inline constexpr ErrorKind kForeignCertificate{
    2301, "foreign-certificate", "Look for a management point that takes strangers' messages"};
inline constexpr ErrorKind kUnknownMessage{
    2303, "unknown-message", "Update the site server; no component of it takes this type"};
inline constexpr ErrorKind kBadObject{2302, "bad-object",
                                      "Apply the object again; its stored form cannot be read"};

}  // namespace muster::site_server
