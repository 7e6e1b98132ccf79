// One thread's epoll loop: edge-triggered descriptors, posted functions, deadlines.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/os/fd.h"
#include "base/result.h"
#include "base/time.h"
#include "net/deadlines.h"

namespace muster::net {

// Whoever is told about the events of a descriptor.
class Watch {
 public:
  virtual ~Watch() = default;
  virtual void on_events(std::uint32_t epoll_events) = 0;
};

class EventLoop {
 public:
  explicit EventLoop(const Clock& clock);

  // Until quit(); functions posted before are still run.
  void run();
  void quit();
  // From any thread: runs `function` on the loop's.
  void post(std::function<void()> function);

  // The rest: on the loop's thread only, or before run().
  Result<void> watch(int fd, std::uint32_t epoll_events, Watch& watch);
  // Looks for other events, and reports anew those that hold already.
  void rewatch(int fd, std::uint32_t epoll_events, Watch& watch);
  void unwatch(int fd);
  // Deletes it when no event of this round can reach it any more.
  void retire(std::unique_ptr<Watch> watch) { retired_.push_back(std::move(watch)); }
  // What is done one step a round, behind all events of the round. A step says whether there are
  // more; want_last_work() says that there are some.
  void set_last_work(std::function<bool()> step) { last_work_ = std::move(step); }
  void want_last_work() { has_last_work_ = true; }
  // The list is looked after from now on; it outlives the loop's run.
  void add_deadlines(DeadlineList& list) { deadlines_.push_back(&list); }

  // The steady time at which this round began.
  Duration now() const { return now_; }
  const Clock& clock() const { return clock_; }

 private:
  int timeout_ms() const;
  void run_posted();

  const Clock& clock_;
  os::Fd epoll_;
  os::Fd wake_;
  Duration now_;
  bool quit_ = false;
  std::function<bool()> last_work_;
  bool has_last_work_ = false;
  std::vector<DeadlineList*> deadlines_;
  std::vector<std::unique_ptr<Watch>> retired_;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // under the mutex
};

}  // namespace muster::net
