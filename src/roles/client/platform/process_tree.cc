#include "roles/client/platform/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <map>
#include <memory>

#include "base/os/file.h"

namespace muster::client {
namespace fs = std::filesystem;
namespace {

// The parent's id out of /proc/PID/stat: the second field after the name's closing bracket.
std::optional<pid_t> parent_of(const std::string& pid) {
  const auto stat = os::read_file("/proc/" + pid + "/stat", 4096);
  if (!stat) return std::nullopt;
  const std::size_t bracket = stat->rfind(") ");
  if (bracket == std::string::npos || stat->size() < bracket + 5) return std::nullopt;
  pid_t parent = 0;
  const char* begin = stat->data() + bracket + 4;
  const auto [stop, error] = std::from_chars(begin, stat->data() + stat->size(), parent);
  if (error != std::errc()) return std::nullopt;
  return parent;
}

void write_text(const fs::path& path, std::string_view text) {
  const os::Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  // A group that is gone needs no signal.
  if (fd.valid()) (void)os::write_all(fd.get(), text, path);
}

// Where version 2 groups are mounted, and this process's own group there.
std::optional<fs::path> own_group() {
  const auto mounts = os::read_file("/proc/self/mounts");
  const auto groups = os::read_file("/proc/self/cgroup");
  if (!mounts || !groups) return std::nullopt;
  std::string mount;
  for (std::size_t at = 0; at < mounts->size();) {
    const std::size_t end = std::min(mounts->find('\n', at), mounts->size());
    const std::string line = mounts->substr(at, end - at);
    const std::size_t first = line.find(' ');
    const std::size_t second = line.find(' ', first + 1);
    if (second != std::string::npos && line.substr(second + 1).starts_with("cgroup2 "))
      mount = line.substr(first + 1, second - first - 1);
    at = end + 1;
  }
  const std::size_t own = groups->starts_with("0::") ? 0 : groups->find("\n0::");
  if (mount.empty() || own == std::string::npos) return std::nullopt;
  const std::size_t path = groups->find('/', own);
  if (path == std::string::npos) return std::nullopt;
  return fs::path(mount + groups->substr(path, groups->find('\n', path) - path));
}

}  // namespace

void adopt_orphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

std::vector<pid_t> descendants_of(pid_t ancestor) {
  std::multimap<pid_t, pid_t> children;
  const std::unique_ptr<DIR, int (*)(DIR*)> proc(::opendir("/proc"), &::closedir);
  while (const dirent* entry = proc ? ::readdir(proc.get()) : nullptr) {
    const std::string name = entry->d_name;
    pid_t pid = 0;
    const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || stop != name.data() + name.size()) continue;
    if (const auto parent = parent_of(name)) children.emplace(*parent, pid);
  }
  std::vector<pid_t> out{ancestor};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto [begin, end] = children.equal_range(out[i]);
    for (auto it = begin; it != end; ++it) out.push_back(it->second);
  }
  out.erase(out.begin());
  return out;
}

void signal_descendants(int signal) {
  for (pid_t pid : descendants_of(::getpid())) ::kill(pid, signal);
}

bool kill_descendants(const Clock& clock, Duration limit, LeaderStatus& leader) {
  const Duration deadline = clock.steady() + limit;
  for (;;) {
    signal_descendants(SIGKILL);
    int status = 0;
    pid_t reaped;
    while ((reaped = ::waitpid(-1, &status, WNOHANG)) > 0)
      if (reaped == leader.leader) leader.status = status;
    if (reaped < 0) return true;  // no child is left, and orphans would be children
    if (clock.steady() >= deadline) return false;
    ::poll(nullptr, 0, 5);
  }
}

std::optional<RunGroup> RunGroup::create(const std::string& name) {
  if (::geteuid() != 0) return std::nullopt;
  const auto own = own_group();
  if (!own) return std::nullopt;
  const fs::path folder = *own / ("muster-run-" + name);
  if (::mkdir(folder.c_str(), 0755) != 0) return std::nullopt;
  const int join_fd = ::open((folder / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC);
  if (join_fd < 0 || ::access((folder / "cgroup.kill").c_str(), W_OK) != 0) {
    if (join_fd >= 0) ::close(join_fd);
    ::rmdir(folder.c_str());
    return std::nullopt;
  }
  return RunGroup(folder, join_fd);
}

void RunGroup::kill_all() const { write_text(folder_ / "cgroup.kill", "1"); }

void RunGroup::remove() const {
  ::close(join_fd_);
  ::rmdir(folder_.c_str());
}

}  // namespace muster::client
