// Carries out the actions of the execution machine with the log, the cache and the executor, and
// hands what concerns others to the ports. One per client process.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "roles/client/platform/execution_log.h"
#include "roles/client/platform/executor.h"
#include "roles/client/software/cache.h"
#include "roles/client/software/execution_machine.h"

namespace muster::client {

// What others do for the execution of deployments.
struct ExecutionPorts {
  // Fetches all files into the cache; answered later by on(DownloadDone) or on(DownloadFailed).
  std::function<void(const Deployment&)> download;
  // Puts a message into the queue. Where report.final, on(ReportTaken) follows once it is durable.
  std::function<void(const DeploymentReport&)> report;
  std::function<void(const ReportPolicyExpired&)> policy_expired;
  std::function<void(const RefuseRequest&)> refuse;
};

struct ExecutionHostSettings {
  std::filesystem::path log;  // the execution log's file
  ExecutorSettings executor;
  ExecutionSettings machine;
};

class ExecutionHost {
 public:
  // Reads the log and finds out about runs that were under way. Ports may be called from here on.
  // Error kLogDamaged: nothing may be executed. `cache` outlives the host.
  static Result<std::unique_ptr<ExecutionHost>> open(ExecutionHostSettings settings,
                                                     ContentCache& cache, ExecutionPorts ports,
                                                     Timestamp now);

  // Ports may call this while it runs; the event is then handled after the one under way.
  void on(ExecutionEvent event, Timestamp now);

  // Looks after running programs and passes the time. To be called at next_time(), and every
  // second while runs_program().
  void poll(Timestamp now);
  std::optional<Timestamp> next_time() const { return machine_.next_time(); }
  bool runs_program() const { return !watched_.empty(); }

  std::vector<ExecutionMachine::Overview> overview() const { return machine_.overview(); }
  bool window_open() const { return machine_.window_open(); }

 private:
  ExecutionHost(ExecutionMachine machine, ExecutionLog log, Executor executor, ContentCache& cache,
                ExecutionPorts ports)
      : machine_(std::move(machine)),
        log_(std::move(log)),
        executor_(std::move(executor)),
        cache_(cache),
        ports_(std::move(ports)) {}

  void carry_out(std::vector<ExecutionAction> actions);
  void drain();
  void perform(const Download& action);
  void perform(const DiscardContent& action);
  void perform(const Prepare& action);
  void perform(const WriteRecord& action);
  void perform(const StartProgram& action);
  void perform(const FindOutcome& action);
  void perform(const RemoveRun& action);
  void perform(const Report& action);
  void perform(const ReportPolicyExpired& action);
  void perform(const RefuseRequest& action);
  // Queues the event that the run's state means; false while it runs.
  bool queue_ending(const ExecutionKey& key, const std::string& run);

  ExecutionMachine machine_;
  ExecutionLog log_;
  Executor executor_;
  ContentCache& cache_;
  ExecutionPorts ports_;
  Timestamp now_;
  bool draining_ = false;
  std::deque<ExecutionEvent> events_;
  std::set<std::pair<ExecutionKey, std::string>> watched_;
};

}  // namespace muster::client
