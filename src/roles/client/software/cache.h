// The client's content cache: files named by their SHA-256, partial ones that a download resumes,
// a limit on their sum, and what was used in the last day kept. Implemented in
// platform/cache_files.cc.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/os/fd.h"
#include "base/result.h"
#include "base/time.h"
#include "roles/client/software/cache_room.h"

namespace muster::client {

struct CacheSettings {
  std::filesystem::path folder;
  std::uint64_t limit_bytes = 5120ull << 20;
  Duration keep = std::chrono::hours(24);
};

// One process has one cache. Names are 64 hex digits, else kBadCacheEntry. Not for two threads.
class ContentCache {
 public:
  // Creates the folder. Error: kFileUnwritable.
  static Result<ContentCache> open(CacheSettings settings);

  // The file of this hash and size, read through and checked on the descriptor that is returned,
  // which stands at its start; counts as a use. A file of other content or size is deleted:
  // kContentChanged. Without one: kContentMissing.
  Result<os::Fd> open_verified(const std::string& sha256, std::uint64_t size_bytes, Timestamp now);

  // The same without reading it through, for a caller that hashes what it reads.
  Result<os::Fd> open_unverified(const std::string& sha256, std::uint64_t size_bytes,
                                 Timestamp now);

  bool holds(const std::string& sha256, std::uint64_t size_bytes) const;

  // A partial file to be continued: bytes are appended to `fd` from `offset` on.
  struct Partial {
    os::Fd fd;
    std::uint64_t offset = 0;
  };
  // Makes room for the rest first. Errors: kCacheTooSmall when that does not help,
  // kFileUnwritable. A partial file longer than `size_bytes` starts anew.
  Result<Partial> begin(const std::string& sha256, std::uint64_t size_bytes, Timestamp now);

  // The partial file is whole: checks it, makes it durable and gives it its name. Other content
  // is deleted: kContentChanged. A file that is too short stays for resuming: kContentMissing.
  Result<void> finish(const std::string& sha256, std::uint64_t size_bytes, Timestamp now);

  // Deletes the file and its partial one.
  void discard(const std::string& sha256);

  // Content that is never deleted for room.
  Result<void> set_persistent(const std::string& sha256, bool persistent);

  // Deletes unused content until `wanted_bytes` more fit. Error: kCacheTooSmall.
  Result<void> make_room(std::uint64_t wanted_bytes, Timestamp now);

  std::vector<CacheEntry> entries() const;
  const CacheSettings& settings() const { return settings_; }

 private:
  ContentCache(CacheSettings settings, os::Fd folder)
      : settings_(std::move(settings)), folder_(std::move(folder)) {}

  CacheSettings settings_;
  os::Fd folder_;
  std::map<std::string, std::uint64_t> begun_;  // partial files under way, and their whole size
};

}  // namespace muster::client
