// Absolute paths of which each part may hold '*' and '?': "/home/*/.config/editor.ini".
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"

namespace muster::model {

inline constexpr std::size_t kLongestPathPattern = 1024;
inline constexpr std::size_t kMostPathParts = 32;

// "." , ".." and empty parts are refused, and so are control characters and what is no UTF-8: what
// is written is the path that is opened. Error: kBadPath.
Result<void> check_path_pattern(std::string_view text);

// "home", "*", ".config", "editor.ini".
std::vector<std::string_view> path_parts(std::string_view text);

// Whether the name is one that the part describes; linear space, at most name x pattern steps.
bool matches_pattern(std::string_view pattern, std::string_view name);

inline bool has_wildcard(std::string_view part) {
  return part.find_first_of("*?") != std::string_view::npos;
}

}  // namespace muster::model
