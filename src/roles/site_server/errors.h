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
inline constexpr ErrorKind kRefusedSender{
    2304, "refused-sender", "Approve the device and replay the message, if it is to count"};
inline constexpr ErrorKind kMessageTooHeavy{
    2305, "message-too-heavy", "Look at its sender; replay it on a machine with more memory"};
inline constexpr ErrorKind kSpeaksTwice{
    2307, "speaks-twice",
    "Two machines have this identity: delete the device and enrol each with a token of its own"};
inline constexpr ErrorKind kRoundBroken{
    2306, "round-broken", "Report it with the log: the site server caught an exception"};
inline constexpr ErrorKind kBadObject{2302, "bad-object",
                                      "Apply the object again; its stored form cannot be read"};

}  // namespace muster::site_server
