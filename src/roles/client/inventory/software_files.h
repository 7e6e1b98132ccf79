// Class SoftwareFile: files that an administrator wants to know about, by folder and name.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/settings.h"
#include "model/path_pattern.h"
#include "roles/client/inventory/collectors.h"

namespace muster::client {

struct SoftwareFileRules {
  std::vector<std::string> roots;     // folders to look through; none: nothing is looked for
  std::vector<std::string> patterns;  // of a file's name: '*' and '?'
  std::vector<std::string> excluded;  // folders that are left out with all below
  std::size_t most_files = 10'000;
  unsigned deepest = 16;
  // Whether the time for the search is over.
  std::function<bool()> is_over = [] { return false; };
};

// The settings software_files.*; the time limit stays the caller's. Error: kBadSetting for a folder
// that is no clean absolute path, and for a pattern with a '/'.
Result<SoftwareFileRules> software_file_rules(const Settings& settings);

using model::matches_pattern;

// Whether the folder holds a file that says: not this one, nor what is below.
bool is_opted_out(const Source& source, std::string_view folder);

// Ordinary files below the roots: no link is followed, no other file system is entered, and a
// folder that holds skpswi.dat or .muster-skip is left out with all below. Error:
// kTooManySoftwareFiles over a limit of number or time: half a list would look like a removal.
Result<Collected> collect_software_files(const Source& source, const SoftwareFileRules& rules);

}  // namespace muster::client
