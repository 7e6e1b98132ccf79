#include "net/server_loop.h"

#include <algorithm>
#include <ctime>

#include "net/connection.h"

namespace muster::net {

ConnectionQuota::ConnectionQuota(const HttpLimits& limits, Bytes hash_key)
    : limit_(limits.connections), limit_per_address_(limits.connections_per_address) {
  if (limits.connections_per_second_of_address > 0)
    rate_ = std::make_unique<RateTable>(
        RateRule{std::max(static_cast<double>(limit_per_address_) / 10, 1.0),
                 limits.connections_per_second_of_address},
        std::move(hash_key));
}

bool ConnectionQuota::enter(const std::string& address, Duration now) {
  if (rate_ && !rate_->take(address, 1, now)) return false;
  const std::lock_guard lock(mutex_);
  if (open_ >= limit_) return false;
  std::size_t& of_address = per_address_[address];
  if (of_address >= limit_per_address_) return false;
  ++of_address;
  ++open_;
  return true;
}

void ConnectionQuota::leave(const std::string& address) {
  const std::lock_guard lock(mutex_);
  const auto found = per_address_.find(address);
  if (--found->second == 0) per_address_.erase(found);
  if (--open_ == 0) empty_.notify_all();
}

bool ConnectionQuota::wait_until_empty(Duration time) {
  std::unique_lock lock(mutex_);
  return empty_.wait_for(lock, time, [this] { return open_ == 0; });
}

ServerLoop::ServerLoop(ServerShared& shared)
    : shared_(shared),
      events_(shared.clock),
      deadlines_{DeadlineList(shared.limits.handshake_time), DeadlineList(shared.limits.head_time),
                 DeadlineList(shared.limits.idle_time), DeadlineList(shared.limits.rate_interval),
                 DeadlineList(shared.limits.linger_time)},
      read_scratch_(new char[kScratchSize]),
      write_scratch_(new char[kScratchSize]) {
  for (DeadlineList& list : deadlines_) events_.add_deadlines(list);
  const Duration longest = shared.limits.hold_time;
  for (std::size_t i = 0; i < kHeldTimes; ++i)
    held_.emplace_back(longest - longest / 4 * static_cast<std::int64_t>(i) /
                                     static_cast<std::int64_t>(kHeldTimes));
  for (DeadlineList& list : held_) events_.add_deadlines(list);
  events_.set_last_work([this] {
    if (Connection* next = turns_.take()) next->take_turn();
    return !turns_.empty();
  });
}

ServerLoop::~ServerLoop() = default;

void ServerLoop::add(std::unique_ptr<Connection> connection) {
  Connection& added = *connection;
  added.slot_ = connections_.size();
  connections_.push_back(std::move(connection));
  added.start();
}

void ServerLoop::remove(Connection& connection) {
  const std::size_t slot = connection.slot_;
  std::unique_ptr<Connection> removed = std::move(connections_[slot]);
  if (slot + 1 < connections_.size()) {
    connections_[slot] = std::move(connections_.back());
    connections_[slot]->slot_ = slot;
  }
  connections_.pop_back();
  events_.retire(std::move(removed));
}

void ServerLoop::begin_stop() {
  stopping_ = true;
  // Backwards: a connection that goes leaves its slot to one that was seen already.
  for (std::size_t i = connections_.size(); i-- > 0;) connections_[i]->begin_stop();
}

void ServerLoop::close_all() {
  for (std::size_t i = connections_.size(); i-- > 0;) connections_[i]->close();
}

std::unique_ptr<Exchange> ServerLoop::borrow_exchange() {
  if (spare_) return std::move(spare_);
  return std::make_unique<Exchange>();
}

void ServerLoop::give_back(std::unique_ptr<Exchange> exchange) {
  if (spare_) return;
  exchange->reset();
  exchange->input.clear();
  if (exchange->input.capacity() <= kScratchSize) spare_ = std::move(exchange);
}

const std::string& ServerLoop::date_line() {
  const std::int64_t second = shared_.clock.now().ms / 1000;
  if (second != date_second_) {
    date_second_ = second;
    const time_t moment = second;
    tm parts{};
    ::gmtime_r(&moment, &parts);
    char text[64];
    const std::size_t size =
        std::strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    date_line_.assign(text, size);
  }
  return date_line_;
}

}  // namespace muster::net
