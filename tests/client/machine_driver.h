// Drives an execution machine in tests: answers what a healthy system answers at once, keeps the
// log in memory, and counts what the machine did.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "roles/client/software/execution_machine.h"

namespace muster::client {

struct MachineDriver {
  MachineDriver();

  static Deployment deployment();
  static ExecutionKey key() { return deployment().key; }

  void on(const ExecutionEvent& event);
  // A policy of all these, good for 30 days.
  void policy(std::vector<Deployment> deployments,
              std::vector<model::MaintenanceWindow> windows = {});
  void pass(Duration time);
  void run_until_started();
  // The client starts anew with what its log holds, through the log's bytes. Counters and
  // reports begin anew too.
  void restart(std::string boot);

  Phase phase(const ExecutionKey& of = key()) const;
  std::vector<std::string> statuses() const;
  std::vector<int> status_ids() const;  // 0 for none
  std::vector<int> states() const;      // 0 for none

  ExecutionSettings settings;
  std::unique_ptr<ExecutionMachine> machine;
  Timestamp now{1'700'000'000'000};

  bool answer_records = true;
  bool fail_records = false;
  bool answer_prepare = true;
  bool answer_start = true;

  std::vector<ExecutionRecord> log;
  std::vector<DeploymentReport> reports;
  std::vector<ExecutionKey> prepares;
  std::vector<std::string> runs;  // names of the runs that were prepared
  std::vector<std::string> sought;
  std::vector<Error> refusals;
  int downloads = 0;
  int discards = 0;
  int starts = 0;
  int removed_runs = 0;
  int expiries = 0;

 private:
  void carry_out(const std::vector<ExecutionAction>& actions);
};

}  // namespace muster::client
