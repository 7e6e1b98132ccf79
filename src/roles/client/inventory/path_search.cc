#include "roles/client/inventory/path_search.h"

#include <algorithm>

#include "model/path_pattern.h"
#include "roles/client/inventory/errors.h"
#include "roles/client/inventory/software_files.h"

namespace muster::client {

Result<std::vector<std::string>> find_files(const Source& source, std::string_view pattern) {
  const auto parts = model::path_parts(pattern);
  std::vector<std::string> found = {""};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool is_last = i + 1 == parts.size();
    const auto wanted = is_last ? FileFacts::Kind::File : FileFacts::Kind::Folder;
    std::vector<std::string> next;
    const auto keep = [&](std::string path) {
      const auto facts = source.file_facts(path);
      if (facts && facts->kind == wanted) next.push_back(std::move(path));
    };
    for (const std::string& folder : found) {
      if (!model::has_wildcard(parts[i])) {
        keep(fmt::format("{}/{}", folder, parts[i]));
      } else {
        const auto names = source.list(folder.empty() ? "/" : folder);
        // A folder that cannot be read has no files for this client.
        if (!names) continue;
        for (const std::string& name : *names) {
          // As a shell has it: a name that begins with a dot is meant only where that is written.
          if (name.starts_with('.') && !parts[i].starts_with('.')) continue;
          if (matches_pattern(parts[i], name)) keep(fmt::format("{}/{}", folder, name));
        }
      }
      if (next.size() > kMostFilesFound)
        return fail(kTooManyFilesFound, "{}: over {}", pattern, kMostFilesFound);
    }
    found = std::move(next);
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace muster::client
