#include "net/http_server.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <thread>
#include <vector>

#include "net/address.h"
#include "net/errors.h"
#include "net/listener.h"
#include "net/server_loop.h"

namespace muster::net {
namespace {

struct LoopThread {
  explicit LoopThread(ServerShared& shared)
      : loop(shared), thread([this] { loop.events().run(); }) {}
  ServerLoop loop;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::thread thread;
};

}  // namespace

struct Server::State {
  State(const ServerSettings& settings, const Clock& clock) : shared(settings, clock) {
    const unsigned wanted =
        settings.loop_threads > 0 ? settings.loop_threads : std::thread::hardware_concurrency();
    for (unsigned i = 0; i < std::max(wanted, 1u); ++i)
      threads.push_back(std::make_unique<LoopThread>(shared));
  }

  ServerShared shared;
  std::vector<std::unique_ptr<LoopThread>> threads;
  std::vector<std::shared_ptr<const os::Fd>> sockets;
  bool stopped = false;
};

Server::Server(const ServerSettings& settings, const Clock& clock) {
  struct sigaction now {};
  if (::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL)
    ::signal(SIGPIPE, SIG_IGN);
  state_ = std::make_unique<State>(settings, clock);
}

Server::~Server() { stop(Duration(0)); }

Result<std::uint16_t> Server::listen(const std::string& address, std::uint16_t port,
                                     std::shared_ptr<TlsServer> tls, Resolve resolve) {
  if (state_->stopped) return fail(kListenFailed, "the server has stopped");
  auto socket = std::make_shared<const os::Fd>(TRY(open_listening_socket(address, port)));
  SocketAddress bound;
  bound.size = sizeof bound.storage;
  ::getsockname(socket->get(), reinterpret_cast<sockaddr*>(&bound.storage), &bound.size);
  const auto purpose =
      std::make_shared<const ListenerPurpose>(ListenerPurpose{std::move(tls), std::move(resolve)});
  for (const auto& thread : state_->threads) {
    auto listener = std::make_unique<Listener>(thread->loop, socket, purpose);
    TRY(listener->start());
    thread->listeners.push_back(std::move(listener));
  }
  state_->sockets.push_back(std::move(socket));
  return bound.port();
}

void Server::stop(Duration time) {
  if (std::exchange(state_->stopped, true)) return;
  // Refuses new connections at once; those that wait in the backlog are reset.
  for (const auto& socket : state_->sockets) ::shutdown(socket->get(), SHUT_RDWR);
  for (const auto& thread : state_->threads)
    thread->loop.events().post([&thread = *thread] {
      for (const auto& listener : thread.listeners) listener->stop();
      thread.loop.begin_stop();
    });
  state_->shared.quota.wait_until_empty(time);
  for (const auto& thread : state_->threads)
    thread->loop.events().post([&loop = thread->loop] { loop.close_all(); });
  // Its last jobs post to the loops, which therefore go on until it has ended.
  state_->shared.pool.stop();
  for (const auto& thread : state_->threads) thread->loop.events().quit();
  for (const auto& thread : state_->threads) thread->thread.join();
  state_->threads.clear();
  state_->sockets.clear();
}

ServerCounters Server::counters() const {
  const SharedCounters& now = state_->shared.counters;
  return {now.connections_accepted, now.connections_open, now.connections_refused,
          now.handshakes_failed,    now.requests,         now.requests_refused,
          now.requests_held};
}

ServerLoad Server::load() const {
  const WorkerPool::Load now = state_->shared.pool.load();
  return {now.waiting, now.oldest_wait};
}

}  // namespace muster::net
