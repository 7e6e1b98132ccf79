// A folder of files taken into the content store: the source of a package.
#pragma once

#include "store/content_store.h"

namespace muster::store {

struct TreeFile {
  std::string path;    // relative, '/' between parts, no "." or ".."
  std::uint32_t mode;  // permission bits only
  std::uint64_t size;
  ContentHash hash;
};

struct TreeLimits {
  std::size_t files = 100'000;
  std::uint64_t bytes = 256ull << 30;
  std::size_t depth = 64;
};

// Stores every regular file below `folder` and lists them in order of path (by bytes). Empty
// folders leave no trace. A symbolic link, device, socket or pipe, a name that is not UTF-8 or has
// a control character or a backslash, and whatever exceeds a limit, is kBadTree and named.
// Errors: kBadTree, kContentUnavailable, kDiskFull.
Result<std::vector<TreeFile>> ingest_tree(const ContentStore& store,
                                          const std::filesystem::path& folder,
                                          const TreeLimits& limits = {});

}  // namespace muster::store
