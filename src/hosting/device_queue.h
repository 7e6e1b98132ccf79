// Devices that were deleted, for whoever holds something in memory about them.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "store/site/devices.h"

namespace muster::hosting {

class DeviceQueue {
 public:
  void add(store::DeviceNumber device) {
    const std::lock_guard lock(mutex_);
    devices_.push_back(device);
  }
  std::vector<store::DeviceNumber> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(devices_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<store::DeviceNumber> devices_;
};

}  // namespace muster::hosting
