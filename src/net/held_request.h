// A request whose answer is withheld: it costs no thread, and of memory what its connection and
// this object take.
#pragma once

#include <memory>
#include <mutex>

#include "net/http_message.h"

namespace muster::net {

class Connection;
class EventLoop;

// Made by the owner of the route, and known to the connection as long as it waits.
class HeldRequest : public std::enable_shared_from_this<HeldRequest> {
 public:
  // Long: HttpLimits::hold_time. Brief: HttpLimits::linger_time.
  enum class Time { Long, Brief };
  explicit HeldRequest(Time time = Time::Long) : time_(time) {}
  HeldRequest(const HeldRequest&) = delete;
  HeldRequest& operator=(const HeldRequest&) = delete;
  virtual ~HeldRequest() = default;

  // From any thread, at any time: the first answer is sent, unless the connection has ended.
  // False: somebody was faster, or nobody waits any more.
  bool answer(Response response);

 protected:
  // On the loop's thread. Its time is over, or the server stops: what is answered.
  virtual Response run_out(bool server_stops) = 0;
  // On the loop's thread, once: it has its answer, or nobody waits for one any more.
  virtual void ended(bool answered) = 0;

 private:
  friend class Connection;
  // On the loop's thread. An answer that came before the connection was known.
  std::unique_ptr<Response> attach(EventLoop& loop, Connection& connection);
  void detach(bool answered);

  const Time time_;
  std::mutex mutex_;
  EventLoop* loop_ = nullptr;        // under the mutex, as is the rest
  std::unique_ptr<Response> early_;  // answered before attach()
  bool over_ = false;
  Connection* connection_ = nullptr;  // on the loop's thread alone
};

}  // namespace muster::net
