#include "hosting/nudges.h"

#include <algorithm>

#include "base/log.h"
#include "hosting/errors.h"
#include "hosting/route_table.h"

namespace muster::hosting {
namespace {

// A device that has its answer does what it was told, and comes back: it counts as connected.
constexpr Duration kBetweenRequests = std::chrono::seconds(90);
constexpr std::uint64_t kReturnsPerSecond = 500;
constexpr Duration kSmallestSpread = std::chrono::seconds(2);
constexpr Duration kLongestSpread = std::chrono::minutes(10);
constexpr Duration kRestartTime = std::chrono::seconds(1);
constexpr Duration kRemembered = std::chrono::hours(24);
constexpr std::int64_t kMicroseconds = 1'000'000;

net::Response answer_of(const contract::Nudge& nudge) {
  net::Response response;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  response.body = contract::encode_nudge(nudge);
  return response;
}

// The next of the moments that are 1/rate apart, and not before now.
Duration next_of(std::int64_t& next_us, Duration now, std::uint64_t per_second) {
  const std::int64_t now_us = now.count() * 1000;
  next_us = std::max(next_us, now_us);
  const Duration wait((next_us - now_us) / 1000);
  next_us += kMicroseconds / static_cast<std::int64_t>(std::max<std::uint64_t>(per_second, 1));
  return wait;
}

}  // namespace

class Nudges::Waiting final : public net::HeldRequest {
 public:
  Waiting(Nudges& owner, const Asker& asker)
      : owner_(&owner), device(asker.device), address(asker.address) {}

 private:
  net::Response run_out(bool server_stops) override {
    const std::lock_guard lock(owner_->mutex_);
    return owner_->nothing(server_stops ? owner_->come_back() : Duration(0));
  }
  void ended(bool answered) override { owner_->ended(*this, answered); }

  Nudges* owner_;

