// What the servers under test use, as /proc and the file system tell it.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "contract/simulation_result.h"

namespace muster::simulator {

struct ServerUse {
  double cpu_s = 0;  // since begin()
  std::uint64_t resident_bytes = 0, peak_bytes = 0;
  std::uint64_t database_bytes = 0;
};

class ServerWatch {
 public:
  // Processes are those with one of these words in their command line: a server that is restarted
  // is found again. `proc` is "/proc" but in tests.
  ServerWatch(std::vector<std::string> words, std::filesystem::path database,
              std::filesystem::path proc = "/proc");

  void begin();
  // A process that ended meanwhile counts no more.
  ServerUse end() const;

 private:
  struct Process {
    double cpu_s = 0;
    std::uint64_t resident_bytes = 0, peak_bytes = 0;
  };
  std::map<std::string, Process> look() const;  // by process id
  std::uint64_t database_bytes() const;

  std::vector<std::string> words_;
  std::filesystem::path database_, proc_;
  std::map<std::string, Process> before_;
};

// Fills in the machine that this runs on.
void describe_machine(contract::SimulationResult& result);
// CPU time of this process.
double own_cpu_s();

}  // namespace muster::simulator
