// The execution machine's clock: when a deployment is to run by itself, and whether it runs again.
#include <algorithm>

#include "model/spread.h"
#include "roles/client/software/execution_machine.h"

namespace muster::client {

// Times that were stamped while the clock was ahead count as just before it was set back, in their
// order: nothing waits for the wrong time to come, and what came after what stays so.
ExecutionMachine::Stamps ExecutionMachine::follow_clock(Timestamp now) {
  std::vector<Timestamp*> ahead;
  const auto look_at = [&](Timestamp& stamp) {
    if (stamp > now) ahead.push_back(&stamp);
  };
  for (auto& [key, item] : items_) {
    look_at(item.result_at);
    if (item.ran_for) look_at(*item.ran_for);
    if (item.happened) look_at(*item.happened);
    if (item.next) item.next = std::min(*item.next, now + settings_.longest_pause());
  }
  const auto kept = ahead.size();
  if (idle_since_) look_at(*idle_since_);
  if (window_opened_) look_at(*window_opened_);
  std::ranges::sort(ahead, std::greater<>(), [](const Timestamp* stamp) { return *stamp; });
  Timestamp former{}, moved = now;
  for (Timestamp* stamp : ahead) {
    if (*stamp != former) moved = moved - Duration(1);
    former = std::exchange(*stamp, moved);
  }
  return kept == 0 ? Stamps::Right : Stamps::WereAhead;
}

// What came before the start does not count, and nothing comes from the end on.
void ExecutionMachine::find_due(Item& item) const {
  item.due.reset();
  item.next_due.reset();
  item.spreads = false;
  if (!item.deployment || item.deployment->purpose != Purpose::Required) return;
  const Deployment& deployment = *item.deployment;
  // What comes on all machines at once spreads; what happens on one does not.
  const auto consider = [&](std::optional<Timestamp> moment, bool spreads) {
    if (!moment || *moment < deployment.start) return;
    if (deployment.expires && *moment >= *deployment.expires) return;
    if (*moment <= now_) {
      if (item.due && *item.due >= *moment) return;
      item.due = *moment;
      item.spreads = spreads;
    } else {
      item.next_due = std::min(item.next_due.value_or(*moment), *moment);
    }
  };
  const bool timed =
      !deployment.schedules.empty() || !deployment.events.empty() || !deployment.after.empty();
  if (deployment.deadline || !timed) consider(deployment.deadline.value_or(deployment.start), true);
  for (model::Occurrences& schedule : item.schedules) {
    const auto around = schedule.around(now_, settings_.offset_at);
    consider(around.latest, true);
    consider(around.next, true);
  }
  // A machine that is idle already is so too for what comes or starts only now.
  if (idle_since_ && std::ranges::find(deployment.events, model::DeploymentEvent::Idle) !=
                         deployment.events.end()) {
    const Timestamp moment = std::max(*idle_since_, deployment.start);
    if (moment <= now_) item.happened = std::max(item.happened.value_or(moment), moment);
  }
  if (!deployment.events.empty()) consider(item.happened, false);
  // What succeeded before the start counts at the start: the order is kept either way.
  for (const std::string& other : deployment.after)
    if (const auto success = succeeded_at(other))
      consider(std::max(*success, deployment.start), false);
}

// A success that still wants a restart comes with it.
std::optional<Timestamp> ExecutionMachine::succeeded_at(const std::string& deployment) const {
  std::optional<Timestamp> out;
  for (const auto& [key, item] : items_)
    if (key.deployment == deployment && item.result && item.result->outcome == Outcome::Succeeded)
      out = std::max(out.value_or(item.result_at), item.result_at);
  return out;
}

// The random start: behind `moment`, and behind the start of the window that held it, but never so
// far that the program could not start at all: not past its end, its next time, or the moment at
// which the open window is too short for it.
Timestamp ExecutionMachine::spread_start(const Item& item, Timestamp moment) const {
  const Deployment& deployment = *item.deployment;
  if (deployment.purpose != Purpose::Required) return moment;
  Timestamp base = moment;
  Duration room = splay_;
  if (!deployment.ignore_windows) {
    if (window_opened_) base = std::max(base, *window_opened_);
    if (window_.open && window_.until)
      room = std::min(room, *window_.until - deployment.program.max_runtime - base);
  }
  if (deployment.expires) room = std::min(room, *deployment.expires - base);
  if (item.next_due) room = std::min(room, *item.next_due - base);
  return base + model::start_offset(settings_.device, deployment.key.deployment, room);
}

// A restart that is still to come changes nothing: the program itself succeeded.
bool ExecutionMachine::reruns(const Item& item) {
  return model::reruns(item.deployment->rerun,
                       item.result && item.result->outcome == Outcome::Failed);
}

// Its time has come anew since it was last tried, and it may run again. A result that is not yet
// in the queue of messages is not replaced.
bool ExecutionMachine::comes_again(const Item& item) {
  if (!item.deployment || !item.result || !item.due || !item.report_taken) return false;
  if (item.result->ending == Ending::NeverRan) return *item.due > item.result_at;
  // What ran while the clock was ahead does not run once more when its time really comes.
  const bool is_new = !item.ran_for || (*item.due > *item.ran_for && item.due != item.ran_due);
  return is_new && reruns(item);
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
