// The content cache on a Linux file system: last use is the modification time, a marker file
// makes content persistent.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <set>

#include "base/errors.h"
#include "base/os/file.h"
#include "base/sha256.h"
#include "roles/client/software/cache.h"
#include "roles/client/software/deployment.h"
#include "roles/client/software/errors.h"

namespace muster::client {
namespace {

constexpr std::string_view kPartial = ".part";
constexpr std::string_view kPersistent = ".keep";

std::string partial_name(const std::string& sha256) { return sha256 + std::string(kPartial); }
std::string keep_name(const std::string& sha256) { return sha256 + std::string(kPersistent); }

Result<void> check_name(const std::string& sha256) {
  if (!is_sha256_hex(sha256)) return fail(kBadCacheEntry, "'{}'", sha256.substr(0, 80));
  return {};
}

Result<std::string> hash_of(int fd, const std::string& name) {
  Sha256 hash;
  char part[65536];
  for (off_t at = 0;;) {
    const ssize_t got = ::pread(fd, part, sizeof part, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(kFileUnreadable, "cache file {}: {}", name, std::strerror(errno));
    if (got == 0) return to_hex(hash.finish());
    hash.update({part, static_cast<std::size_t>(got)});
    at += got;
  }
}

void touch(int fd, Timestamp now) {
  timespec both{};
  both.tv_sec = now.ms / 1000;
  both.tv_nsec = now.ms % 1000 * 1'000'000;
  const timespec times[2] = {both, both};
  // A time that cannot be set makes the content older than it is; no more is lost.
  (void)::futimens(fd, times);
}

std::uint64_t size_of(const struct stat& info) { return static_cast<std::uint64_t>(info.st_size); }

}  // namespace

Result<ContentCache> ContentCache::open(CacheSettings settings) {
  TRY(os::make_private_folder(settings.folder));
  os::Fd folder(::open(settings.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid())
    return fail(kFileUnwritable, "{}: {}", settings.folder.string(), std::strerror(errno));
  return ContentCache(std::move(settings), std::move(folder));
}

Result<os::Fd> ContentCache::open_unverified(const std::string& sha256, std::uint64_t size_bytes,
                                             Timestamp now) {
  TRY(check_name(sha256));
  os::Fd fd(
      ::openat(folder_.get(), sha256.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0)
    return fail(kContentMissing, "{}: {}", sha256, std::strerror(errno));
  if (!S_ISREG(info.st_mode) || size_of(info) != size_bytes) {
    discard(sha256);
    return fail(kContentChanged, "{}: {} bytes instead of {}", sha256, info.st_size, size_bytes);
  }
  touch(fd.get(), now);
  return fd;
}

Result<os::Fd> ContentCache::open_verified(const std::string& sha256, std::uint64_t size_bytes,
                                           Timestamp now) {
  os::Fd fd = TRY(open_unverified(sha256, size_bytes, now));
  const std::string found = TRY(hash_of(fd.get(), sha256));
  if (found != sha256) {
    discard(sha256);
    return fail(kContentChanged, "{}: the cached file's hash is {}", sha256, found);
  }
  return fd;
}

bool ContentCache::holds(const std::string& sha256, std::uint64_t size_bytes) const {
  struct stat info {};
  return is_sha256_hex(sha256) &&
         ::fstatat(folder_.get(), sha256.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(info.st_mode) && size_of(info) == size_bytes;
}

Result<ContentCache::Partial> ContentCache::begin(const std::string& sha256,
                                                  std::uint64_t size_bytes, Timestamp now) {
  TRY(check_name(sha256));
  const std::string name = partial_name(sha256);
  // What stands already counts as used; only the rest needs room.
  struct stat info {};
  std::uint64_t there = 0;
  if (::fstatat(folder_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0)
    there = size_of(info);
  begun_.erase(sha256);
  TRY_IN(make_room(size_bytes - std::min(there, size_bytes), now), "content {}", sha256);

  Partial out;
  out.fd = os::Fd(::openat(folder_.get(), name.c_str(),
                           O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!out.fd.valid() || ::fstat(out.fd.get(), &info) != 0)
    return fail(kFileUnwritable, "cache file {}: {}", name, std::strerror(errno));
  out.offset = size_of(info);
  if (out.offset > size_bytes) {
    if (::ftruncate(out.fd.get(), 0) != 0)
      return fail(kFileUnwritable, "cache file {}: {}", name, std::strerror(errno));
    out.offset = 0;
  }
  touch(out.fd.get(), now);
  begun_[sha256] = size_bytes;
  return out;
}

Result<void> ContentCache::finish(const std::string& sha256, std::uint64_t size_bytes,
                                  Timestamp now) {
  TRY(check_name(sha256));
  const std::string name = partial_name(sha256);
  os::Fd fd(::openat(folder_.get(), name.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0)
    return fail(kContentMissing, "{}: {}", name, std::strerror(errno));
  if (size_of(info) < size_bytes)
    return fail(kContentMissing, "{}: {} of {} bytes so far", sha256, info.st_size, size_bytes);
  const std::string found = TRY(hash_of(fd.get(), name));
  if (found != sha256 || size_of(info) != size_bytes) {
    discard(sha256);
    return fail(kContentChanged, "{}: {} bytes with the hash {} arrived", sha256, info.st_size,
                found);
  }
  touch(fd.get(), now);
  if (::fsync(fd.get()) != 0 ||
      ::renameat(folder_.get(), name.c_str(), folder_.get(), sha256.c_str()) != 0 ||
      ::fsync(folder_.get()) != 0)
    return fail(kFileUnwritable, "cache file {}: {}", sha256, std::strerror(errno));
  begun_.erase(sha256);
  return {};
}

void ContentCache::discard(const std::string& sha256) {
  if (!is_sha256_hex(sha256)) return;
  ::unlinkat(folder_.get(), sha256.c_str(), 0);
  ::unlinkat(folder_.get(), partial_name(sha256).c_str(), 0);
  begun_.erase(sha256);
}

Result<void> ContentCache::set_persistent(const std::string& sha256, bool persistent) {
  TRY(check_name(sha256));
  if (!persistent) {
    ::unlinkat(folder_.get(), keep_name(sha256).c_str(), 0);
    return {};
  }
  return os::replace_file(settings_.folder / keep_name(sha256), "", os::FileMode::Private);
}

std::vector<CacheEntry> ContentCache::entries() const {
  std::vector<CacheEntry> out;
  std::set<std::string> persistent;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(settings_.folder.c_str()),
                                                    &::closedir);
  if (!listing) return out;
  while (const dirent* found = ::readdir(listing.get())) {
    const std::string name = found->d_name;
    const std::string hash = name.substr(0, 64);
    if (!is_sha256_hex(hash)) continue;
    const std::string_view ending = std::string_view(name).substr(64);
    if (ending == kPersistent) persistent.insert(hash);
    if (!ending.empty() && ending != kPartial) continue;
    struct stat info {};
    if (::fstatat(folder_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    CacheEntry entry{name, size_of(info), {}, false};
    entry.last_used.ms = info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1'000'000;
    const auto begun = begun_.find(hash);
    if (!ending.empty() && begun != begun_.end())
      entry.size_bytes = std::max(entry.size_bytes, begun->second);
    out.push_back(std::move(entry));
  }
  for (CacheEntry& entry : out) entry.persistent = persistent.contains(entry.name.substr(0, 64));
  return out;
}

Result<void> ContentCache::make_room(std::uint64_t wanted_bytes, Timestamp now) {
  const auto leaving =
      plan_room(entries(), settings_.limit_bytes, wanted_bytes, now, settings_.keep);
  if (!leaving)
    return fail(kCacheTooSmall, "{} bytes more do not fit into {}, limit {} bytes", wanted_bytes,
                settings_.folder.string(), settings_.limit_bytes);
  for (const std::string& name : *leaving) ::unlinkat(folder_.get(), name.c_str(), 0);
  return {};
}

}  // namespace muster::client
