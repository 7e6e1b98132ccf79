#include "net/stream_server.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>
#include <unordered_map>

#include "base/log.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "net/server_loop.h"

namespace muster::net {
namespace {

constexpr int kAcceptsPerEvent = 64;
constexpr int kReadsPerTurn = 16;
constexpr std::size_t kReadSize = 16 * 1024;
constexpr Duration kAcceptPause = std::chrono::seconds(2);
constexpr std::uint32_t kInput = EPOLLIN | EPOLLRDHUP | EPOLLET;

HttpLimits quota_of(const StreamLimits& limits) {
  HttpLimits out;
  out.connections = limits.connections;
  out.connections_per_address = limits.connections_per_address;
  return out;
}

class StreamConnection;

}  // namespace

// Everything but the counters belongs to the loop's thread once that runs.
struct StreamServer::State final : public Watch, public Timed {
  State(const StreamLimits& limits, Open open, const Clock& clock);
  ~State() override;

  void on_events(std::uint32_t epoll_events) override;
  void on_deadline() override;
  void remove(StreamConnection& connection);

  const Open open;
  EventLoop loop;
  DeadlineList waiting;
  DeadlineList pausing;
  ConnectionQuota quota;
  os::Fd socket;
  std::uint16_t port = 0;
  std::unordered_map<StreamConnection*, std::unique_ptr<StreamConnection>> connections;
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> refused{0};
  std::thread thread;
};

namespace {

class StreamConnection final : public Watch, public Timed {
 public:
  StreamConnection(StreamServer::State& server, os::Fd fd, const StreamEnds& ends)
      : server_(server), fd_(std::move(fd)), address_(ends.peer.text()) {}

  bool start(std::unique_ptr<StreamSession> session) {
    session_ = std::move(session);
    server_.waiting.arm(*this, server_.loop.clock().steady());
    return server_.loop.watch(fd_.get(), kInput, *this).has_value();
  }
  void on_events(std::uint32_t) override {
    if (fd_.valid()) work();
  }
  void on_deadline() override { close(); }

  void close() {
    disarm();
    server_.loop.unwatch(fd_.get());
    fd_.reset();
    server_.quota.leave(address_);
    server_.remove(*this);
  }

 private:
  // One turn: reads, has answered and sends until there is nothing to do now.
  void work() {
    for (int i = 0; i < kReadsPerTurn; ++i) {
      if (!send_out()) return;
      if (ending_) return close();
      if (!read_some()) return;
    }
    // Others have their turn; what is still there is reported anew.
    server_.loop.rewatch(fd_.get(), kInput, *this);
  }

  // False when the peer has to take something first, or has gone.
  bool send_out() {
    while (!unsent_.empty()) {
      const ssize_t sent = ::send(fd_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno == EAGAIN) {
        server_.loop.rewatch(fd_.get(), kInput | EPOLLOUT, *this);
        return false;
      }
      if (sent < 0) {
        close();
        return false;
      }
      unsent_.erase(0, static_cast<std::size_t>(sent));
    }
    return true;
  }

  // False when nothing is there now, or the peer has gone.
  bool read_some() {
    char part[kReadSize];
    const ssize_t got = ::recv(fd_.get(), part, sizeof part, 0);
    if (got < 0 && errno == EINTR) return true;
    if (got < 0 && errno == EAGAIN) return false;
    if (got <= 0) {
      close();
      return false;
    }
    ending_ = !session_->receive({part, static_cast<std::size_t>(got)}, unsent_);
    if (!unsent_.empty()) server_.waiting.arm(*this, server_.loop.clock().steady());
    return true;
  }

  StreamServer::State& server_;
  os::Fd fd_;
  const std::string address_;
  std::unique_ptr<StreamSession> session_;
  Bytes unsent_;
  bool ending_ = false;
};

}  // namespace

StreamServer::State::State(const StreamLimits& limits, Open open, const Clock& clock)
    : open(std::move(open)),
      loop(clock),
      waiting(limits.answer_time),
      pausing(kAcceptPause),
      quota(quota_of(limits), {}) {
  loop.add_deadlines(waiting);
  loop.add_deadlines(pausing);
}

StreamServer::State::~State() = default;

void StreamServer::State::remove(StreamConnection& connection) {
  const auto found = connections.find(&connection);
  loop.retire(std::move(found->second));
  connections.erase(found);
}

void StreamServer::State::on_deadline() {
  if (auto started = loop.watch(socket.get(), EPOLLIN, *this); !started)
    log::failure(log::Level::Error, "net.listen.lost", started.error());
}

void StreamServer::State::on_events(std::uint32_t) {
  for (int i = 0; i < kAcceptsPerEvent; ++i) {
    StreamEnds ends;
    ends.peer.size = sizeof ends.peer.storage;
    os::Fd fd(::accept4(socket.get(), reinterpret_cast<sockaddr*>(&ends.peer.storage),
                        &ends.peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) {
      if (errno == ECONNABORTED || errno == EINTR) continue;
      if (errno == EAGAIN || errno == EINVAL) return;
      // Out of descriptors or memory: the socket stays ready, so look away for a while.
      log::warning("net.accept.failed", "connections cannot be accepted",
                   {{"cause", std::strerror(errno)}});
      loop.unwatch(socket.get());
      return pausing.arm(*this, loop.now());
    }
    ends.own = own_end_of(fd);
    if (!quota.enter(ends.peer.text(), loop.now())) {
      ++refused;
      continue;
    }
    ++accepted;
    auto added = std::make_unique<StreamConnection>(*this, std::move(fd), ends);
    StreamConnection& connection = *added;
    connections.emplace(&connection, std::move(added));
    if (!connection.start(open(ends))) connection.close();
  }
}

StreamServer::StreamServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

StreamServer::~StreamServer() { stop(); }

Result<std::unique_ptr<StreamServer>> StreamServer::start(const std::string& address,
                                                          std::uint16_t port,
                                                          const StreamLimits& limits, Open open,
                                                          const Clock& clock) {
  auto state = std::make_unique<State>(limits, std::move(open), clock);
  state->socket = TRY(open_listening_socket(address, port));
  state->port = own_end_of(state->socket).port();
  TRY(state->loop.watch(state->socket.get(), EPOLLIN, *state));
  state->thread = std::thread([raw = state.get()] { raw->loop.run(); });
  return std::unique_ptr<StreamServer>(new StreamServer(std::move(state)));
}

void StreamServer::stop() {
  if (!state_->thread.joinable()) return;
  state_->loop.quit();
  state_->thread.join();
  // The loop has ended, so nobody is told of them any more.
  state_->connections.clear();
  state_->disarm();
  state_->socket.reset();
}

std::uint16_t StreamServer::port() const { return state_->port; }

StreamCounters StreamServer::counters() const { return {state_->accepted, state_->refused}; }

}  // namespace muster::net
