#include "net/worker_pool.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"

namespace muster::net {

WorkerPool::WorkerPool(unsigned threads, std::size_t queue_limit, const Clock& clock)
    : thread_count_(std::max(threads, 1u)), queue_limit_(queue_limit), clock_(clock) {
  for (std::size_t i = 0; i < thread_count_; ++i) threads_.emplace_back([this] { run(); });
}

bool WorkerPool::post(std::function<void()> job, std::size_t rank) {
  MUSTER_CHECK(rank < kRanks);
  {
    const std::lock_guard lock(mutex_);
    std::size_t waiting = 0;
    for (const auto& queue : queues_) waiting += queue.size();
    const std::size_t most = std::max<std::size_t>(queue_limit_ * (kRanks - rank) / kRanks, 1);
    if (stopped_ || waiting >= most) return false;
    queues_[rank].push_back({std::move(job), clock_.steady()});
  }
  ready_.notify_one();
  return true;
}

WorkerPool::Load WorkerPool::load() const {
  Load out;
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < kRanks; ++i) {
    out.waiting[i] = queues_[i].size();
    if (!queues_[i].empty()) out.oldest_wait[i] = clock_.steady() - queues_[i].front().since;
  }
  return out;
}

void WorkerPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::size_t WorkerPool::next_rank() const {
  std::size_t running = 0;
  for (const std::size_t of_rank : running_) running += of_rank;
  for (std::size_t rank = 0; rank < kRanks; ++rank) {
    const std::size_t most = thread_count_ > rank ? thread_count_ - rank : 1;
    if (!queues_[rank].empty() && running < most) return rank;
    running -= running_[rank];
  }
  return kRanks;
}

bool WorkerPool::is_empty() const {
  return std::ranges::all_of(queues_, [](const auto& queue) { return queue.empty(); });
}

void WorkerPool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    std::size_t rank = kRanks;
    ready_.wait(lock, [&] {
      rank = next_rank();
      return rank < kRanks || (stopped_ && is_empty());
    });
    if (rank == kRanks) return;
    std::function<void()> work = std::move(queues_[rank].front().work);
    queues_[rank].pop_front();
    ++running_[rank];
    lock.unlock();
    try {
      work();
    } catch (const std::exception& thrown) {
      log::write(log::Level::Error, "net.job.threw", "a job ended with an exception",
                 {{"cause", thrown.what()}});
    }
    work = nullptr;
    lock.lock();
    --running_[rank];
    // Another thread may sleep over a job that had to wait for this one, or for the end of all.
    if (next_rank() < kRanks || stopped_) ready_.notify_all();
  }
}

}  // namespace muster::net
