#include "base/os/command.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/errors.h"
#include "base/os/fd.h"
#include "base/os/file.h"

namespace muster::os {
namespace {

constexpr std::size_t kMostOutput = 1u << 20;
constexpr int kSignalled = 128;

// Files instead of pipes: nobody has to read while the program runs, and a daemon that it leaves
// behind holds up nothing.
Result<Fd> memory_file(const std::string& program) {
  Fd fd(::memfd_create("command", MFD_CLOEXEC));
  if (!fd.valid()) return fail(kProcessFailed, "{}: memfd: {}", program, std::strerror(errno));
  return fd;
}

std::string content(const Fd& file) {
  std::string out;
  char part[65536];
  while (out.size() < kMostOutput) {
    const ssize_t got = ::pread(file.get(), part, std::min(sizeof part, kMostOutput - out.size()),
                                static_cast<off_t>(out.size()));
    if (got <= 0) break;
    out.append(part, static_cast<std::size_t>(got));
  }
  return out;
}

Result<pid_t> start(const std::vector<std::string>& words, const Fd (&files)[3]) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  char locale[] = "LC_ALL=C.UTF-8";
  char* const environment[] = {path, locale, nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (int i = 0; i < 3; ++i) ::posix_spawn_file_actions_adddup2(&actions, files[i].get(), i);
  pid_t process = 0;
  const int error =
      ::posix_spawn(&process, arguments[0], &actions, nullptr, arguments.data(), environment);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return fail(kProcessFailed, "{}: {}", words[0], std::strerror(error));
  return process;
}

// Whether it ended in time; else it is killed.
bool ends_within(pid_t process, Duration limit) {
  // The header of glibc 2.36 for it is none for C++.
  const Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
  pollfd ended{handle.get(), POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&ended, 1, static_cast<int>(limit.count()));
  } while (ready < 0 && errno == EINTR);
  if (ready > 0) return true;
  ::kill(process, SIGKILL);
  return false;
}

}  // namespace

Result<CommandEnd> run_command(const Command& command) {
  const std::string& program = command.words.at(0);
  Fd files[3];
  for (Fd& file : files) file = TRY(memory_file(program));
  TRY(write_all(files[0].get(), command.input, program));
  ::lseek(files[0].get(), 0, SEEK_SET);
  const pid_t process = TRY(start(command.words, files));
  const bool in_time = ends_within(process, command.limit);
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time)
    return fail(kProcessFailed, "{}: no end within {}", program, to_text(command.limit));
  CommandEnd end;
  end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : kSignalled + WTERMSIG(status);
  end.output = content(files[1]);
  end.errors = content(files[2]);
  return end;
}

}  // namespace muster::os
