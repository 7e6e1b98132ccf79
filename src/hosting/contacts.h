// When each device last asked for its policy: what "offline now" rests on. In memory alone, so that
// a poll writes nothing; after a restart a device counts from its last message until it polls.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"

namespace muster::hosting {

class Contacts {
 public:
  void touch(std::string_view device, Timestamp now) {
    const std::lock_guard lock(mutex_);
    last_[std::string(device)] = now;
  }
  std::optional<Timestamp> last(std::string_view device) const {
    const std::lock_guard lock(mutex_);
    const auto found = last_.find(std::string(device));
    return found == last_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Timestamp> last_;  // only devices that the access list let in
};

}  // namespace muster::hosting
