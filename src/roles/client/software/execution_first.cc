// Programs that run first: each is an item with runs of its own, brought forward by the deployments
// that wait for it.
#include <algorithm>

#include "model/status_ids.h"
#include "roles/client/software/errors.h"
#include "roles/client/software/execution_machine.h"

namespace muster::client {
namespace {

std::string name_of(const FirstProgram& first) {
  return fmt::format("{} of {} {}", first.program.name, first.key.package, first.key.version);
}

}  // namespace

Deployment ExecutionMachine::first_deployment(const FirstProgram& first) {
  Deployment out;
  out.key = first.key;
  out.program = first.program;
  out.variables = first.variables;
  out.files = first.files;
  out.content_folder = first.content_folder;
  out.persist = first.persist;
  out.purpose = Purpose::Available;
  return out;
}

// `dependent_ran` is the place in the log of the newest run of what waits for it.
ExecutionMachine::FirstState ExecutionMachine::first_state(const FirstProgram& first,
                                                           const Item& step,
                                                           std::uint64_t dependent_ran,
                                                           AfterFailure after) const {
  // One success is enough, whoever had it run.
  const auto is_success = [&](const auto& entry) {
    const auto& [key, item] = entry;
    return item.deployment && key.package == first.key.package &&
           key.version == first.key.version &&
           item.deployment->program.name == first.program.name && item.result &&
           item.result->outcome == Outcome::Succeeded;
  };
  if (!first.every_time && std::ranges::any_of(items_, is_success)) return FirstState::Succeeded;
  if (step.phase != Phase::Done || !step.result)
    return is_idle(step.phase) ? FirstState::Wanted : FirstState::UnderWay;
  const bool counts = !first.every_time || step.ran_place > dependent_ran;
  switch (step.result->outcome) {
    case Outcome::Succeeded:
      if (counts) return FirstState::Succeeded;
      break;
    case Outcome::PendingRestart:
      if (counts) return FirstState::RestartWanted;
      break;
    case Outcome::Failed:
    case Outcome::NeedsRoot:
      if (after == AfterFailure::Hold) return FirstState::Failed;
  }
  // A result that is not yet in the queue of messages is not replaced.
  return step.report_taken ? FirstState::Wanted : FirstState::UnderWay;
}

// From what runs directly before the deployment's program to what has to run next.
std::vector<const FirstProgram*> ExecutionMachine::first_missing(const Item& item) const {
  std::vector<const FirstProgram*> out;
  std::uint64_t dependent_ran = item.ran_place;
  for (const FirstProgram& first : item.deployment->first) {
    const Item& step = items_.at(first.key);
    if (first_state(first, step, dependent_ran, AfterFailure::Hold) == FirstState::Succeeded) break;
    out.push_back(&first);
    dependent_ran = step.ran_place;
  }
  return out;
}

// Ahead of its time, as the deployment's own content.
void ExecutionMachine::fetch_first(Item& item) {
  for (const FirstProgram* first : first_missing(item)) {
    Item& step = items_.at(first->key);
    if (is_idle(step.phase) && !step.refusal && !pauses(step)) has_content(first->key, step);
  }
}

bool ExecutionMachine::first_succeeded(const ExecutionKey& key, Item& item) {
  const auto missing = first_missing(item);
  if (missing.empty()) return true;
  const FirstProgram& next = *missing.back();
  Item& step = items_.at(next.key);
  const std::uint64_t dependent_ran =
      missing.size() > 1 ? items_.at(missing[missing.size() - 2]->key).ran_place : item.ran_place;
  // What failed since the deployment was asked for, or since its time came, is not tried again.
  const bool tried = item.requested ? step.result_place > item.requested_place
                                    : !item.due || *item.due <= step.result_at;
  FirstState state =
      first_state(next, step, dependent_ran, tried ? AfterFailure::Hold : AfterFailure::TryAnew);
  if (state == FirstState::Wanted) run_first(next.key, step, item);
  if (state == FirstState::Wanted)
    state = first_state(next, step, dependent_ran, AfterFailure::Hold);

  item.phase = Phase::WaitingForProgram;
  DeploymentReport waiting(key, DeploymentStatus::WaitingForProgram);
  if (state == FirstState::Failed) {
    item.phase = Phase::Held;
    waiting.status = DeploymentStatus::Held;
    waiting.status_id = model::kStatusHeld;
    waiting.state = model::kStateHeld;
    waiting.next_attempt = item.next_due;
    std::string cause = fmt::format("{} must run first and failed: {}", name_of(next),
                                    result_error(next.key, *step.result).text());
    waiting.error = fail(kFirstProgramFailed, "{}", cause).value();
    tell(key, item, std::move(waiting), std::move(cause));
    return false;
  }
  const bool restart = state == FirstState::RestartWanted;
  waiting.state = restart ? 2 : 3;
  if (step.phase == Phase::WaitingToRetry) waiting.next_attempt = step.next;
  if (step.phase == Phase::WaitingForWindow && !window_.open) waiting.next_attempt = window_.until;
  waiting.detail = fmt::format(
      "{} runs first: {}", name_of(next),
      restart ? "it succeeded, and the machine must be restarted" : to_text(step.phase));
  if (step.phase == Phase::WaitingForRequirements) waiting.detail += ", " + step.told;
  std::string what = waiting.detail;
  tell(key, item, std::move(waiting), std::move(what));
  return false;
}

void ExecutionMachine::run_first(const ExecutionKey& key, Item& step, const Item& dependent) {
  if (step.phase == Phase::Done) begin_again(step);
  if (refused(key, step)) return;
  const auto wait = [&](Phase phase) { step.phase = phase; };
  if (pauses(step)) return wait(Phase::WaitingToRetry);
  if (!meets_requirements(key, step)) return wait(Phase::WaitingForRequirements);
  if (!has_content(key, step)) return;
  if (!dependent.requested && !window_fits(*step.deployment, *dependent.deployment))
    return wait(Phase::WaitingForWindow);
  if (program_under_way()) return wait(Phase::WaitingForTurn);
  prepare(key, step, now_);
}

}  // namespace muster::client
