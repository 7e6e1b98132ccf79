#include "roles/client/platform/program_start.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "roles/client/software/errors.h"

namespace muster::client {
namespace {

// The step that failed in the child, told to the parent through a pipe that exec closes.
struct StartFailure {
  char step[24];
  int error;
};

[[noreturn]] void give_up(int report_fd, const char* step) {
  StartFailure failure{};
  failure.error = errno;
  std::strncpy(failure.step, step, sizeof failure.step - 1);
  (void)!::write(report_fd, &failure, sizeof failure);
  ::_exit(127);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

void reset_signals() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void become(const RunUser& user, int report_fd) {
  if (::initgroups(user.name.c_str(), user.gid) != 0) give_up(report_fd, "initgroups");
  if (::setresgid(user.gid, user.gid, user.gid) != 0) give_up(report_fd, "setgid");
  if (::setresuid(user.uid, user.uid, user.uid) != 0) give_up(report_fd, "setuid");
  if (user.uid != 0 && ::setuid(0) == 0) {
    errno = EPERM;
    give_up(report_fd, "staying unprivileged");
  }
}

[[noreturn]] void run_child(const char* folder, const RunPlan& plan, int join_fd, int output_fd,
                            int report_fd, ErrorStream errors) {
  reset_signals();
  if (::setsid() < 0) give_up(report_fd, "setsid");
  if (join_fd >= 0 && ::write(join_fd, "0", 1) != 1) give_up(report_fd, "joining the group");
  const int null_fd = ::open("/dev/null", errors == ErrorStream::Discarded ? O_RDWR : O_RDONLY);
  const int error_fd = errors == ErrorStream::Discarded ? null_fd : output_fd;
  if (null_fd < 0 || ::dup2(null_fd, 0) < 0 || ::dup2(output_fd, 1) < 0 || ::dup2(error_fd, 2) < 0)
    give_up(report_fd, "standard streams");
  // The reporting pipe is moved to 3, so that all above it can be closed.
  if (report_fd != 3 && ::dup3(report_fd, 3, O_CLOEXEC) < 0) give_up(report_fd, "dup");
  ::close_range(4, ~0u, 0);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::umask(022);
  // Before the user changes: the folders above may be closed to that user.
  if (::chdir(folder) != 0) give_up(3, "chdir");
  if (plan.user) become(*plan.user, 3);
  const auto arguments = pointers(plan.arguments);
  const auto environment = pointers(plan.environment);
  // Another process that was forked while the file was being copied may still hold it open for
  // writing for a moment.
  for (int i = 0; i < 40; ++i) {
    ::execve(plan.executable.c_str(), arguments.data(), environment.data());
    if (errno != ETXTBSY) break;
    ::poll(nullptr, 0, 50);
  }
  give_up(3, "exec");
}

}  // namespace

Result<StartedProgram> start_program(const std::filesystem::path& folder, const RunPlan& plan,
                                     int join_fd, ErrorStream errors) {
  int output[2];
  int report[2];
  if (::pipe2(output, O_CLOEXEC) != 0)
    return fail(kProgramNotStarted, "pipe: {}", std::strerror(errno));
  const os::Fd output_in(output[1]);
  StartedProgram out;
  out.output = os::Fd(output[0]);
  if (::pipe2(report, O_CLOEXEC) != 0)
    return fail(kProgramNotStarted, "pipe: {}", std::strerror(errno));
  os::Fd report_out(report[0]);
  os::Fd report_in(report[1]);
  // Only the reading end: the program itself expects a pipe that blocks.
  ::fcntl(out.output.get(), F_SETFL, O_NONBLOCK);

  out.pid = ::fork();
  if (out.pid < 0) return fail(kProgramNotStarted, "fork: {}", std::strerror(errno));
  if (out.pid == 0)
    run_child(folder.c_str(), plan, join_fd, output_in.get(), report_in.get(), errors);
  report_in.reset();
  StartFailure failure{};
  ssize_t got;
  do {
    got = ::read(report_out.get(), &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  if (got == 0) return out;
  ::waitpid(out.pid, nullptr, 0);
  return fail(kProgramNotStarted, "{}: {}: {}", plan.executable, failure.step,
              std::strerror(failure.error));
}

}  // namespace muster::client
