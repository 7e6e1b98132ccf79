#include "roles/client/platform/bus_call.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/os/fd.h"
#include "base/os/system.h"
#include "base/utf8.h"
#include "roles/client/notices/errors.h"

namespace muster::client {
namespace {

constexpr const char* kBusctl = "/usr/bin/busctl";
constexpr std::size_t kLongestAnswer = 4096;

struct BusUser {
  uid_t uid;
  gid_t gid;
};

// Looked up before the fork: the child may only make system calls. Nothing: as this process.
Result<std::optional<BusUser>> user_of(const BusCall& call) {
  if (!call.uid || *call.uid == ::geteuid()) return std::optional<BusUser>();
  passwd entry;
  passwd* found = nullptr;
  std::vector<char> room(65536);
  if (::getpwuid_r(*call.uid, &entry, room.data(), room.size(), &found) != 0 || found == nullptr)
    return fail(kBusCallFailed, "this machine knows no user of uid {}", *call.uid);
  return std::optional(BusUser{found->pw_uid, found->pw_gid});
}

[[noreturn]] void run_busctl(const std::optional<BusUser>& user, char* const* arguments,
                             int output) {
  const int null = ::open("/dev/null", O_RDONLY);
  if (null < 0 || ::dup2(null, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0)
    ::_exit(127);
  ::close_range(3, ~0u, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (user && (::setgroups(0, nullptr) != 0 || ::setresgid(user->gid, user->gid, user->gid) != 0 ||
               ::setresuid(user->uid, user->uid, user->uid) != 0))
    ::_exit(126);
  // A bus address of the environment is the agent's own, not this call's.
  char path[] = "PATH=/usr/bin:/bin";
  char language[] = "LANG=C.UTF-8";
  char* environment[] = {path, language, nullptr};
  ::execve(kBusctl, arguments, environment);
  ::_exit(127);
}

// What it wrote, until it ends or its time is over.
std::string read_answer(int fd, Duration patience) {
  const os::SystemClock clock;
  const Duration end = clock.steady() + patience;
  std::string out;
  for (;;) {
    const Duration left = end - clock.steady();
    if (left <= Duration(0)) return out + " (no answer in time)";
    pollfd ready{fd, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(left.count())) <= 0) continue;
    char part[512];
    const ssize_t got = ::read(fd, part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return out;
    if (out.size() < kLongestAnswer) out.append(part, static_cast<std::size_t>(got));
  }
}

}  // namespace

Result<void> make_bus_call(const BusCall& call) {
  const auto user = TRY(user_of(call));
  std::vector<std::string> words{kBusctl, "--quiet", "--expect-reply=yes"};
  words.push_back(call.address.empty() ? "--system" : "--address=" + call.address);
  for (const std::string& word :
       {std::string("call"), call.destination, call.path, call.interface, call.member})
    words.push_back(word);
  // What follows is data, also when it begins with a dash.
  words.insert(words.begin() + 4, "--");
  words.insert(words.end(), call.arguments.begin(), call.arguments.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  int output[2];
  if (::pipe2(output, O_CLOEXEC) != 0)
    return fail(kBusCallFailed, "pipe: {}", std::strerror(errno));
  const os::Fd out(output[0]);
  os::Fd in(output[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return fail(kBusCallFailed, "fork: {}", std::strerror(errno));
  if (pid == 0) run_busctl(user, arguments.data(), in.get());
  in.reset();
  const std::string answer = read_answer(out.get(), call.patience);
  ::kill(pid, SIGKILL);  // it has ended, or will not
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(kBusCallFailed, "{}.{}: {}", call.interface, call.member,
              printable_utf8(answer.empty() ? std::string("no busctl") : answer, 500));
}

}  // namespace muster::client
