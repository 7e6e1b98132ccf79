// Real peers: other programs, run to their end or beside the test, and folders for their files.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/os/fd.h"
#include "base/os/file.h"
#include "net/address.h"

namespace muster::net::test {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "net-test-XXXXXX").string();
    MUSTER_CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name, ByteView content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return (path_ / name).string();
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }
  // Files go when their request does, which may be a moment after its answer.
  bool becomes_empty() const {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (files() > 0 && std::chrono::steady_clock::now() < limit)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return files() == 0;
  }

 private:
  std::filesystem::path path_;
};

// Started at once, ended with the object.
class Process {
 public:
  // Standard output and error go to `output`; input is empty.
  Process(const std::vector<std::string>& command, const std::string& output) {
    std::vector<char*> arguments;
    for (const std::string& part : command) arguments.push_back(const_cast<char*>(part.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    MUSTER_CHECK(
        ::posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Process() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    wait();
  }
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  }
  bool running() {
    if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
    return pid_ > 0;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

struct Outcome {
  int status;
  std::string output;
};
inline Outcome run(const std::vector<std::string>& command) {
  const TemporaryFolder folder;
  const std::string output = (folder.path() / "output").string();
  const int status = Process(command, output).wait();
  return {status, os::read_file(output, 1u << 26).value_or("")};
}

inline bool is_installed(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

// A port that was free just now, for programs that cannot choose one themselves.
inline std::uint16_t free_port() {
  const os::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  SocketAddress address = parse_address("127.0.0.1", 0).value();
  MUSTER_CHECK(::bind(fd.get(), address.get(), address.size) == 0);
  MUSTER_CHECK(
      ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.size) == 0);
  return address.port();
}

}  // namespace muster::net::test
