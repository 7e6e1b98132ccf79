#include "roles/client/platform/inventory_command.h"

#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>

#include "model/path_pattern.h"
#include "roles/client/inventory/errors.h"
#include "roles/client/platform/process_tree.h"
#include "roles/client/platform/program_start.h"

namespace muster::client {
namespace fs = std::filesystem;
namespace {

constexpr Duration kLook = std::chrono::milliseconds(200);
constexpr int kMostLinks = 40;

// Nobody else can have put it there or can change it.
bool is_ours_alone(const struct stat& status) {
  const bool ours = status.st_uid == 0 || status.st_uid == ::geteuid();
  return ours && (S_ISLNK(status.st_mode) || (status.st_mode & (S_IWGRP | S_IWOTH)) == 0);
}

Failure untrusted(const fs::path& path, const fs::path& part) {
  return fail(kCommandUntrusted, "{}: {} belongs to another user, or others can write it",
              path.string(), part.string());
}

void put_before(std::deque<std::string>& parts, const fs::path& path) {
  std::vector<std::string> more;
  for (const fs::path& part : path.relative_path()) more.push_back(part.string());
  parts.insert(parts.begin(), more.begin(), more.end());
}

struct Child {
  pid_t pid;
  std::optional<RunGroup> group;

  void kill() const {
    if (group) group->kill_all();
    ::kill(-pid, SIGKILL);
  }
};

// Reads on until the program has ended; what it left running ends with it.
class Watch {
 public:
  Watch(const model::CommandCollector& command, const Clock& clock,
        const std::function<bool()>& meanwhile, os::Fd output, const Child& child)
      : command_(command),
        meanwhile_(meanwhile),
        clock_(clock),
        end_(clock.steady() + command.max_runtime),
        output_(std::move(output)),
        child_(child) {}

  Result<Bytes> result() {
    const auto ended = wait();
    child_.kill();
    if (!status_) ::waitpid(child_.pid, &status_.emplace(0), 0);
    TRY(Result<void>(ended));
    if (!WIFEXITED(*status_))
      return failed(fmt::format("it was ended by signal {}", WTERMSIG(*status_)));
    const int code = WEXITSTATUS(*status_);
    if (std::ranges::find(command_.success_codes, code) == command_.success_codes.end())
      return failed(fmt::format("it ended with {}", code));
    return std::move(said_);
  }

 private:
  Failure failed(std::string_view what) const {
    return fail(kCommandFailed, "{}: {}", command_.argv.front(), what);
  }

  Result<void> wait() {
    while (!status_) {
      pollfd entry{output_.get(), POLLIN, 0};
      ::poll(&entry, 1, static_cast<int>(kLook / std::chrono::milliseconds(1)));
      if (int status = 0; ::waitpid(child_.pid, &status, WNOHANG) == child_.pid) status_ = status;
      TRY(take());
      if (status_) break;
      if (clock_.steady() >= end_)
        return failed(fmt::format("it ran over {}", muster::to_text(command_.max_runtime)));
      if (!meanwhile_()) return failed("the client stops");
    }
    return {};
  }

  Result<void> take() {
    char part[65536];
    for (;;) {
      const ssize_t got = ::read(output_.get(), part, sizeof part);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        // Closed while it runs on: nothing more is to be waited for but its end.
        if (got == 0 && !status_) ::poll(nullptr, 0, 50);
        return {};
      }
      if (said_.size() + static_cast<std::size_t>(got) > command_.output_bytes)
        return failed(fmt::format("it wrote over {} bytes", command_.output_bytes));
      said_.append(part, static_cast<std::size_t>(got));
    }
  }

  const model::CommandCollector& command_;
  const std::function<bool()>& meanwhile_;
  const Clock& clock_;
  Duration end_;
  os::Fd output_;
  const Child& child_;
  std::optional<int> status_;
  Bytes said_;
};

// An account needs root, unless it is this process's own.
Result<std::optional<RunUser>> user_of(const std::string& account) {
  if (account.empty()) return std::optional<RunUser>();
  passwd entry;
  passwd* found = nullptr;
  std::vector<char> room(65536);
  if (::getpwnam_r(account.c_str(), &entry, room.data(), room.size(), &found) != 0 ||
      found == nullptr)
    return fail(kNoAccount, "there is no account {}", account);
  if (::geteuid() != 0) {
    if (found->pw_uid == ::geteuid()) return std::optional<RunUser>();
    return fail(kNoAccount, "{} is another account than the client's", account);
  }
  return std::optional(RunUser{account, found->pw_uid, found->pw_gid});
}

}  // namespace

Result<fs::path> trusted_program(const fs::path& path) {
  std::deque<std::string> parts;
  put_before(parts, path);
  fs::path at = "/";
  int links = 0;
  struct stat status {};
  if (::lstat(at.c_str(), &status) != 0 || !is_ours_alone(status)) return untrusted(path, at);
  while (!parts.empty()) {
    const std::string part = parts.front();
    parts.pop_front();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      at = at.parent_path();
      continue;
    }
    const fs::path next = at / part;
    if (::lstat(next.c_str(), &status) != 0)
      return fail(errno == ENOENT || errno == ENOTDIR ? kFactMissing : kCommandUntrusted, "{}: {}",
                  path.string(), std::strerror(errno));
    if (!is_ours_alone(status)) return untrusted(path, next);
    if (S_ISLNK(status.st_mode)) {
      std::error_code error;
      const fs::path target = fs::read_symlink(next, error);
      if (error || ++links > kMostLinks)
        return fail(kCommandUntrusted, "{}: {} leads nowhere", path.string(), next.string());
      if (target.is_absolute()) at = "/";
      put_before(parts, target);
      continue;
    }
    at = next;
    if (S_ISDIR(status.st_mode)) continue;
    if (!S_ISREG(status.st_mode) || !parts.empty())
      return fail(kCommandUntrusted, "{}: {} is no program", path.string(), next.string());
    return at;
  }
  return fail(kCommandUntrusted, "{} is a folder", path.string());
}

Result<Bytes> InventoryCommand::run(const model::CommandCollector& command) {
  RunPlan plan;
  plan.executable = TRY(trusted_program(command.argv.front())).string();
  plan.arguments = command.argv;
  plan.environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                      "LANG=C.UTF-8", "HOME=/"};
  plan.user = TRY(user_of(command.account));
  Child child{-1, RunGroup::create("inventory")};
  auto started =
      start_program("/", plan, child.group ? child.group->join_fd() : -1, ErrorStream::Discarded);
  if (!started) {
    if (child.group) child.group->remove();
    return fail(kCommandFailed, "{}", started.error().text());
  }
  child.pid = started->pid;
  auto said = Watch(command, clock_, meanwhile_, std::move(started->output), child).result();
  if (child.group) child.group->remove();
  return said;
}

}  // namespace muster::client
