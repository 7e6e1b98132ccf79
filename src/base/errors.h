// The failures of base/: numbers 1000 to 1099.
#pragma once

#include "base/result.h"

namespace muster {

inline constexpr ErrorKind kBadEncoding{1000, "bad-encoding",
                                        "Send the value in the encoding that the text names"};
inline constexpr ErrorKind kBadTime{1001, "bad-time",
                                    "Write times as 2026-01-31T12:00:00Z and durations as PT10M"};
inline constexpr ErrorKind kShortInput{1002, "short-input",
                                       "The document is cut off; send it again whole"};
inline constexpr ErrorKind kFileUnreadable{
    1003, "file-unreadable", "Check that the file exists and that this user may read it"};
inline constexpr ErrorKind kFileUnwritable{1004, "file-unwritable",
                                           "Check the folder's owner, its mode and the free space"};
inline constexpr ErrorKind kFileTooLarge{
    1005, "file-too-large", "Make the file smaller, or raise the limit that the text names"};
inline constexpr ErrorKind kUnknownSetting{1006, "unknown-setting",
                                           "Correct the name; docs/settings.md lists all settings"};
inline constexpr ErrorKind kBadSetting{
    1007, "bad-setting", "Give a value of the setting's type; docs/settings.md lists all"};
inline constexpr ErrorKind kProcessFailed{1008, "process-failed",
                                          "Look at the program's own output for the cause"};
inline constexpr ErrorKind kNoAccount{1009, "no-account",
                                      "Name an account of this machine, or run it as root"};

}  // namespace muster
