#include "hosting/log_follow.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os/file.h"
#include "hosting/errors.h"

namespace muster::hosting {
namespace {

constexpr std::size_t kPart = 256 * 1024;
constexpr std::size_t kLongestLine = 1u << 20;

os::Fd open_file(const std::string& path) {
  return os::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

}  // namespace

void LogFollower::end_line(std::vector<std::string>& lines) { lines.emplace_back().swap(partial_); }

void LogFollower::open_again(const std::string& path) {
  fd_ = open_file(path);
  struct stat info {};
  if (!fd_.valid() || ::fstat(fd_.get(), &info) != 0) return;
  device_ = info.st_dev;
  inode_ = info.st_ino;
  offset_ = 0;
}

bool LogFollower::is_current(const std::string& path) const {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && info.st_dev == device_ && info.st_ino == inode_;
}

Result<void> LogFollower::read_to_end(std::vector<std::string>& lines) {
  if (!fd_.valid()) return {};
  std::string part(kPart, '\0');
  for (;;) {
    const ssize_t got = ::pread(fd_.get(), part.data(), part.size(), static_cast<off_t>(offset_));
    if (got < 0) return fail(kLogUnreadable, "{}", path_);
    if (got == 0) return {};
    offset_ += static_cast<std::uint64_t>(got);
    std::string_view rest(part.data(), static_cast<std::size_t>(got));
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      partial_ += rest.substr(0, end);
      end_line(lines);
      rest.remove_prefix(end + 1);
    }
    partial_ += rest;
    // A file without newlines is no log; it is shown in pieces rather than gathered.
    if (partial_.size() > kLongestLine) end_line(lines);
  }
}

// Reads `path` from its start in place of what was read before.
Result<void> LogFollower::move_to(const std::string& path, std::vector<std::string>& lines) {
  // The writer wrote to the old file until it renamed it, which may be after it was read last.
  TRY(read_to_end(lines));
  if (!partial_.empty()) end_line(lines);
  open_again(path);
  return read_to_end(lines);
}

Result<std::vector<std::string>> LogFollower::poll() {
  std::vector<std::string> lines;
  const std::string rotated = path_ + ".1";
  if (!fd_.valid()) open_again(os::file_exists(rotated) ? rotated : path_);
  TRY(read_to_end(lines));
  if (!fd_.valid()) return lines;
  struct stat now {};
  const bool there = ::stat(path_.c_str(), &now) == 0;
  if (there && is_current(path_)) {
    if (static_cast<std::uint64_t>(now.st_size) >= offset_) return lines;
    // Cut in place, as copytruncate does.
    partial_.clear();
    offset_ = 0;
    TRY(read_to_end(lines));
    return lines;
  }
  // A file may have begun and been rotated away since the last call.
  if (os::file_exists(rotated) && !is_current(rotated)) TRY(move_to(rotated, lines));
  if (there) TRY(move_to(path_, lines));
  return lines;
}

std::string LogFollower::take_rest() {
  std::string rest;
  rest.swap(partial_);
  return rest;
}

}  // namespace muster::hosting
