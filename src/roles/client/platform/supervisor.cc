#include "roles/client/platform/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "base/os/file.h"
#include "roles/client/platform/bounded_output.h"
#include "roles/client/platform/process_tree.h"
#include "roles/client/platform/program_start.h"
#include "roles/client/platform/run_plan.h"
#include "roles/client/platform/secret_file.h"

namespace muster::client {
namespace fs = std::filesystem;
namespace {

constexpr Duration kReapLimit = std::chrono::seconds(30);
// What the program left in the pipe when it ended is read; what a daemon that it started writes
// later is not.
constexpr int kReadsAfterEnd = 64;
constexpr std::size_t kReportedOutput = 900;
constexpr int kResultTries = 600;

class Supervision {
 public:
  Supervision(const RunPlan& plan, const Clock& clock, StartedProgram& program,
              BoundedOutput& output, const std::optional<RunGroup>& group)
      : plan_(plan), clock_(clock), program_(program), output_(output), group_(group) {
    leader_.leader = program.pid;
  }

  RunResult run(int child_signals) {
    const Duration started = clock_.steady();
    bool in_time = wait_until(child_signals, started + plan_.max_runtime);
    if (!in_time) {
      ::kill(-program_.pid, SIGTERM);
      signal_descendants(SIGTERM);
      wait_until(child_signals, clock_.steady() + plan_.kill_grace);
      if (group_) group_->kill_all();
      kill_descendants(clock_, kReapLimit, leader_);
    }
    for (int i = 0; i < kReadsAfterEnd && read_output(); ++i) continue;
    output_.close();
    return judge(in_time);
  }

 private:
  // True when the leader ended before the deadline. Waits at most a day at a time.
  bool wait_until(int child_signals, Duration deadline) {
    while (!reap()) {
      const Duration left = deadline - clock_.steady();
      if (left <= Duration(0)) return false;
      pollfd waits[2] = {{child_signals, POLLIN, 0}, {program_.output.get(), POLLIN, 0}};
      const auto pause = std::min<std::int64_t>(left.count() + 1, 86'400'000);
      ::poll(waits, program_.output.valid() ? 2 : 1, static_cast<int>(pause));
      if (waits[0].revents != 0) {
        signalfd_siginfo consumed;
        (void)!::read(child_signals, &consumed, sizeof consumed);
      }
      if (program_.output.valid() && waits[1].revents != 0) read_output();
    }
    return true;
  }

  bool reap() {
    int status = 0;
    for (pid_t pid; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;)
      if (pid == leader_.leader) leader_.status = status;
    return leader_.status.has_value();
  }

  // False when nothing more is there now.
  bool read_output() {
    if (!program_.output.valid()) return false;
    char part[65536];
    const ssize_t got = ::read(program_.output.get(), part, sizeof part);
    if (got > 0) output_.add({part, static_cast<std::size_t>(got)});
    if (got == 0) program_.output.reset();
    return got > 0;
  }

  RunResult judge(bool in_time) const {
    RunResult out;
    out.detail = output_.last(kReportedOutput);
    const int status = leader_.status.value_or(SIGKILL);
    if (WIFSIGNALED(status)) {
      out.ending = Ending::Signalled;
      out.code = WTERMSIG(status);
    } else {
      out.code = WEXITSTATUS(status);
    }
    if (!in_time) out.ending = Ending::TimedOut;
    return out;
  }

  const RunPlan& plan_;
  const Clock& clock_;
  StartedProgram& program_;
  BoundedOutput& output_;
  const std::optional<RunGroup>& group_;
  LeaderStatus leader_;
};

// What the program finds in its environment is nowhere but there and in the file that it comes
// from.
Result<void> add_secrets(RunPlan& plan) {
  for (const RunSecret& secret : plan.secrets) {
    const fs::path file = secret.file;
    const std::string value = TRY(read_secret(file.parent_path(), file.filename().string()));
    plan.environment.push_back(secret.variable + "=" + value);
  }
  return {};
}

Result<RunResult> run_plan(const fs::path& run, const RunPlan& plan, const Clock& clock) {
  adopt_orphans();
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child, nullptr);
  const os::Fd child_signals(::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
  BoundedOutput output = TRY(BoundedOutput::open(run / kRunOutput, plan.output_limit_bytes));
  const auto group = RunGroup::create(run.filename().string());
  // From here on a crash means that nobody knows whether the program ran.
  TRY(os::replace_file(run / kRunStarted, "", os::FileMode::Private));
  auto program = start_program(run / kRunFiles, plan, group ? group->join_fd() : -1);
  RunResult result;
  if (program) {
    result = Supervision(plan, clock, *program, output, group).run(child_signals.get());
  } else {
    result.ending = Ending::NeverRan;
    result.detail = program.error().detail();
  }
  if (group) group->remove();
  return result;
}

}  // namespace

int supervise(const fs::path& run, const Clock& clock) {
  // The program and its descendants must not hold the lock, and a machine that shuts down ends
  // the program, whose end is then still written here.
  ::fcntl(kSupervisorLockFd, F_SETFD, FD_CLOEXEC);
  for (int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);  // an ignored one is inherited, and would hide the program's end
  const auto result = [&]() -> Result<RunResult> {
    const Bytes bytes = TRY(os::read_file(run / kRunPlan));
    RunPlan plan = TRY(decode_plan(bytes));
    TRY(add_secrets(plan));
    return run_plan(run, plan, clock);
  }();
  if (!result) {
    log::failure(log::Level::Error, "client.run.not-supervised", result.error(),
                 {{"run", run.filename().string()}});
    return 1;
  }
  // A full disk may have room again in a while; without a result the run counts as interrupted.
  for (int i = 0; i < kResultTries; ++i) {
    if (os::replace_file(run / kRunResult, encode_result(*result), os::FileMode::Private)) return 0;
    ::poll(nullptr, 0, 1000);
  }
  return 2;
}

}  // namespace muster::client
