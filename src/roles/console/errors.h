// The failures of the console: numbers 2500 to 2599.
#pragma once

#include "base/result.h"

namespace muster::console {

inline constexpr ErrorKind kUsage{2500, "usage", "muster --help and muster VERB --help explain"};
inline constexpr ErrorKind kApiRefused{2501, "api-refused", "Follow the advice of the provider"};
inline constexpr ErrorKind kNoContext{
    2502, "no-context", "Run muster from the folder where ./run was run, or set MUSTER_STATE"};
inline constexpr ErrorKind kSiteExists{2503, "site-exists",
                                       "Use the site that is there, or remove its folder first"};
inline constexpr ErrorKind kWaitedInVain{2504, "waited-in-vain",
                                         "Look at the logs in the state folder for the cause"};
inline constexpr ErrorKind kExportFolder{2505, "export-folder",
                                         "Name an empty folder, or say --replace"};
inline constexpr ErrorKind kExportDamaged{
    2506, "export-damaged", "Look at the health of the site's content store: muster doctor"};
inline constexpr ErrorKind kFileDamaged{
    2509, "file-damaged",
    "Read it again; if it stays so, look at the health of the site's database"};
inline constexpr ErrorKind kLogUnreadable{2507, "log-unreadable",
                                          "Name a log file that is there and that you may read"};
inline constexpr ErrorKind kSiteDocument{
    2508, "site-document",
    "Ask who can write to the site's database: an operator signed no such thing"};

}  // namespace muster::console
