#include "store/content_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/utf8.h"

namespace muster::store {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kLongestPath = 1024;

Failure unreadable(const fs::path& path, const char* what) {
  return fail(kContentUnavailable, "{}: {}: {}", path.string(), what, std::strerror(errno));
}

// The name goes to machines of every kind and into documents, so it must be text without traps.
Result<void> check_file_name(const fs::path& shown, std::string_view name) {
  if (!is_utf8(name)) return fail(kBadTree, "{}: the name is not UTF-8", shown.string());
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\')
      return fail(kBadTree, "{}: the name has a control character or a backslash", shown.string());
  return {};
}

// Walks by descriptors: a folder that is exchanged for a link meanwhile leads nowhere else.
class TreeWalk {
 public:
  TreeWalk(const ContentStore& store, fs::path root, const TreeLimits& limits)
      : store_(store), root_(std::move(root)), limits_(limits) {}

  Result<void> folder(os::Fd fd, const std::string& path, std::size_t depth);
  std::vector<TreeFile> take() && { return std::move(files_); }

 private:
  Result<std::vector<std::string>> names(os::Fd fd, const std::string& path);
  Result<void> entry(int parent, const std::string& name, const std::string& path,
                     std::size_t depth);
  Result<void> file(int fd, const struct stat& info, const std::string& path);
  fs::path shown(const std::string& path) const { return root_ / path; }

  const ContentStore& store_;
  const fs::path root_;
  const TreeLimits& limits_;
  std::vector<TreeFile> files_;
  std::uint64_t bytes_ = 0;
};

Result<std::vector<std::string>> TreeWalk::names(os::Fd fd, const std::string& path) {
  DIR* const listing = ::fdopendir(fd.get());
  if (listing == nullptr) return unreadable(shown(path), "list");
  fd.release();
  std::vector<std::string> out;
  errno = 0;
  while (const dirent* item = ::readdir(listing)) {
    const std::string_view name = item->d_name;
    if (name != "." && name != "..") out.emplace_back(name);
    errno = 0;
  }
  const int error = errno;
  ::closedir(listing);
  errno = error;
  if (error != 0) return unreadable(shown(path), "list");
  return out;
}

Result<void> TreeWalk::folder(os::Fd fd, const std::string& path, std::size_t depth) {
  if (depth > limits_.depth)
    return fail(kBadTree, "{}: folders more than {} deep", shown(path).string(), limits_.depth);
  os::Fd listing(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
  if (!listing.valid()) return unreadable(shown(path), "open");
  for (const std::string& name : TRY(names(std::move(listing), path)))
    TRY(entry(fd.get(), name, path.empty() ? name : path + "/" + name, depth));
  return {};
}

Result<void> TreeWalk::entry(int parent, const std::string& name, const std::string& path,
                             std::size_t depth) {
  TRY(check_file_name(shown(path), name));
  if (path.size() > kLongestPath)
    return fail(kBadTree, "{}: a path over {} bytes", shown(path).string(), kLongestPath);
  // A pipe would block the open; the flag has no effect on regular files.
  os::Fd fd(::openat(parent, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.valid() && errno == ELOOP)
    return fail(kBadTree, "{}: a symbolic link", shown(path).string());
  if (!fd.valid() && errno == ENXIO) return fail(kBadTree, "{}: a socket", shown(path).string());
  if (!fd.valid()) return unreadable(shown(path), "open");
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return unreadable(shown(path), "stat");
  if (S_ISDIR(info.st_mode)) return folder(std::move(fd), path, depth + 1);
  if (!S_ISREG(info.st_mode))
    return fail(kBadTree, "{}: neither a file nor a folder", shown(path).string());
  return file(fd.get(), info, path);
}

Result<void> TreeWalk::file(int fd, const struct stat& info, const std::string& path) {
  if (files_.size() >= limits_.files)
    return fail(kBadTree, "{}: more than {} files", shown(path).string(), limits_.files);
  auto incoming = TRY(store_.begin());
  std::vector<char> part(1u << 20);
  for (;;) {
    const ssize_t got = ::read(fd, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(shown(path), "read");
    if (got == 0) break;
    if (static_cast<std::uint64_t>(got) > limits_.bytes - bytes_)
      return fail(kBadTree, "{}: more than {} bytes in all", shown(path).string(), limits_.bytes);
    bytes_ += static_cast<std::uint64_t>(got);
    TRY_IN(incoming.write({part.data(), static_cast<std::size_t>(got)}), "{}",
           shown(path).string());
  }
  const ContentFile stored = TRY_IN(incoming.finish(), "{}", shown(path).string());
  files_.push_back({path, info.st_mode & 0777u, stored.size, stored.hash});
  return {};
}

}  // namespace

Result<std::vector<TreeFile>> ingest_tree(const ContentStore& store, const fs::path& folder,
                                          const TreeLimits& limits) {
  os::Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return unreadable(folder, "open");
  TreeWalk walk(store, folder, limits);
  TRY(walk.folder(std::move(fd), "", 0));
  std::vector<TreeFile> files = std::move(walk).take();
  std::sort(files.begin(), files.end(),
            [](const TreeFile& a, const TreeFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace muster::store
