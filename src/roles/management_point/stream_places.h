// How far each client's stream has come, as this management point took it: what messages are judged
// by while the database is away.
#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "contract/envelope.h"
#include "store/site/positions.h"

namespace muster::management_point {

// Safe from many threads. Beyond the limit the stream that was silent for longest is forgotten.
class StreamPlaces {
 public:
  explicit StreamPlaces(std::size_t limit = 100'000) : limit_(limit) {}

  std::optional<store::StreamPosition> find(const contract::EnvelopeHeader& header) {
    const std::lock_guard lock(mutex_);
    const auto found = by_stream_.find(key_of(header));
    if (found == by_stream_.end()) return std::nullopt;
    return found->second->second;
  }

  // The message is durable.
  void note(const contract::EnvelopeHeader& header) {
    store::StreamPosition position;
    position.sequence = static_cast<std::int64_t>(header.sequence);
    position.body_sha256 = header.body_sha256;
    const std::lock_guard lock(mutex_);
    const std::string key = key_of(header);
    if (const auto found = by_stream_.find(key); found != by_stream_.end()) {
      if (found->second->second.sequence > position.sequence) return;
      order_.erase(found->second);
      by_stream_.erase(found);
    }
    order_.emplace_front(key, std::move(position));
    by_stream_.emplace(key, order_.begin());
    if (order_.size() <= limit_) return;
    by_stream_.erase(order_.back().first);
    order_.pop_back();
  }

 private:
  using Order = std::list<std::pair<std::string, store::StreamPosition>>;
  static std::string key_of(const contract::EnvelopeHeader& header) {
    return header.sender.text() + std::string(header.stream);
  }

  const std::size_t limit_;
  std::mutex mutex_;
  Order order_;  // the last heard first
  std::unordered_map<std::string, Order::iterator> by_stream_;
};

}  // namespace muster::management_point
