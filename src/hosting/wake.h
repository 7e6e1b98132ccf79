// Tells a waiting component that there is work.
#pragma once

#include <condition_variable>
#include <mutex>

#include "base/time.h"

namespace muster::hosting {

class Wake {
 public:
  void notify() {
    {
      const std::lock_guard lock(mutex_);
      pending_ = true;
    }
    condition_.notify_all();
  }
  // True when notified since the last wait, false after `time`.
  bool wait(Duration time) {
    std::unique_lock lock(mutex_);
    const bool woken = condition_.wait_for(lock, time, [this] { return pending_; });
    pending_ = false;
    return woken;
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool pending_ = false;
};

}  // namespace muster::hosting
