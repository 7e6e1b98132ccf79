// The failures of reading facts about the machine: numbers 2460 to 2479.
#pragma once

#include "base/result.h"

namespace muster::client {

inline constexpr ErrorKind kFactMissing{2460, "fact-missing",
                                        "This machine does not have the fact; nothing is to do"};
inline constexpr ErrorKind kFactDenied{2461, "fact-denied",
                                       "Start muster-client as root if this fact is wanted"};
inline constexpr ErrorKind kFactUnreadable{
    2462, "fact-unreadable", "Look at the file that the text names: it is over-long or damaged"};
inline constexpr ErrorKind kOldRpmDatabase{
    2465, "old-rpm-database",
    "Convert it with 'rpmdb --rebuilddb' of an rpm whose %_db_backend is sqlite"};
inline constexpr ErrorKind kTooManySoftwareFiles{
    2466, "too-many-software-files",
    "Name fewer folders or narrower patterns, or raise software_files.limit or .longest"};
inline constexpr ErrorKind kBadInventoryState{2463, "bad-inventory-state",
                                              "Nothing is to do: the next report is a full one"};
inline constexpr ErrorKind kWrongAcknowledgement{2464, "wrong-acknowledgement",
                                                 "Nothing is to do: the next report is a full one"};

}  // namespace muster::client
