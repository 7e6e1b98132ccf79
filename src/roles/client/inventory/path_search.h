// The files that a path pattern names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "roles/client/inventory/source.h"

namespace muster::client {

inline constexpr std::size_t kMostFilesFound = 1000;

// Ordinary files, sorted; links are none, and neither is what a link on the way leads to. Nothing
// where there is none. `pattern` has passed model::check_path_pattern(). Error: kTooManyFilesFound.
Result<std::vector<std::string>> find_files(const Source& source, std::string_view pattern);

}  // namespace muster::client
