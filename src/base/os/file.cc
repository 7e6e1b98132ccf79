#include "base/os/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/errors.h"

namespace muster::os {
namespace fs = std::filesystem;
namespace {

Failure unwritable(const fs::path& path, const char* what) {
  return fail(kFileUnwritable, "{}: {}: {}", path.string(), what, std::strerror(errno));
}

constexpr uid_t kSame = static_cast<uid_t>(-1);  // chown(2) leaves it as it is

// Of a file that takes another's place. Who makes it owns it unless it says otherwise.
struct Attributes {
  mode_t mode = 0600;
  uid_t uid = kSame;
  gid_t gid = kSame;
};

Result<void> replace(const fs::path& path,
                     const std::function<Result<void>(const FileSink&)>& write,
                     const Attributes& attributes) {
  const fs::path aside = fs::path(path).concat(fmt::format(".{}.new", ::getpid()));
  // Closed to all others until its owner is the right one.
  const mode_t first = attributes.uid == kSame ? attributes.mode : 0600;
  Fd fd(::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, first));
  if (!fd.valid()) return unwritable(aside, "open");
  const auto written = [&]() -> Result<void> {
    TRY(write([&](ByteView part) { return write_all(fd.get(), part, aside); }));
    if (attributes.uid != kSame && ::fchown(fd.get(), attributes.uid, attributes.gid) != 0)
      return unwritable(aside, "chown");
    if (::fchmod(fd.get(), attributes.mode) != 0) return unwritable(aside, "chmod");
    if (::fsync(fd.get()) != 0) return unwritable(aside, "fsync");
    if (::rename(aside.c_str(), path.c_str()) != 0) return unwritable(path, "rename");
    return {};
  }();
  if (!written) {
    ::unlink(aside.c_str());
    return written;
  }
  return sync_folder(path.parent_path());
}

}  // namespace

bool file_exists(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

Result<Bytes> read_file(const fs::path& path, std::size_t limit_bytes) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return fail(kFileUnreadable, "{}: {}", path.string(), std::strerror(errno));
  Bytes out;
  // Files of /proc say size 0, so the size is only a hint.
  struct stat info {};
  if (::fstat(fd.get(), &info) == 0 && info.st_size > 0)
    out.reserve(std::min<std::size_t>(static_cast<std::size_t>(info.st_size), limit_bytes) + 1);
  char part[65536];
  for (;;) {
    const ssize_t got = ::read(fd.get(), part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(kFileUnreadable, "{}: {}", path.string(), std::strerror(errno));
    if (got == 0) return out;
    if (out.size() + static_cast<std::size_t>(got) > limit_bytes)
      return fail(kFileTooLarge, "{}: over {} bytes", path.string(), limit_bytes);
    out.append(part, static_cast<std::size_t>(got));
  }
}

Result<void> write_all(int fd, ByteView bytes, const fs::path& name_for_errors) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return unwritable(name_for_errors, "write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> sync_folder(const fs::path& path) {
  const Fd fd(::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return unwritable(path, "open");
  if (::fsync(fd.get()) != 0) return unwritable(path, "fsync");
  return {};
}

Result<void> replace_file(const fs::path& path, ByteView content, FileMode mode) {
  return replace_file(
      path, [content](const FileSink& sink) { return sink(content); }, mode);
}

Result<void> replace_file(const fs::path& path,
                          const std::function<Result<void>(const FileSink&)>& write,
                          FileMode mode) {
  return replace(path, write, {.mode = static_cast<mode_t>(mode)});
}

Result<void> replace_content(const fs::path& path, ByteView content) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return unwritable(path, "stat");
  // A link stays one.
  std::error_code error;
  const fs::path file = fs::canonical(path, error);
  if (error) return unwritable(path, "canonical");
  return replace(file, [content](const FileSink& sink) { return sink(content); },
                 {.mode = info.st_mode & 07777, .uid = info.st_uid, .gid = info.st_gid});
}

Result<void> make_private_folder(const fs::path& path) {
  if (path.empty()) return {};
  std::error_code error;
  if (path.has_parent_path() && path.parent_path() != path &&
      !fs::is_directory(path.parent_path(), error))
    TRY(make_private_folder(path.parent_path()));
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return unwritable(path, "mkdir");
  struct stat info {};
  const auto foreign = [&info] { return info.st_uid != ::geteuid() && info.st_uid != 0; };
  // A folder or link that another user made first would be his, and so what is written into it.
  if (::lstat(path.c_str(), &info) != 0) return unwritable(path, "lstat");
  const bool foreign_link = S_ISLNK(info.st_mode) && foreign();
  if (::stat(path.c_str(), &info) != 0) return unwritable(path, "stat");
  if (foreign_link || foreign() || !S_ISDIR(info.st_mode) || (info.st_mode & 0022) != 0)
    return fail(kFileUnwritable, "{} is not a folder of this user that only he can write to",
                path.string());
  return {};
}

Result<Fd> lock_file(const fs::path& path) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.valid()) return unwritable(path, "open");
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return unwritable(path, "lock");
  return fd;
}

}  // namespace muster::os
