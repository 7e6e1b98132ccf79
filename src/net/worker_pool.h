// A bounded pool of threads for handlers that may block, in ranks: what matters more runs first.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/time.h"

namespace muster::net {

// Rank 0 runs before all others. Of T threads the jobs of rank k and behind it get at most T - k
// (and one at least), so that a job of an earlier rank never waits for slow ones of later ranks;
// of a queue of Q places they may fill Q * (kRanks - k) / kRanks.
class WorkerPool {
 public:
  static constexpr std::size_t kRanks = 4;
  // By rank.
  struct Load {
    std::array<std::size_t, kRanks> waiting{};
    std::array<Duration, kRanks> oldest_wait{};  // how long the oldest waits by now
  };

  // `clock` outlives the pool.
  WorkerPool(unsigned threads, std::size_t queue_limit, const Clock& clock);
  ~WorkerPool() { stop(); }

  // False when the rank's part of the queue is full or the pool has stopped.
  [[nodiscard]] bool post(std::function<void()> job, std::size_t rank = 0);
  Load load() const;
  // Ends when all jobs that were taken have run.
  void stop();

 private:
  struct Job {
    std::function<void()> work;
    Duration since;
  };
  void run();
  std::size_t next_rank() const;  // kRanks: none may run now
  bool is_empty() const;

  const std::size_t thread_count_;
  const std::size_t queue_limit_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::array<std::deque<Job>, kRanks> queues_;
  std::array<std::size_t, kRanks> running_{};
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace muster::net