 public:
  const std::string device;
  const std::string address;
};

Nudges::Nudges(const Clock& clock)
    : clock_(&clock),
      epoch_(static_cast<std::uint64_t>(std::max<std::int64_t>(clock.now().ms, 1))) {}
Nudges::~Nudges() = default;

void Nudges::set_rules(const NudgeRules& rules) {
  const std::lock_guard lock(mutex_);
  rules_ = rules;
}

bool Nudges::is_connected(const Place& place, Timestamp now) const {
  if (place.waiting) return true;
  return place.since && !place.lost && now < *place.last + kBetweenRequests;
}

Duration Nudges::take_turn() {
  return next_of(next_turn_us_, clock_->steady(), rules_.clients_per_second);
}

Duration Nudges::come_back() {
  return kRestartTime + next_of(next_return_us_, clock_->steady(), kReturnsPerSecond);
}

Duration Nudges::spread() const {
  const auto all = std::chrono::milliseconds(1000 * held_ / kReturnsPerSecond);
  return std::clamp<Duration>(all, kSmallestSpread, kLongestSpread);
}

net::Response Nudges::told(Place& place) {
  place.epoch = ++epoch_;
  place.told = true;
  ++told_;
  contract::Nudge nudge{.epoch = place.epoch};
  nudge.look = contract::names_of(place.pending);
  nudge.after = take_turn();
  nudge.spread = spread();
  return answer_of(nudge);
}

net::Response Nudges::nothing(Duration again) const {
  contract::Nudge nudge;
  nudge.again = again;
  nudge.spread = spread();
  return answer_of(nudge);
}

net::Holding Nudges::hold(const Asker& asker) {
  const Timestamp now = clock_->now();
  std::shared_ptr<Waiting> previous;
  const auto held = [&]() -> net::Holding {
    const std::lock_guard lock(mutex_);
    sweep(now);
    Place& place = places_[asker.device];
    if (!is_connected(place, now)) place.since = now;
    previous = std::exchange(place.waiting, nullptr);
    place.last = now;
    place.lost = false;
    if (place.told && asker.seen == place.epoch) {
      place.told = false;
      place.pending = {};
      if (place.asked && !place.taken) place.taken = now;
    }
    if (!place.pending.empty()) return told(place);
    const auto of_address = held_of_.find(asker.address);
    if (held_ >= rules_.held ||
        (of_address != held_of_.end() && of_address->second >= rules_.held_of_address)) {
      place.lost = true;
      ++turned_;
      return nothing(rules_.again_when_full);
    }
    place.waiting = std::make_shared<Waiting>(*this, asker);
    ++held_;
    ++held_of_[asker.address];
    return place.waiting;
  }();
  // Whose connection is gone reads this no more; of two machines with one identity one waits.
  if (previous)
    previous->answer(problem(409, Error(kHeldTwice, fmt::format("device {}", asker.device))));
  return held;
}

void Nudges::policy_changed(std::string_view device) {
  std::shared_ptr<Waiting> waiting;
  net::Response response;
  {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(std::string(device));
    if (found == places_.end() || !found->second.waiting) return;
    found->second.pending.add(model::Cycle::Policy);
    response = told(found->second);
    waiting = found->second.waiting;
  }
  waiting->answer(std::move(response));
}

bool Nudges::ask(std::string_view device, model::Cycle cycle) {
  std::shared_ptr<Waiting> waiting;
  net::Response response;
  {
    const std::lock_guard lock(mutex_);
    Place& place = places_[std::string(device)];
    place.pending.add(cycle);
    place.asked = clock_->now();
    place.taken.reset();
    place.told = false;
    waiting = place.waiting;
    if (waiting) response = told(place);
  }
  return waiting && waiting->answer(std::move(response));
}

model::Cycles Nudges::polled(std::string_view device) {
  const Timestamp now = clock_->now();
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(std::string(device));
  if (found == places_.end()) return {};
  Place& place = found->second;
  if (place.pending.empty()) return {};
  place.pending.remove(model::Cycle::Policy);  // it looks at it
  model::Cycles out;
  // What stands in an answer, or can be answered at once, comes to the device that way.
  if (!place.told && !place.waiting) out = std::exchange(place.pending, {});
  if (place.pending.empty() && place.asked && !place.taken) place.taken = now;
  return out;
}

void Nudges::drop(std::string_view device) {
  std::shared_ptr<Waiting> waiting;
  {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(std::string(device));
    if (found == places_.end()) return;
    waiting = std::move(found->second.waiting);
    places_.erase(found);
  }
  if (waiting)
    waiting->answer(problem(403, Error(kRefused, "the device is blocked, revoked or unknown")));
}

void Nudges::ended(const Waiting& waiting, bool answered) {
  const Timestamp now = clock_->now();
  const std::lock_guard lock(mutex_);
  --held_;
  if (const auto found = held_of_.find(waiting.address); --found->second == 0)
    held_of_.erase(found);
  const auto place = places_.find(waiting.device);
  if (place == places_.end() || place->second.waiting.get() != &waiting) return;
  place->second.waiting.reset();
  place->second.last = now;
  place->second.lost = !answered;
}

Nudges::Presence Nudges::presence(std::string_view device) const {
  const Timestamp now = clock_->now();
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(std::string(device));
  if (found == places_.end()) return {};
  const Place& place = found->second;
  Presence out{{}, place.last, place.pending, place.asked, place.taken};
  if (is_connected(place, now)) {
    out.connected_since = place.since;
    if (place.waiting) out.last = now;
  }
  return out;
}

Nudges::Counts Nudges::counts() const {
  const std::lock_guard lock(mutex_);
  return {held_, told_, turned_};
}

// Devices that stay away are forgotten, once there are many more than before.
void Nudges::sweep(Timestamp now) {
  if (places_.size() < sweep_at_) return;
  std::erase_if(places_, [&](const auto& each) {
    const Place& place = each.second;
    return !place.waiting && place.pending.empty() && place.last && *place.last + kRemembered < now;
  });
  sweep_at_ = 2 * places_.size() + 1024;
}

}  // namespace muster::hosting
