// The execution machine's second half: from the durable intent to the reported result, and the
// way back into it after a restart.
#include <algorithm>

#include "base/utf8.h"
#include "model/status_ids.h"
#include "roles/client/software/errors.h"
#include "roles/client/software/execution_machine.h"

namespace muster::client {

std::uint64_t ExecutionMachine::write(ExecutionRecord record) {
  out_.push_back(WriteRecord{std::move(record)});
  return ++place_;
}

void ExecutionMachine::close_run(Item& item, Ran ran) {
  if (!item.intent) return;
  if (ran == Ran::Perhaps) item.ran_place = item.intent_place;
  item.stale_runs.push_back(item.intent->run);
  item.intent.reset();
}

void ExecutionMachine::replay(const ExecutionRecord& record) {
  ++place_;
  if (record.kind == RecordKind::ClockSet) {
    follow_clock(record.at);
    return;
  }
  Item& item = items_[record.key];
  switch (record.kind) {
    case RecordKind::Received:
      item.received = true;
      return;
    case RecordKind::Requested:
      if (item.result && item.result->ending == Ending::NeverRan) lift(item);
      if (item.result) begin_again(item);
      item.requested = true;
      item.requested_place = place_;
      return;
    case RecordKind::Waiting:
      // It follows an intent only where that run is known never to have started, or may repeat.
      item.failures[static_cast<std::size_t>(record.waiting->reason)] = record.waiting->count;
      item.next = record.waiting->next;
      close_run(item, shows_run(record) ? Ran::Perhaps : Ran::No);
      return;
    case RecordKind::Intent:
      item.intent = record.intent;
      item.attempts = std::max(item.attempts, record.intent->attempt);
      item.first_attempt = record.intent->first_attempt;
      item.ran_for = item.ran_due = record.intent->due;
      item.intent_place = place_;
      item.result.reset();
      item.phase = Phase::WaitingForStart;
      return;
    case RecordKind::Result:
      // Logs that an earlier version shortened may hold the result alone.
      if (!item.intent && item.ran_place == 0 && shows_run(record)) item.ran_place = place_;
      close_run(item, shows_run(record) ? Ran::Perhaps : Ran::No);
      item.result = record.result;
      item.result_at = item.result_stamp = record.at;
      item.result_place = place_;
      item.report_taken = false;
      item.phase = Phase::Done;
      settle(item);
      return;
    case RecordKind::Reported:
      item.report_taken = true;
      return;
    case RecordKind::Happened:
      item.happened = record.at;
      return;
    case RecordKind::ClockSet:
      return;
  }
}

std::vector<ExecutionAction> ExecutionMachine::start(Timestamp now) {
  now_ = now;
  if (follow_clock(now_) == Stamps::WereAhead) write({RecordKind::ClockSet, {}, now_, {}, {}, {}});
  for (auto& [key, item] : items_) {
    remove_stale_runs(key, item);
    if (item.intent) {
      item.phase = Phase::Resolving;
      out_.push_back(FindOutcome{key, item.intent->run});
      continue;
    }
    if (!item.result) continue;
    if (item.result->outcome == Outcome::PendingRestart && item.result->boot != settings_.boot) {
      item.result->outcome = Outcome::Succeeded;
      item.result->boot = settings_.boot;
      record_result(key, item);
      continue;
    }
    if (!item.report_taken) report_result(key, item);
  }
  return std::exchange(out_, {});
}

void ExecutionMachine::handle(const RecordWritten& event) {
  const auto it = items_.find(event.key);
  if (it == items_.end()) return;
  Item& item = it->second;
  if (event.kind == RecordKind::Waiting) return remove_stale_runs(event.key, item);
  if (event.kind == RecordKind::Intent && item.phase == Phase::RecordingIntent) {
    if (!item.deployment) {
      // Withdrawn meanwhile. The log says intent, the run's folder proves that nothing started.
      close_run(item, Ran::No);
      item.phase = Phase::WaitingForStart;
      return;
    }
    // As replaying the record does: from here on the former run is history.
    item.result.reset();
    item.ran_for = item.ran_due = item.intent->due;
    item.phase = Phase::Starting;
    out_.push_back(StartProgram{*item.deployment, item.intent->run});
  }
  if (event.kind == RecordKind::Result && item.phase == Phase::RecordingResult) {
    finished(event.key, item);
    remove_stale_runs(event.key, item);
  }
}

void ExecutionMachine::handle(const RecordFailed& event) {
  if (event.kind == RecordKind::Intent) {
    Item* item = find(event.key, Phase::RecordingIntent);
    if (item == nullptr) return;
    // The record may have become durable all the same; the folder stays as the proof that the
    // program did not start, until a newer record says so.
    close_run(*item, Ran::No);
    return retry(event.key, *item, WaitReason::Local, event.error);
  }
  if (event.kind != RecordKind::Result) return;
  Item* item = find(event.key, Phase::RecordingResult);
  if (item == nullptr) return;
  if (settings_.local.used_up(++item->result_write_failures)) return finished(event.key, *item);
  item->next = now_ + settings_.local.pause(item->result_write_failures);
  item->phase = Phase::WaitingToRecord;
}

void ExecutionMachine::handle(const SupervisorStarted& event) {
  Item* item = find(event.key, Phase::Starting);
  if (item == nullptr) item = find(event.key, Phase::Resolving);
  if (item == nullptr) return;
  item->phase = Phase::Running;
  report_running(event.key, *item);
}

void ExecutionMachine::handle(const NeverStarted& event) {
  Item* starting = find(event.key, Phase::Starting);
  // The supervisor may die before it writes "started".
  if (starting == nullptr) starting = find(event.key, Phase::Running);
  Item* item = starting != nullptr ? starting : find(event.key, Phase::Resolving);
  if (item == nullptr) return;
  close_run(*item, Ran::No);
  if (tries(*item) >= settings_.attempt_limit)
    return give_up(
        event.key, *item, Outcome::Failed,
        fail(kProgramNotStarted, "after {} attempts: {}", tries(*item), event.error.text())
            .value());
  if (starting != nullptr) return retry(event.key, *item, WaitReason::Local, event.error);
  try_again_now(event.key, *item, Ran::No);
}

void ExecutionMachine::handle(const ProgramEnded& event) {
  const auto it = items_.find(event.key);
  if (it == items_.end() || !it->second.intent) return;
  Item& item = it->second;
  if (item.phase != Phase::Starting && item.phase != Phase::Running &&
      item.phase != Phase::Resolving)
    return;
  // The client died after the start: whether that was reported is not known.
  if (item.phase == Phase::Resolving && event.ending != Ending::NeverRan)
    report_running(event.key, item);
  judge(event.key, item, event);
}

void ExecutionMachine::handle(const OutcomeUnknown& event) {
  const auto it = items_.find(event.key);
  if (it == items_.end() || !it->second.intent) return;
  Item& item = it->second;
  if (item.phase != Phase::Starting && item.phase != Phase::Running &&
      item.phase != Phase::Resolving)
    return;
  if (item.phase == Phase::Resolving) report_running(event.key, item);
  if (item.intent->repeatable && tries(item) <= settings_.repeat_limit) {
    close_run(item, Ran::Perhaps);
    return try_again_now(event.key, item, Ran::Perhaps);
  }
  judge(event.key, item, {event.key, Ending::Interrupted, 0, {}});
}

void ExecutionMachine::handle(const ReportTaken& event) {
  Item* item = find(event.key, Phase::Done);
  if (item == nullptr || std::exchange(item->report_taken, true)) return;
  write({RecordKind::Reported, event.key, now_, {}, {}, {}});
}

void ExecutionMachine::judge(const ExecutionKey& key, Item& item, const ProgramEnded& event) {
  ExecutionResult result;
  result.ending = event.ending;
  result.code = event.code;
  result.boot = settings_.boot;
  result.detail = printable_utf8(event.detail, kLongestDetail);
  switch (event.ending) {
    case Ending::Exited:
      if (std::ranges::find(item.intent->reboot_codes, event.code) !=
          item.intent->reboot_codes.end())
        result.outcome = Outcome::PendingRestart;
      else if (std::ranges::find(item.intent->success_codes, event.code) !=
               item.intent->success_codes.end())
        result.outcome = Outcome::Succeeded;
      else
        result.error = kProgramFailed.number;
      break;
    case Ending::Signalled:
      result.error = kProgramFailed.number;
      break;
    case Ending::TimedOut:
      result.error = kProgramTooLong.number;
      break;
    case Ending::Interrupted:
      result.error = kInterrupted.number;
      break;
    case Ending::NeverRan:
      result.error = kProgramNotStarted.number;
      break;
  }
  close_run(item, result.ending == Ending::NeverRan ? Ran::No : Ran::Perhaps);
  item.result = std::move(result);
  settle(item);
  record_result(key, item);
}

void ExecutionMachine::give_up(const ExecutionKey& key, Item& item, Outcome outcome,
                               const Error& error) {
  item.result = ExecutionResult{outcome,
                                Ending::NeverRan,
                                0,
                                error.kind().number,
                                printable_utf8(error.detail(), kLongestDetail),
                                settings_.boot};
  settle(item);
  record_result(key, item);
}

void ExecutionMachine::retry(const ExecutionKey& key, Item& item, WaitReason reason,
                             const Error& error) {
  const RetryRule& rule = this->rule(reason);
  const std::uint32_t count = ++item.failures[static_cast<std::size_t>(reason)];
  const ErrorKind& kind = reason == WaitReason::Download    ? kContentUnreachable
                          : reason == WaitReason::Mismatch  ? kContentChanged
                          : reason == WaitReason::CacheRoom ? kCacheTooSmall
                                                            : kClientStateFailed;
  if (rule.used_up(count))
    return give_up(key, item, Outcome::Failed,
                   fail(kind, "after {} retries: {}", rule.limit, error.text()).value());
  item.next = now_ + rule.pause(count);
  item.phase = Phase::WaitingToRetry;
  write({RecordKind::Waiting, key, now_, Waiting{reason, count, *item.next}, {}, {}});
  DeploymentReport retrying(key, DeploymentStatus::Retrying);
  if (reason == WaitReason::CacheRoom) retrying.status_id = model::kStatusCacheTooSmall;
  retrying.state = model::kStateRetrying;
  retrying.error = fail(kind, "{}", error.text()).value();
  retrying.next_attempt = item.next;
  report(std::move(retrying));
}

void ExecutionMachine::try_again_now(const ExecutionKey& key, Item& item, Ran ran) {
  item.phase = Phase::WaitingForStart;
  item.next.reset();
  const auto local = static_cast<std::size_t>(WaitReason::Local);
  write({RecordKind::Waiting,
         key,
         now_,
         Waiting{WaitReason::Local, item.failures[local], now_, ran == Ran::Perhaps},
         {},
         {}});
}

void ExecutionMachine::record_result(const ExecutionKey& key, Item& item) {
  item.phase = Phase::RecordingResult;
  item.result_at = item.result_stamp = now_;
  item.result_place = write({RecordKind::Result, key, now_, {}, {}, item.result});
}

void ExecutionMachine::finished(const ExecutionKey& key, Item& item) {
  item.phase = Phase::Done;
  item.next.reset();
  item.result_write_failures = 0;
  item.report_taken = false;
  report_result(key, item);
}

void ExecutionMachine::remove_stale_runs(const ExecutionKey& key, Item& item) {
  for (std::string& run : item.stale_runs) out_.push_back(RemoveRun{key, std::move(run)});
  item.stale_runs.clear();
}

// Nothing ran, so a second try cannot be a second run.
void ExecutionMachine::lift(Item& item) {
  item.result.reset();
  item.failures = {};
  item.next.reset();
  item.report_taken = false;
  item.phase = Phase::WaitingForStart;
}

bool ExecutionMachine::may_lift(const Item& item) const {
  if (item.result->ending != Ending::NeverRan || !item.deployment) return false;
  if (item.result->outcome == Outcome::NeedsRoot)
    return settings_.privileged || item.deployment->program.run_as == RunAs::User;
  return item.result->error == kBadDeployment.number && !item.refusal;
}

void ExecutionMachine::report(DeploymentReport report) {
  report.at = now_;
  if (report.occasion.empty()) report.occasion = to_text(now_);
  out_.push_back(Report{std::move(report)});
}

void ExecutionMachine::report_running(const ExecutionKey& key, const Item& item) {
  DeploymentReport running(key, DeploymentStatus::Running);
  running.status_id = model::kStatusStarted;
  running.state = model::kStateInstalling;
  running.occasion = item.intent->run;
  report(std::move(running));
}

void ExecutionMachine::report_result(const ExecutionKey& key, const Item& item) {
  const ExecutionResult& result = *item.result;
  DeploymentReport out(key, DeploymentStatus::Failed);
  out.final = true;
  out.occasion = to_text(item.result_stamp);
  switch (result.outcome) {
    case Outcome::Succeeded:
      out.status = DeploymentStatus::Succeeded;
      out.status_id = model::kStatusSucceeded;
      out.state = model::kStateSucceeded;
      break;
    case Outcome::PendingRestart:
      out.status = DeploymentStatus::PendingRestart;
      out.status_id = model::kStatusPendingRestart;
      out.state = model::kStatePendingRestart;
      break;
    case Outcome::Failed:
    case Outcome::NeedsRoot:
      out.status = result.outcome == Outcome::NeedsRoot ? DeploymentStatus::NeedsRoot
                                                        : DeploymentStatus::Failed;
      out.status_id = model::kStatusFailed;
      out.state = model::kStateFailed;
      out.error = result_error(key, result);
      break;
  }
  if (result.ending == Ending::Exited) out.exit_code = result.code;
  report(std::move(out));
}

const RetryRule& ExecutionMachine::rule(WaitReason reason) const {
  switch (reason) {
    case WaitReason::Download:
      return settings_.download;
    case WaitReason::Mismatch:
      return settings_.mismatch;
    case WaitReason::CacheRoom:
      return settings_.cache_room;
    case WaitReason::Local:
      break;
  }
  return settings_.local;
}

}  // namespace muster::client
