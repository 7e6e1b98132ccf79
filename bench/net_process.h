// Child processes of the benches of net/, and what they cost.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/os/file.h"

namespace muster::bench {

class Child {
 public:
  explicit Child(const std::vector<std::string>& command) {
    std::vector<char*> arguments;
    for (const std::string& part : command) arguments.push_back(const_cast<char*>(part.c_str()));
    arguments.push_back(nullptr);
    MUSTER_CHECK(::posix_spawnp(&pid_, arguments[0], nullptr, nullptr, arguments.data(), environ) ==
                 0);
  }
  ~Child() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

// The process and its children, grandchildren and so on that live now.
inline std::vector<pid_t> process_tree(pid_t root) {
  std::vector<pid_t> tree{root};
  for (std::size_t i = 0; i < tree.size(); ++i)
    for (const auto& task :
         std::filesystem::directory_iterator("/proc/" + std::to_string(tree[i]) + "/task")) {
      std::ifstream children(task.path() / "children");
      for (pid_t child; children >> child;) tree.push_back(child);
    }
  return tree;
}

// User and system time of the whole tree so far, nanoseconds.
inline double cpu_seconds(pid_t root) {
  double sum = 0;
  for (pid_t pid : process_tree(root)) {
    std::string text = os::read_file("/proc/" + std::to_string(pid) + "/stat").value_or("");
    std::istringstream fields(text.substr(std::min(text.rfind(')') + 2, text.size())));
    std::string skipped;
    for (int i = 0; i < 11; ++i) fields >> skipped;
    double user = 0, system = 0, children_user = 0, children_system = 0;
    fields >> user >> system >> children_user >> children_system;
    sum += user + system + children_user + children_system;
  }
  return sum / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

inline double resident_bytes(pid_t pid) {
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string line; std::getline(rollup, line);)
    if (line.starts_with("Rss:")) return std::stod(line.substr(4)) * 1024;
  return 0;
}

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "bench-XXXXXX").string();
    MUSTER_CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
    // nginx's worker may run as another user.
    std::filesystem::permissions(path_, std::filesystem::perms(0755));
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  std::string path(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, std::string_view content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path(name);
  }

 private:
  std::filesystem::path path_;
};

}  // namespace muster::bench
