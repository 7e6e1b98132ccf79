// The failures of the management point: numbers 2000 to 2099.
#pragma once

#include "base/result.h"

namespace muster::management_point {

inline constexpr ErrorKind kEnrolmentRefused{
    2000, "enrolment-refused", "Ask an operator for a new token, or for approval of this device"};
inline constexpr ErrorKind kNoPolicyYet{2001, "no-policy-yet",
                                        "Wait: the site makes this device's policy"};
inline constexpr ErrorKind kNotYours{2002, "not-yours",
                                     "Ask only for what your own policy header names"};
inline constexpr ErrorKind kUnknownCertificate{
    2003, "unknown-certificate", "Sign messages with a certificate that this site issued to you"};
inline constexpr ErrorKind kTooManyMessages{
    2005, "too-many-messages", "Wait a minute; if it goes on, look at what this client reports"};
inline constexpr ErrorKind kPollsTwice{
    2006, "polls-twice",
    "Two machines have this identity: delete the device and enrol each with a token of its own"};
inline constexpr ErrorKind kOtherType{2007, "other-type",
                                      "Name in Muster-Message the type that the envelope names"};
inline constexpr ErrorKind kStreamBehind{
    2004, "stream-behind", "Start a new stream: later messages of this one were taken already"};

}  // namespace muster::management_point
