// The failures of what users are told and answer: numbers 2451 to 2459.
#pragma once

#include "base/result.h"

namespace muster::client {

inline constexpr ErrorKind kNoNotice{2451, "no-notice",
                                     "Look at what there is to answer: muster-client notices"};
inline constexpr ErrorKind kNoPuttingOff{
    2452, "no-putting-off", "Save your work: from here on it cannot be put off any more"};
inline constexpr ErrorKind kNotAddressed{
    2453, "not-addressed",
    "Log on at this machine: only its logged-on users are told and may answer"};
inline constexpr ErrorKind kRestartByHand{
    2454, "restart-by-hand",
    "Restart the machine, or run the client as root with the setting restart.allowed: yes"};
inline constexpr ErrorKind kOthersLoggedOn{
    2456, "others-logged-on", "Let the others log off first, or wait: they are told in time"};
inline constexpr ErrorKind kProgramRuns{
    2457, "program-runs", "Wait until it has ended; muster-client software list says what runs"};
inline constexpr ErrorKind kWindowClosed{
    2458, "window-closed",
    "Wait for the next maintenance window, in which it happens by itself, or ask whoever runs this "
    "machine"};
inline constexpr ErrorKind kNoLongerServed{2459, "no-longer-served",
                                           "Log on at this machine, and ask again"};
inline constexpr ErrorKind kBusCallFailed{
    2455, "bus-call-failed", "Look whether the service that the text names runs on this machine"};

}  // namespace muster::client
