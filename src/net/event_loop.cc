#include "net/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "net/errors.h"

namespace muster::net {
namespace {
// How late a deadline may be seen when the clock is not the system's own.
constexpr std::int64_t kLongestSleepMs = 250;
constexpr int kEventsPerRound = 256;
}  // namespace

EventLoop::EventLoop(const Clock& clock)
    : clock_(clock),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      now_(clock.steady()) {
  // Without these no server can run; only a process out of descriptors comes here.
  MUSTER_CHECK(epoll_.valid() && wake_.valid());
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  MUSTER_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) == 0);
}

Result<void> EventLoop::watch(int fd, std::uint32_t epoll_events, Watch& watch) {
  epoll_event event{};
  event.events = epoll_events;
  event.data.ptr = &watch;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
    return fail(kSocketFailed, "epoll_ctl: {}", std::strerror(errno));
  return {};
}

void EventLoop::rewatch(int fd, std::uint32_t epoll_events, Watch& watch) {
  epoll_event event{};
  event.events = epoll_events;
  event.data.ptr = &watch;
  // Fails only for a descriptor that is not watched.
  MUSTER_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0);
}

void EventLoop::unwatch(int fd) { ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

int EventLoop::timeout_ms() const {
  bool waiting = false;
  Duration next = Duration::max();
  for (const DeadlineList* list : deadlines_)
    if (!list->empty()) {
      waiting = true;
      next = std::min(next, list->next_deadline());
    }
  if (!waiting) return -1;
  const std::int64_t left = (next - clock_.steady()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, kLongestSleepMs));
}

void EventLoop::post(std::function<void()> function) {
  bool first;
  {
    const std::lock_guard lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(function));
  }
  if (first) ::eventfd_write(wake_.get(), 1);
}

void EventLoop::quit() {
  post([this] { quit_ = true; });
}

void EventLoop::run_posted() {
  std::vector<std::function<void()>> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(posted_);
  }
  for (const auto& function : taken) function();
}

void EventLoop::run() {
  epoll_event events[kEventsPerRound];
  while (!quit_) {
    const int timeout = has_last_work_ ? 0 : timeout_ms();
    const int count = ::epoll_wait(epoll_.get(), events, kEventsPerRound, timeout);
    now_ = clock_.steady();
    bool woken = false;
    for (int i = 0; i < count; ++i) {
      if (events[i].data.ptr == nullptr)
        woken = true;  // edge-triggered: nothing needs to be read from the eventfd
      else
        static_cast<Watch*>(events[i].data.ptr)->on_events(events[i].events);
    }
    if (woken) run_posted();
    for (DeadlineList* list : deadlines_) list->expire(now_);
    if (has_last_work_) has_last_work_ = last_work_();
    retired_.clear();
  }
}

}  // namespace muster::net
