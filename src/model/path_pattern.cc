#include "model/path_pattern.h"

#include <algorithm>

#include "base/utf8.h"
#include "model/object_errors.h"

namespace muster::model {

std::vector<std::string_view> path_parts(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::size_t end = std::min(text.find('/'), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

bool matches_pattern(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0, star = std::string_view::npos, restart = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      restart = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++restart;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

Result<void> check_path_pattern(std::string_view text) {
  const auto bad = [&](std::string_view what) {
    return fail(kBadPath, "'{}' {}", text.substr(0, 200), what);
  };
  if (text.size() > kLongestPathPattern) return bad("has over 1024 bytes");
  if (!is_utf8(text) || std::ranges::any_of(text, [](char c) {
        return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7f;
      }))
    return bad("is no text");
  if (!text.starts_with('/')) return bad("does not begin with '/'");
  const auto parts = path_parts(text);
  if (parts.size() > kMostPathParts) return bad("has over 32 parts");
  for (const std::string_view part : parts) {
    if (part.empty()) return bad("has an empty part");
    if (part == "." || part == "..") return bad("has a part '.' or '..'");
    if (part.find("**") != std::string_view::npos)
      return bad("has '**': '*' stands for text within one part");
  }
  return {};
}

}  // namespace muster::model
