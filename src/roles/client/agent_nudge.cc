// The request that the agent leaves with its management point, and what it does when it is told to
// look: what it would do a little later anyway. docs/protocols/nudge.md.
#include <thread>

#include "base/log.h"
#include "roles/client/agent.h"

namespace muster::client {

// In place of sleeping: true when there is something to do.
bool Agent::wait(Duration time) {
  if (link_) link_->close_idle_connections();
  if (link_ && link_->waits_for_nudge()) return link_->nudge_came(time);
  std::this_thread::sleep_for(time);
  return false;
}

double Agent::jitter() const { return static_cast<double>(random_.below(1000)) / 1000; }

void Agent::wait_for_nudge(Timestamp now) {
  // While a poll is due or fails there is no use in hearing that there is something to poll.
  if (link_->waits_for_nudge() || !nudge_.due(now) || !polled_ || poll_.due(now)) return;
  if (!link_->may_wait_for_nudge()) return nudge_.failed(now);
  const auto begun = link_->wait_for_nudge(nudge_.epoch(), answered_etag_);
  if (begun) return nudge_.began(clock_.steady());
  log::failure(log::Level::Info, "nudge.connection.failed", begun.error());
  nudge_.failed(clock_.now());
}

void Agent::take_nudge(Timestamp now) {
  if (!link_->waits_for_nudge()) return;
  if (!link_->nudge_came(Duration(0))) {
    if (!nudge_.held_too_long(clock_.steady())) return;
    link_->stop_waiting();
    return nudge_.lost(now);
  }
  const auto answered = link_->take_nudge();
  if (!answered) {
    log::failure(log::Level::Info, "nudge.connection.lost", answered.error());
    return nudge_.lost(now, link_->asked_wait());
  }
  if (const auto told = nudge_.answered(*answered, now)) look(told->cycles, told->at);
}

void Agent::look(const std::vector<std::string>& cycles, Timestamp at) {
  for (const std::string& name : cycles) {
    RetryTimer* timer = cycle_timer(name);
    // A later site may know more cycles than this client.
    log::info(timer != nullptr ? "nudge.taken" : "nudge.unknown", "the site says where to look",
              {{"cycle", name}, {"at", to_text(at)}});
    if (timer != nullptr) start_cycle(*timer, std::min(timer->next(), at));
  }
}

}  // namespace muster::client
