// Which files may be read under which folder name: the manifest and the files of one package.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "hosting/site.h"

namespace muster::distribution_point {

// Looks packages up in the site database once and remembers their file lists. Safe from many
// threads.
class ContentFolders {
 public:
  explicit ContentFolders(hosting::Site& site) : site_(&site) {}

  // Whether the folder is a package's and the package has a file of this hash (64 hex digits).
  Result<bool> holds(std::string_view folder, std::string_view sha256);

 private:
  using Files = std::unordered_set<std::string>;
  Result<std::shared_ptr<const Files>> files_of(const std::string& folder);

  hosting::Site* site_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Files>, std::less<>> known_;
  std::uint64_t epoch_ = 0;  // of the site's content, when known_ was true
};

}  // namespace muster::distribution_point
