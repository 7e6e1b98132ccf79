// What the connections of a server share: per server, and per loop thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/rate_table.h"
#include "net/deadlines.h"
#include "net/event_loop.h"
#include "net/handshake_turns.h"
#include "net/http_server.h"
#include "net/worker_pool.h"

namespace muster::net {

class Connection;
struct Exchange;

struct SharedCounters {
  std::atomic<std::uint64_t> connections_accepted{0};
  std::atomic<std::uint64_t> connections_open{0};
  std::atomic<std::uint64_t> connections_refused{0};
  std::atomic<std::uint64_t> handshakes_failed{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> requests_refused{0};
  std::atomic<std::uint64_t> requests_held{0};
};

// Counts open connections, in all and per address.
class ConnectionQuota {
 public:
  ConnectionQuota(const HttpLimits& limits, Bytes hash_key);
  // False: over a limit, nothing was counted. `now` is a steady time.
  bool enter(const std::string& address, Duration now);
  void leave(const std::string& address);
  // True when none is open any more within `time`.
  bool wait_until_empty(Duration time);

 private:
  const std::size_t limit_;
  const std::size_t limit_per_address_;
  std::unique_ptr<RateTable> rate_;  // null: there is no limit
  std::mutex mutex_;
  std::condition_variable empty_;
  std::size_t open_ = 0;
  std::unordered_map<std::string, std::size_t> per_address_;
};

struct ServerShared {
  ServerShared(const ServerSettings& settings, const Clock& clock)
      : limits(settings.limits),
        clock(clock),
        quota(settings.limits, settings.hash_key),
        pool(settings.pool_threads, settings.pool_queue_limit, clock) {}

  const HttpLimits limits;
  const Clock& clock;
  SharedCounters counters;
  ConnectionQuota quota;
  WorkerPool pool;
};

enum class WaitKind { Handshake, Head, Idle, Rate, Linger };

// One loop thread's connections and the buffers that they borrow while they are at work.
class ServerLoop {
 public:
  explicit ServerLoop(ServerShared& shared);
  ~ServerLoop();

  EventLoop& events() { return events_; }
  ServerShared& shared() { return shared_; }
  const HttpLimits& limits() const { return shared_.limits; }
  void arm(Timed& timed, WaitKind kind) {
    deadlines_[static_cast<std::size_t>(kind)].arm(timed, events_.now());
  }
  // Each one after another time than the one before.
  void arm_held(Timed& timed) { held_[next_held_++ % kHeldTimes].arm(timed, events_.now()); }

  // One step of a handshake of each round is done, behind all that stands.
  void queue_handshake(const std::string& address, Connection& connection) {
    turns_.add(address, &connection);
    events_.want_last_work();
  }
  void leave_handshakes(const std::string& address, Connection& connection) {
    turns_.remove(address, &connection);
  }

  void add(std::unique_ptr<Connection> connection);
  // Deletes it after this round.
  void remove(Connection& connection);

  // Closes what is idle and lets the rest end.
  void begin_stop();
  void close_all();
  bool stopping() const { return stopping_; }

  std::unique_ptr<Exchange> borrow_exchange();
  void give_back(std::unique_ptr<Exchange> exchange);
  // "Date: ...\r\n" of this second.
  const std::string& date_line();

  static constexpr std::size_t kScratchSize = 64 * 1024;
  char* read_scratch() { return read_scratch_.get(); }
  char* write_scratch() { return write_scratch_.get(); }

 private:
  ServerShared& shared_;
  EventLoop events_;
  DeadlineList deadlines_[5];
  static constexpr std::size_t kHeldTimes = 16;
  std::deque<DeadlineList> held_;
  std::size_t next_held_ = 0;
  HandshakeTurns turns_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::unique_ptr<Exchange> spare_;
  bool stopping_ = false;
  std::int64_t date_second_ = -1;
  std::string date_line_;
  std::unique_ptr<char[]> read_scratch_;
  std::unique_ptr<char[]> write_scratch_;
};

}  // namespace muster::net
