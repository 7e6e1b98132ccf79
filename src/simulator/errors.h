// The simulator's failures: numbers 2900 to 2949.
#pragma once

#include "base/result.h"

namespace muster::simulator {

inline constexpr ErrorKind kNotFetchedYet{
    2900, "not-fetched-yet", "Nothing is to do: the virtual client asks for the document"};
inline constexpr ErrorKind kTooFewTokens{
    2901, "too-few-tokens",
    "Make as many as there are clients: muster token create --count N --output FILE"};
inline constexpr ErrorKind kBadFleetState{
    2902, "bad-fleet-state", "Give another folder with --state, or remove the file that is named"};
inline constexpr ErrorKind kTooFewDescriptors{
    2903, "too-few-descriptors",
    "Raise the limit of open files (prlimit --nofile), or simulate fewer clients in one process"};
inline constexpr ErrorKind kUnknownOption{2904, "unknown-option",
                                          "Run muster-simulate --help for the options"};
inline constexpr ErrorKind kCommandFailed{2905, "command-failed",
                                          "Correct the command of the event that is named"};
inline constexpr ErrorKind kNotAllConnected{
    2906, "not-all-connected",
    "Look at the failures in the result, and at the management point's log for the same time"};

}  // namespace muster::simulator
