#include "roles/client/platform/root_source.h"

#include <dirent.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "model/inventory.h"
#include "model/path_pattern.h"
#include "roles/client/inventory/errors.h"
#include "roles/client/inventory/rpm_header.h"
#include "store/foreign_database.h"

namespace muster::client {
namespace {

Failure failed(std::string_view path, int error) {
  const ErrorKind& kind = error == EACCES || error == EPERM     ? kFactDenied
                          : error == ENOENT || error == ENOTDIR ? kFactMissing
                                                                : kFactUnreadable;
  return fail(kind, "{}: {}", path, std::strerror(error));
}

unsigned ones_in(std::uint32_t bits) {
  unsigned out = 0;
  for (; bits != 0; bits &= bits - 1) ++out;
  return out;
}

// Where rpm keeps its database: the newer place first.
constexpr std::string_view kRpmFolders[] = {"/usr/lib/sysimage/rpm", "/var/lib/rpm"};

bool is_ordinary_file(int folder, const char* name) {
  struct stat info {};
  return ::fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode);
}

}  // namespace

Result<RootSource> RootSource::open(const std::filesystem::path& root) {
  os::Fd fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return failed(root.string(), errno);
  return RootSource(std::move(fd), root == "/");
}

Result<os::Fd> RootSource::open_below(std::string_view path, int flags) const {
  open_how how{};
  // A FIFO in the way must not block the client.
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if ((flags & O_PATH) != 0) how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT;
  const std::string relative(path.substr(std::min(path.find_first_not_of('/'), path.size())));
  const char* name = relative.empty() ? "." : relative.c_str();
  long fd = ::syscall(SYS_openat2, root_.get(), name, &how, sizeof how);
  // Some sandboxes refuse openat2; of the running system nothing can lead outside anyway.
  if (fd < 0 && (errno == ENOSYS || errno == EPERM) && is_live_)
    fd = ::openat(root_.get(), name, static_cast<int>(how.flags));
  if (fd < 0) return failed(path, errno);
  return os::Fd(static_cast<int>(fd));
}

namespace {

Result<Bytes> read_whole(const os::Fd& fd, std::string_view path, std::size_t limit_bytes) {
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return failed(path, errno);
  if (!S_ISREG(info.st_mode)) return fail(kFactUnreadable, "{}: no ordinary file", path);
  Bytes out;
  char part[65536];
  for (;;) {
    const ssize_t got = ::read(fd.get(), part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, errno);
    if (got == 0) return out;
    if (out.size() + static_cast<std::size_t>(got) > limit_bytes)
      return fail(kFactUnreadable, "{}: over {} bytes", path, limit_bytes);
    out.append(part, static_cast<std::size_t>(got));
  }
}

}  // namespace

Result<Bytes> RootSource::read(std::string_view path, std::size_t limit_bytes) const {
  return read_whole(TRY(open_below(path, O_RDONLY)), path, limit_bytes);
}

namespace {

bool allows_all(const os::Fd& fd, mode_t right) {
  struct stat info {};
  return ::fstat(fd.get(), &info) == 0 && (info.st_mode & right) != 0;
}

}  // namespace

// Part by part: whoever may write one of the folders cannot turn the way aside.
Result<NamedFile> RootSource::read_as_named(std::string_view path, std::size_t limit_bytes) const {
  os::Fd at(::openat(root_.get(), ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!at.valid()) return failed(path, errno);
  bool readable_by_all = allows_all(at, S_IXOTH);
  const auto parts = model::path_parts(path);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string part(parts[i]);
    if (part.empty() || part == "." || part == "..")
      return fail(kFactUnreadable, "{}: '{}' is no part of a path", path, part);
    const int flags =
        i + 1 < parts.size() ? O_PATH | O_DIRECTORY : O_RDONLY | O_NONBLOCK | O_NOCTTY;
    os::Fd next(::openat(at.get(), part.c_str(), flags | O_NOFOLLOW | O_CLOEXEC));
    struct stat info {};
    const int error = errno;
    if (!next.valid() && ::fstatat(at.get(), part.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISLNK(info.st_mode))
      return fail(kFactDenied, "{}: '{}' is a link; the path itself is wanted", path, part);
    if (!next.valid()) return failed(path, error);
    at = std::move(next);
    readable_by_all = readable_by_all && allows_all(at, i + 1 < parts.size() ? S_IXOTH : S_IROTH);
  }
  NamedFile out;
  out.readable_by_all = readable_by_all;
  out.content = TRY(read_whole(at, path, limit_bytes));
  struct stat info {};
  if (::fstat(at.get(), &info) != 0) return failed(path, errno);
  out.modified = Timestamp{info.st_mtim.tv_sec * 1000};
  return out;
}

Result<Bytes> RootSource::read_part(std::string_view path, std::uint64_t offset,
                                    std::size_t size_bytes) const {
  const os::Fd fd = TRY(open_below(path, O_RDONLY | O_NOFOLLOW));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return failed(path, errno);
  if (!S_ISREG(info.st_mode)) return fail(kFactUnreadable, "{}: no ordinary file", path);
  const auto length = static_cast<std::uint64_t>(info.st_size);
  if (offset >= length) return Bytes();
  Bytes out(std::min<std::uint64_t>(size_bytes, length - offset), '\0');
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got =
        ::pread(fd.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, errno);
    if (got == 0) break;  // cut meanwhile
    done += static_cast<std::size_t>(got);
  }
  out.resize(done);
  return out;
}

