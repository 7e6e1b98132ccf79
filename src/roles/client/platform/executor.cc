#include "roles/client/platform/executor.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/errors.h"
#include "base/os/file.h"
#include "roles/client/platform/secret_file.h"
#include "roles/client/platform/supervisor.h"
#include "roles/client/software/errors.h"

namespace muster::client {
namespace fs = std::filesystem;
namespace {

struct Account {
  RunUser user;
  std::string home;
};

std::optional<Account> account_from(const passwd* found) {
  if (found == nullptr) return std::nullopt;
  return Account{{found->pw_name, found->pw_uid, found->pw_gid}, found->pw_dir};
}

std::optional<Account> account_named(const std::string& name) {
  passwd entry;
  passwd* found = nullptr;
  std::vector<char> room(65536);
  if (::getpwnam_r(name.c_str(), &entry, room.data(), room.size(), &found) != 0)
    return std::nullopt;
  return account_from(found);
}

std::optional<Account> own_account() {
  passwd entry;
  passwd* found = nullptr;
  std::vector<char> room(65536);
  if (::getpwuid_r(::geteuid(), &entry, room.data(), room.size(), &found) != 0) return std::nullopt;
  return account_from(found);
}

// What a command's first word means: a file of the package, a path, or a program of the machine.
std::string executable_for(const std::string& name, const Deployment& deployment,
                           std::string_view path) {
  const bool of_package = std::ranges::any_of(
      deployment.files, [&](const ContentFile& file) { return file.path == name; });
  if (of_package) return "./" + name;
  if (name.find('/') != std::string::npos) return name;
  while (!path.empty()) {
    const std::size_t colon = std::min(path.find(':'), path.size());
    const std::string candidate = std::string(path.substr(0, colon)) + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    path.remove_prefix(std::min(colon + 1, path.size()));
  }
  return name;
}

// This process lacks something for a moment, which says nothing about the run: look again.
bool cannot_open_now(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == EINTR;
}

// In the intermediate child: becomes a new session, hands over the lock, and execs.
[[noreturn]] void become_supervisor(char* const* arguments, int lock_fd, int report_fd) {
  ::setsid();
  // A second fork: the supervisor belongs to init, and nobody here has to reap it.
  const pid_t pid = ::fork();
  if (pid != 0) ::_exit(pid < 0 ? 1 : 0);
  const int null_fd = ::open("/dev/null", O_RDWR);
  // Out of the way of 0 to 3 first, so that no duplicate overwrites what is still needed.
  const int lock = ::fcntl(lock_fd, F_DUPFD, 10);
  const int report = ::fcntl(report_fd, F_DUPFD_CLOEXEC, 10);
  const int null = ::fcntl(null_fd, F_DUPFD, 10);
  if (lock >= 0 && report >= 0 && null >= 0 && ::dup2(null, 0) >= 0 && ::dup2(null, 1) >= 0 &&
      ::dup2(null, 2) >= 0 && ::dup2(lock, kSupervisorLockFd) >= 0 &&
      ::dup3(report, 4, O_CLOEXEC) >= 0) {
    ::close_range(5, ~0u, 0);
    if (::chdir("/") == 0) ::execv(arguments[0], arguments);
    const int error = errno;
    // Released before it is told: whoever reads the error finds the run's lock free. The order in
    // which an exit closes descriptors is no promise.
    ::close(kSupervisorLockFd);
    (void)!::write(4, &error, sizeof error);
    ::_exit(127);
  }
  const int error = errno;
  ::close(lock_fd);
  ::close(lock);
  (void)!::write(report_fd, &error, sizeof error);
  ::_exit(127);
}

// Waits until exec closed the pipe; the error of a step that failed.
int wait_for_exec(const os::Fd& report) {
  int error = 0;
  ssize_t got;
  do {
    got = ::read(report.get(), &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  if (got != sizeof error) return 0;
  // The pipe ends with the process, which has let go of the run's lock by then: only after that
  // may the caller say that nothing runs.
  char rest;
  do {
    got = ::read(report.get(), &rest, 1);
  } while (got > 0 || (got < 0 && errno == EINTR));
  return error;
}

}  // namespace

bool is_privileged() { return ::geteuid() == 0; }

std::string boot_id() {
  auto id = os::read_file("/proc/sys/kernel/random/boot_id", 128);
  if (!id) return {};
  while (!id->empty() && id->back() == '\n') id->pop_back();
  return *id;
}

Result<Executor> Executor::open(ExecutorSettings settings) {
  MUSTER_CHECK(!settings.supervisor.empty());
  settings.folder = fs::absolute(settings.folder);
  settings.secrets = fs::absolute(settings.secrets);
  TRY(os::make_private_folder(settings.folder));
  if (is_privileged() && settings.user && ::chmod(settings.folder.c_str(), 0711) != 0)
    return fail(kFileUnwritable, "{}: {}", settings.folder.string(), std::strerror(errno));
  return Executor(std::move(settings));
}

fs::path Executor::run_folder(const std::string& run) const {
  MUSTER_CHECK(!run.empty() && run.find('/') == std::string::npos && run[0] != '.');
  return settings_.folder / run;
}

Result<std::optional<RunUser>> Executor::user_for(RunAs run_as) const {
  if (run_as == RunAs::System) {
    if (!is_privileged()) return fail(kNeedsRoot, "this client runs as uid {}", ::geteuid());
    return std::optional<RunUser>();
  }
  if (!is_privileged()) return std::optional<RunUser>();
  if (!settings_.user)
    return fail(kProgramNotStarted,
                "the program runs as the user, and the setting program.user names none");
  const auto account = account_named(*settings_.user);
  if (!account) return fail(kProgramNotStarted, "no user '{}' on this machine", *settings_.user);
  return std::optional<RunUser>(account->user);
}

Result<RunPlan> Executor::plan_for(const Deployment& deployment, const fs::path& files) const {
  RunPlan plan;
  plan.user = TRY(user_for(deployment.program.run_as));
  const auto account = plan.user ? account_named(plan.user->name) : own_account();
  const std::string home = account ? account->home : files.string();
  const std::string name = account ? account->user.name : "";
  plan.executable = executable_for(deployment.program.argv[0], deployment, settings_.path);
  plan.arguments = deployment.program.argv;
  plan.environment = {"PATH=" + settings_.path,
                      "HOME=" + home,
                      "USER=" + name,
                      "LOGNAME=" + name,
                      "LANG=" + settings_.language,
                      "MUSTER_DEPLOYMENT=" + deployment.key.deployment,
                      "MUSTER_PACKAGE=" + deployment.key.package,
                      "MUSTER_VERSION=" + deployment.key.version,
                      "MUSTER_CONTENT=" + files.string()};
  for (const model::Variable& variable : deployment.variables) {
    std::string name = fmt::format("{}{}", model::kVariablePrefix, variable.name);
    if (!variable.masked()) {
      plan.environment.push_back(name + "=" + variable.value);
      continue;
    }
    // Said here, where it can be tried again; the supervisor reads it anew.
    TRY(read_secret(settings_.secrets, variable.secret));
    plan.secrets.push_back({std::move(name), (settings_.secrets / variable.secret).string()});
  }
  plan.max_runtime = deployment.program.max_runtime;
  plan.kill_grace = settings_.kill_grace;
  plan.output_limit_bytes = settings_.output_limit_bytes;
  return plan;
}

Result<void> Executor::prepare(const Deployment& deployment, const std::string& run,
                               const OpenContent& open_content) const {
  TRY(check_deployment(deployment));
  const fs::path folder = run_folder(run);
  if (state(run).kind == RunState::Kind::Running)
    return fail(kProgramNotStarted, "{} still runs", folder.string());
  remove_run_folder(folder);
  const RunPlan plan = TRY(plan_for(deployment, folder / kRunFiles));
  TRY(lay_out_files(folder, deployment.files, open_content, plan.user));
  return os::replace_file(folder / kRunPlan, encode_plan(plan), os::FileMode::Private);
}

Result<void> Executor::start(const std::string& run) const {
  const fs::path folder = run_folder(run);
  std::error_code error;
  if (!fs::exists(folder / kRunPlan, error) || fs::exists(folder / kRunStarted, error))
    return fail(kProgramNotStarted, "{} is not a prepared run", folder.string());
  auto locked = os::lock_file(folder / kRunLock);
  if (!locked) return fail(kProgramNotStarted, "{}", locked.error().text());
  os::Fd lock = *std::move(locked);

  std::vector<std::string> words = settings_.supervisor;
  words.push_back(folder.string());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0)
    return fail(kProgramNotStarted, "pipe: {}", std::strerror(errno));
  const os::Fd report_out(report[0]);
  os::Fd report_in(report[1]);

  const pid_t pid = ::fork();
  if (pid < 0) return fail(kProgramNotStarted, "fork: {}", std::strerror(errno));
  if (pid == 0) become_supervisor(arguments.data(), lock.get(), report_in.get());
  report_in.reset();
  const int failed = wait_for_exec(report_out);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (failed != 0)
    return fail(kProgramNotStarted, "{}: {}", settings_.supervisor[0], std::strerror(failed));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail(kProgramNotStarted, "no process for the supervisor");
  return {};
}

RunState Executor::state(const std::string& run) const {
  const fs::path folder = run_folder(run);
  RunState out;
  std::error_code error;
  // A missing folder proves nothing: it is removed only behind a durable result.
  if (!fs::is_directory(folder, error)) return out;
  const os::Fd lock(::open((folder / kRunLock).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (lock.valid() ? ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0 : cannot_open_now(errno)) {
    out.kind = RunState::Kind::Running;
    return out;
  }
  const os::Fd probe(::open((folder / kRunResult).c_str(), O_RDONLY | O_CLOEXEC));
  if (!probe.valid() && cannot_open_now(errno)) {
    out.kind = RunState::Kind::Running;
    return out;
  }
  if (const auto bytes = os::read_file(folder / kRunResult)) {
    auto result = decode_result(*bytes);
    if (!result) return out;
    out.kind = RunState::Kind::Ended;
    out.result = *std::move(result);
    return out;
  }
  const bool started = fs::exists(folder / kRunStarted, error);
  if (!started && !error) out.kind = RunState::Kind::NeverStarted;
  return out;
}

void Executor::remove(const std::string& run) const { remove_run_folder(run_folder(run)); }

std::vector<std::string> Executor::runs() const {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(settings_.folder, error))
    out.push_back(entry.path().filename().string());
  std::ranges::sort(out);
  return out;
}

Result<Bytes> Executor::output(const std::string& run) const {
  return os::read_file(run_folder(run) / kRunOutput, settings_.output_limit_bytes + (64u << 10));
}

}  // namespace muster::client
