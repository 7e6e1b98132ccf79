// All processes that descend from this one, so that they can be stopped together.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace muster::client {

// From now on orphaned descendants become children of this process, also those that left their
// session (PR_SET_CHILD_SUBREAPER).
void adopt_orphans();

// Children, their children and so on, of `ancestor`, from /proc.
std::vector<pid_t> descendants_of(pid_t ancestor);

// Sends the signal to each descendant of this process.
void signal_descendants(int signal);

// Kills and reaps until no descendant is left, or `limit` is over. `leader`, when given, receives
// the leader's wait status if it is among those reaped. False when some are left.
struct LeaderStatus {
  pid_t leader = -1;
  std::optional<int> status;
};
bool kill_descendants(const Clock& clock, Duration limit, LeaderStatus& leader);

// A control group of its own (version 2) for a run, below this process's; only root has one.
// Where there is none, descendants_of has to do.
class RunGroup {
 public:
  static std::optional<RunGroup> create(const std::string& name);
  // To be called in the child between fork and exec: a write(2) to an open descriptor.
  int join_fd() const { return join_fd_; }
  void kill_all() const;
  // Removes the group if it is empty.
  void remove() const;

 private:
  RunGroup(std::filesystem::path folder, int join_fd)
      : folder_(std::move(folder)), join_fd_(join_fd) {}
  std::filesystem::path folder_;
  int join_fd_;
};

}  // namespace muster::client