Result<std::vector<std::string>> RootSource::list(std::string_view path) const {
  os::Fd fd = TRY(open_below(path, O_RDONLY | O_DIRECTORY));
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(fd.get()), &::closedir);
  if (!listing) return failed(path, errno);
  fd.release();  // the listing closes it
  std::vector<std::string> out;
  while (const dirent* entry = ::readdir(listing.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (out.size() >= kMostNames)
      return fail(kFactUnreadable, "{}: over {} names", path, kMostNames);
    out.push_back(name);
  }
  std::ranges::sort(out);
  return out;
}

std::optional<std::string> RootSource::link_target(std::string_view path) const {
  const auto fd = open_below(path, O_PATH | O_NOFOLLOW);
  if (!fd) return std::nullopt;
  char target[4096];
  const ssize_t size = ::readlinkat(fd->get(), "", target, sizeof target);
  if (size < 0) return std::nullopt;
  return std::string(target, static_cast<std::size_t>(size));
}

bool RootSource::exists(std::string_view path) const {
  return open_below(path, O_PATH).has_value();
}

std::optional<Timestamp> RootSource::modified(std::string_view path) const {
  const auto fd = open_below(path, O_PATH);
  struct stat info {};
  if (!fd || ::fstat(fd->get(), &info) != 0) return std::nullopt;
  return Timestamp{info.st_mtim.tv_sec * 1000};
}

std::optional<FileFacts> RootSource::file_facts(std::string_view path) const {
  const auto fd = open_below(path, O_PATH | O_NOFOLLOW);
  struct stat info {};
  if (!fd || ::fstat(fd->get(), &info) != 0) return std::nullopt;
  FileFacts out;
  if (S_ISREG(info.st_mode)) out.kind = FileFacts::Kind::File;
  if (S_ISDIR(info.st_mode)) out.kind = FileFacts::Kind::Folder;
  out.size_bytes = static_cast<std::uint64_t>(info.st_size);
  out.modified = Timestamp{info.st_mtim.tv_sec * 1000};
  out.device = info.st_dev;
  return out;
}

std::optional<DiskSpace> RootSource::space(std::string_view mount_point) const {
  if (!is_live_) return std::nullopt;
  struct statvfs info {};
  if (::statvfs(std::string(mount_point).c_str(), &info) != 0) return std::nullopt;
  return DiskSpace{info.f_blocks * info.f_frsize, info.f_bavail * info.f_frsize};
}

std::optional<std::vector<AdapterAddress>> RootSource::ipv4_addresses() const {
  ifaddrs* first = nullptr;
  if (!is_live_ || ::getifaddrs(&first) != 0) return std::nullopt;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> all(first, &::freeifaddrs);
  std::vector<AdapterAddress> out;
  for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || at->ifa_addr->sa_family != AF_INET || at->ifa_netmask == nullptr)
      continue;
    sockaddr_in address{};
    sockaddr_in mask{};
    std::memcpy(&address, at->ifa_addr, sizeof address);
    std::memcpy(&mask, at->ifa_netmask, sizeof mask);
    AdapterAddress found;
    // A label such as "eth0:1" names an address, not an adapter.
    found.adapter = std::string(at->ifa_name).substr(0, std::string_view(at->ifa_name).find(':'));
    found.address.assign(reinterpret_cast<const char*>(&address.sin_addr), 4);
    found.prefix_length = ones_in(mask.sin_addr.s_addr);
    out.push_back(std::move(found));
  }
  return out;
}

std::optional<std::string> RootSource::machine() const {
  utsname names{};
  if (!is_live_ || ::uname(&names) != 0) return std::nullopt;
  return std::string(names.machine);
}

Result<void> RootSource::rpm_headers(const std::function<void()>& restart,
                                     const std::function<Result<void>(ByteView)>& take) const {
  for (const std::string_view path : kRpmFolders) {
    const auto folder = open_below(path, O_RDONLY | O_DIRECTORY);
    if (!folder && folder.error().is(kFactMissing)) continue;
    if (!folder) return fail(folder.error());
    if (is_ordinary_file(folder->get(), "rpmdb.sqlite"))
      // By the open folder, so that no link of the tree leads elsewhere.
      return store::read_foreign_database(
          fmt::format("/proc/self/fd/{}/rpmdb.sqlite", folder->get()),
          {.sql = "SELECT blob FROM Packages",
           .longest_bytes = kLargestRpmHeader,
           .most_rows = model::kMostRowsPerClass},
          restart, take);
    for (const char* older : {"Packages", "Packages.db"})
      if (is_ordinary_file(folder->get(), older))
        return fail(kOldRpmDatabase, "{}/{}", path, older);
  }
  return fail(kFactMissing, "rpm's database");
}

}  // namespace muster::client
