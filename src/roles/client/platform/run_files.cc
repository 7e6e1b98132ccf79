#include "roles/client/platform/run_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/errors.h"
#include "base/os/file.h"
#include "base/sha256.h"
#include "roles/client/software/errors.h"

namespace muster::client {
namespace fs = std::filesystem;
namespace {

Failure unwritable(std::string_view name) {
  return fail(kFileUnwritable, "{}: {}", name, std::strerror(errno));
}

Result<void> give_to(int fd, const std::optional<RunUser>& user, std::string_view name) {
  if (user && ::fchown(fd, user->uid, user->gid) != 0) return unwritable(name);
  return {};
}

// The folder that `path` names below `root`, made part by part: each part is opened relative to
// the one before it without following links, so that nothing can lead out of `root`.
Result<os::Fd> folder_of(int root, std::string_view path, const std::optional<RunUser>& user) {
  os::Fd at(::fcntl(root, F_DUPFD_CLOEXEC, 3));
  for (std::size_t slash; (slash = path.find('/')) != std::string_view::npos;) {
    const std::string part(path.substr(0, slash));
    if (::mkdirat(at.get(), part.c_str(), 0700) != 0 && errno != EEXIST) return unwritable(part);
    os::Fd next(::openat(at.get(), part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next.valid()) return unwritable(part);
    TRY(give_to(next.get(), user, part));
    at = std::move(next);
    path.remove_prefix(slash + 1);
  }
  return at;
}

Result<void> copy_hashed(int from, int to, const ContentFile& file) {
  Sha256 hash;
  std::uint64_t size = 0;
  char part[65536];
  for (;;) {
    const ssize_t got = ::read(from, part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(kFileUnreadable, "{}: {}", file.path, std::strerror(errno));
    if (got == 0) break;
    const ByteView bytes(part, static_cast<std::size_t>(got));
    size += bytes.size();
    if (size > file.size_bytes)
      return fail(kContentChanged, "{}: over {} bytes", file.path, file.size_bytes);
    hash.update(bytes);
    TRY(os::write_all(to, bytes, file.path));
  }
  const std::string found = to_hex(hash.finish());
  if (size != file.size_bytes || found != file.sha256)
    return fail(kContentChanged, "{}: {} bytes with the hash {}", file.path, size, found);
  return {};
}

Result<void> lay_out_file(int root, const ContentFile& file, const OpenContent& open_content,
                          const std::optional<RunUser>& user) {
  if (!is_plain_path(file.path)) return fail(kBadDeployment, "the path '{}'", file.path);
  const os::Fd from = TRY(open_content(file));
  const os::Fd folder = TRY(folder_of(root, file.path, user));
  const std::string name = file.path.substr(file.path.rfind('/') + 1);
  const os::Fd to(::openat(folder.get(), name.c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!to.valid()) return unwritable(file.path);
  TRY(copy_hashed(from.get(), to.get(), file));
  TRY(give_to(to.get(), user, file.path));
  // Nobody but the owner writes what is about to be executed.
  if (::fchmod(to.get(), file.mode & 0755) != 0) return unwritable(file.path);
  return {};
}

}  // namespace

Result<void> lay_out_files(const fs::path& run, std::span<const ContentFile> files,
                           const OpenContent& open_content, const std::optional<RunUser>& user) {
  if (::mkdir(run.c_str(), 0700) != 0) return unwritable(run.string());
  const fs::path folder = run / kRunFiles;
  if (::mkdir(folder.c_str(), 0700) != 0) return unwritable(folder.string());
  const os::Fd root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!root.valid()) return unwritable(folder.string());
  TRY(give_to(root.get(), user, folder.string()));
  // The user reaches the files through the run's folder, and sees nothing else in it.
  if (user && ::chmod(run.c_str(), 0711) != 0) return unwritable(run.string());
  for (const ContentFile& file : files) TRY(lay_out_file(root.get(), file, open_content, user));
  TRY(os::sync_folder(run));
  return os::sync_folder(run.parent_path());
}

void remove_run_folder(const fs::path& run) {
  // A program may have taken away its own folder's rights.
  std::error_code error;
  for (fs::recursive_directory_iterator it(run, error), end; !error && it != end;
       it.increment(error))
    if (it->is_directory(error) && !it->is_symlink(error))
      fs::permissions(it->path(), fs::perms::owner_all, fs::perm_options::add, error);
  fs::remove_all(run, error);
}

}  // namespace muster::client
