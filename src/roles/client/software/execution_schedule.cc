// The execution machine's clock: when a deployment is to run by itself, and whether it runs again.
#include <algorithm>

#include "roles/client/software/execution_machine.h"

namespace muster::client {

// What came before the start does not count, and nothing comes from the end on.
void ExecutionMachine::find_due(Item& item) const {
  item.due.reset();
  item.next_due.reset();
  if (!item.deployment || item.deployment->purpose != Purpose::Required) return;
  const Deployment& deployment = *item.deployment;
  const auto consider = [&](std::optional<Timestamp> moment) {
    if (!moment || *moment < deployment.start) return;
    if (deployment.expires && *moment >= *deployment.expires) return;
    if (*moment <= now_) {
      item.due = std::max(item.due.value_or(*moment), *moment);
    } else {
      item.next_due = std::min(item.next_due.value_or(*moment), *moment);
    }
  };
  if (deployment.deadline || (deployment.schedules.empty() && deployment.events.empty()))
    consider(deployment.deadline.value_or(deployment.start));
  for (model::Occurrences& schedule : item.schedules) {
    const auto around = schedule.around(now_, settings_.offset_at);
    consider(around.latest);
    consider(around.next);
  }
  consider(item.happened);
}

// A restart that is still to come changes nothing: the program itself succeeded.
bool ExecutionMachine::reruns(const Item& item) {
  const bool failed = item.result && item.result->outcome == Outcome::Failed;
  switch (item.deployment->rerun) {
    case model::Rerun::Never:
      return false;
    case model::Rerun::Always:
      return true;
    case model::Rerun::IfFailed:
      return failed;
    case model::Rerun::IfSucceeded:
      break;
  }
  return !failed;
}

// Its time has come anew since it was last tried, and it may run again. A result that is not yet
// in the queue of messages is not replaced.
bool ExecutionMachine::comes_again(const Item& item) {
  if (!item.deployment || !item.result || !item.due || !item.report_taken) return false;
  if (item.result->ending == Ending::NeverRan) return *item.due > item.result_at;
  return (!item.ran_for || *item.due > *item.ran_for) && reruns(item);
}

// The result stays until the next intent is durable: it decides whether the program runs again.
void ExecutionMachine::begin_again(Item& item) {
  item.failures = {};
  item.next.reset();
  item.window_reported = false;
  item.notice_reported = false;
  item.content_ready = item.deployment && item.deployment->files.empty();
  item.phase = Phase::WaitingForStart;
}

// A run is over, or was given up: what was asked for is answered.
void ExecutionMachine::settle(Item& item) {
  item.first_attempt = item.attempts + 1;
  if (item.result->ending != Ending::NeverRan) item.requested = false;
}

}  // namespace muster::client
