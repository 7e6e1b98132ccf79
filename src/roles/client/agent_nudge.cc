// The request that the agent leaves with its management point, and what it does when it is told to
// look: what it would do a little later anyway. docs/protocols/nudge.md.
#include <thread>

#include "base/log.h"
#include "roles/client/agent.h"

namespace muster::client {
namespace {

// Longer than a management point may hold a request.
constexpr Duration kLongestHold = std::chrono::minutes(20);
// A site without nudges may have learnt of them.
constexpr Duration kAskOlderSiteAgain = std::chrono::hours(1);
constexpr Duration kLongestRetry = std::chrono::minutes(1);
// Without a word of the site: the time over which clients of a large one come back.
constexpr int kSpreadRetries = 6;

}  // namespace

// In place of sleeping: true when there is something to do.
bool Agent::wait(Duration time) {
  if (link_ && link_->waits_for_nudge()) return link_->nudge_came(time);
  std::this_thread::sleep_for(time);
  return false;
}

double Agent::jitter() const { return static_cast<double>(random_.below(1000)) / 1000; }

void Agent::nudge_failed(Timestamp from) {
  nudge_timer_.failed(from, settings_.duration("retry.first"),
                      std::min(settings_.duration("retry.longest"), kLongestRetry), jitter());
}

// The connection is gone. All other clients may have lost theirs in the same moment.
void Agent::lose_nudge(Timestamp now) {
  const Duration spread =
      nudge_spread_.value_or(settings_.duration("retry.first") * kSpreadRetries);
  nudge_failed(now +
               Duration(static_cast<std::int64_t>(jitter() * static_cast<double>(spread.count()))));
}

void Agent::wait_for_nudge(Timestamp now) {
  // While a poll is due or fails there is no use in hearing that there is something to poll.
  if (link_->waits_for_nudge() || !nudge_timer_.due(now) || !polled_ || poll_.due(now)) return;
  if (!link_->may_wait_for_nudge()) return nudge_failed(now);
  const auto begun = link_->wait_for_nudge(nudge_epoch_, answered_etag_);
  if (begun) {
    nudge_since_ = clock_.steady();
    return;
  }
  log::failure(log::Level::Info, "nudge.connection.failed", begun.error());
  nudge_failed(clock_.now());
}

void Agent::take_nudge(Timestamp now) {
  if (!link_->waits_for_nudge()) return;
  if (!link_->nudge_came(Duration(0))) {
    if (clock_.steady() - nudge_since_ < kLongestHold) return;
    link_->stop_waiting();
    return lose_nudge(now);
  }
  const auto answered = link_->take_nudge();
  if (!answered) {
    log::failure(log::Level::Info, "nudge.connection.lost", answered.error());
    return lose_nudge(now);
  }
  if (!*answered) return nudge_timer_.set(now + kAskOlderSiteAgain);
  const contract::Nudge& nudge = **answered;
  nudge_spread_ = nudge.spread;
  nudge_timer_.set(now + std::max(nudge.again, nudge.after));
  if (nudge.look.empty()) return;
  nudge_epoch_ = nudge.epoch;
  look(nudge.look, now + nudge.after);
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
