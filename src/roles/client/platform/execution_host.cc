#include "roles/client/platform/execution_host.h"

#include "roles/client/software/errors.h"

namespace muster::client {

Result<std::unique_ptr<ExecutionHost>> ExecutionHost::open(ExecutionHostSettings settings,
                                                           ContentCache& cache,
                                                           ExecutionPorts ports, Timestamp now) {
  auto opened = TRY(ExecutionLog::open(settings.log));
  Executor executor = TRY(Executor::open(settings.executor));
  // Folders of no intent were being prepared when the client died.
  std::set<std::string> known;
  for (const ExecutionRecord& record : opened.records)
    if (record.intent) known.insert(record.intent->run);
  for (const std::string& run : executor.runs())
    if (!known.contains(run) && executor.state(run).kind != RunState::Kind::Running)
      executor.remove(run);
  ExecutionMachine machine(settings.machine, opened.records);
  std::unique_ptr<ExecutionHost> host(new ExecutionHost(
      std::move(machine), std::move(opened.log), std::move(executor), cache, std::move(ports)));
  host->now_ = now;
  host->draining_ = true;
  host->carry_out(host->machine_.start(now));
  host->draining_ = false;
  host->drain();
  return host;
}

void ExecutionHost::on(ExecutionEvent event, Timestamp now) {
  now_ = now;
  events_.push_back(std::move(event));
  drain();
}

void ExecutionHost::drain() {
  if (std::exchange(draining_, true)) return;
  while (!events_.empty()) {
    const ExecutionEvent event = std::move(events_.front());
    events_.pop_front();
    carry_out(machine_.on(event, now_));
  }
  draining_ = false;
}

void ExecutionHost::poll(Timestamp now) {
  now_ = now;
  std::erase_if(watched_, [this](const auto& run) { return queue_ending(run.first, run.second); });
  events_.push_back(TimePassed{});
  drain();
}

void ExecutionHost::carry_out(std::vector<ExecutionAction> actions) {
  for (const ExecutionAction& action : actions)
    std::visit([this](const auto& kind) { perform(kind); }, action);
}

void ExecutionHost::perform(const Download& action) {
  // A package that never fits is not even begun.
  const std::uint64_t size = content_size_bytes(action.deployment);
  const std::uint64_t limit = cache_.settings().limit_bytes;
  if (size > limit) {
    events_.push_back(DownloadFailed{
        action.deployment.key, DownloadFailure::CacheRoom,
        fail(kCacheTooSmall, "{} bytes of content, a limit of {}", size, limit).value()});
    return;
  }
  ports_.download(action.deployment);
}

void ExecutionHost::perform(const DiscardContent& action) {
  // Only what really differs goes: open_verified deletes it.
  for (const ContentFile& file : action.files)
    (void)cache_.open_verified(file.sha256, file.size_bytes, now_);
}

void ExecutionHost::perform(const Prepare& action) {
  const auto open_content = [this](const ContentFile& file) {
    return cache_.open_unverified(file.sha256, file.size_bytes, now_);
  };
  const ExecutionKey& key = action.deployment.key;
  const auto prepared = executor_.prepare(action.deployment, action.run, open_content);
  if (prepared) {
    events_.push_back(Prepared{key});
    return;
  }
  const Error& error = prepared.error();
  const PrepareFailure failure = error.is(kContentChanged)   ? PrepareFailure::ContentChanged
                                 : error.is(kContentMissing) ? PrepareFailure::ContentMissing
                                                             : PrepareFailure::Local;
  events_.push_back(PrepareFailed{key, failure, error});
}

void ExecutionHost::perform(const WriteRecord& action) {
  const ExecutionRecord& record = action.record;
  const auto written = log_.append(record);
  if (written)
    events_.push_back(RecordWritten{record.key, record.kind});
  else
    events_.push_back(RecordFailed{record.key, record.kind, written.error()});
}

void ExecutionHost::perform(const StartProgram& action) {
  const ExecutionKey& key = action.deployment.key;
  if (const auto started = executor_.start(action.run); !started) {
    events_.push_back(NeverStarted{key, started.error()});
    return;
  }
  events_.push_back(SupervisorStarted{key});
  watched_.emplace(key, action.run);
}

void ExecutionHost::perform(const FindOutcome& action) {
  if (queue_ending(action.key, action.run)) return;
  events_.push_back(SupervisorStarted{action.key});
  watched_.emplace(action.key, action.run);
}

bool ExecutionHost::queue_ending(const ExecutionKey& key, const std::string& run) {
  RunState state = executor_.state(run);
  switch (state.kind) {
    case RunState::Kind::Running:
      return false;
    case RunState::Kind::Ended:
      events_.push_back(ProgramEnded{key, state.result.ending, state.result.code,
                                     std::move(state.result.detail)});
      return true;
    case RunState::Kind::NeverStarted:
      events_.push_back(
          NeverStarted{key, fail(kProgramNotStarted, "run {} had no supervisor", run).value()});
      return true;
    case RunState::Kind::Unknown:
      events_.push_back(OutcomeUnknown{key});
      return true;
  }
  return true;
}

void ExecutionHost::perform(const RemoveRun& action) { executor_.remove(action.run); }
void ExecutionHost::perform(const Report& action) { ports_.report(action.report); }
void ExecutionHost::perform(const ReportPolicyExpired& action) { ports_.policy_expired(action); }
void ExecutionHost::perform(const RefuseRequest& action) { ports_.refuse(action); }

}  // namespace muster::client
