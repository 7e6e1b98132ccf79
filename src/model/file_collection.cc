#include "model/file_collection.h"

#include <algorithm>

#include "base/utf8.h"
#include "model/object_errors.h"
#include "model/path_pattern.h"

namespace muster::model {
namespace {

bool matches_path(std::string_view pattern, std::string_view path) {
  const auto wanted = path_parts(pattern);
  const auto parts = path_parts(path);
  return std::ranges::equal(wanted, parts, [](std::string_view part, std::string_view name) {
    // As a shell has it: a name that begins with a dot is meant only where that is written.
    if (name.starts_with('.') && !part.starts_with('.')) return false;
    return has_wildcard(part) ? matches_pattern(part, name) : part == name;
  });
}

}  // namespace

Result<void> check_file_collection(const FileCollection& collection) {
  const auto bad = [](std::string_view what) { return fail(kBadFileCollection, "{}", what); };
  if (collection.paths.empty()) return bad("paths is empty");
  if (collection.paths.size() > kMostFilePatterns) return bad("paths has over 32 paths");
  for (const std::string& path : collection.paths) {
    TRY(check_path_pattern(path));
    if (collection.restricted && has_wildcard(path))
      return fail(kBadFileCollection, "'{}' is a pattern; restricted wants files by their names",
                  path);
  }
  if (collection.file_limit == 0 || collection.file_limit > kMostFileLimit)
    return bad("fileLimit is no size up to 1 MiB");
  if (collection.interval < kLeastFileInterval || collection.interval > kMostFileInterval)
    return fail(kBadFileCollection, "interval is {}; PT1H to P30D are possible",
                muster::to_text(collection.interval));
  return {};
}

bool names_file(const FileCollection& collection, std::string_view path) {
  return std::ranges::any_of(
      collection.paths, [path](const std::string& pattern) { return matches_path(pattern, path); });
}

bool is_collected_path(std::string_view path) {
  if (path.size() > kLongestPathPattern || !path.starts_with('/') || !is_utf8(path) ||
      has_control_characters(path))
    return false;
  const auto parts = path_parts(path);
  return parts.size() <= kMostPathParts && std::ranges::none_of(parts, [](std::string_view part) {
           return part.empty() || part == "." || part == "..";
         });
}

}  // namespace muster::model
