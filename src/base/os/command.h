// Runs a program of the system to its end, for work that only that program does.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace muster::os {

struct Command {
  std::vector<std::string> words;  // an absolute path, then its arguments
  Bytes input{};                   // what it reads; kept in memory, seen by nobody else
  Duration limit = std::chrono::minutes(5);
};

struct CommandEnd {
  int exit_code = 0;   // 128 and the signal's number where a signal ended it
  std::string output;  // at most 1 MiB of each
  std::string errors;
};

// Its environment is PATH and LC_ALL=C.UTF-8 alone, its folder is that of this program. What it
// leaves behind (a daemon) is not waited for. Error: kProcessFailed, when it cannot be started, and
// when it is killed at its limit.
Result<CommandEnd> run_command(const Command& command);

}  // namespace muster::os
