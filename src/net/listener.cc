#include "net/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "net/address.h"
#include "net/connection.h"
#include "net/errors.h"
#include "net/server_loop.h"

namespace muster::net {
namespace {
constexpr int kAcceptsPerEvent = 64;
}

Result<os::Fd> open_listening_socket(const std::string& address, std::uint16_t port) {
  const auto where = parse_address(address, port);
  if (!where) return fail(kListenFailed, "{} is no numeric address", address);
  const auto failed = [&](const char* what) {
    return fail(kListenFailed, "{} port {}: {}: {}", address, port, what, std::strerror(errno));
  };
  os::Fd fd(::socket(where->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return failed("socket");
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // Inherited by what is accepted, which saves a call each.
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::bind(fd.get(), where->get(), where->size) != 0) return failed("bind");
  if (::listen(fd.get(), 4096) != 0) return failed("listen");
  return fd;
}

Result<void> Listener::start() {
  return loop_.events().watch(socket_->get(), EPOLLIN | EPOLLEXCLUSIVE, *this);
}

void Listener::stop() {
  disarm();
  loop_.events().unwatch(socket_->get());
}

void Listener::on_deadline() {
  if (auto started = start(); !started)
    log::failure(log::Level::Error, "net.listen.lost", started.error());
}

void Listener::on_events(std::uint32_t) {
  for (int i = 0; i < kAcceptsPerEvent; ++i) {
    SocketAddress from;
    from.size = sizeof from.storage;
    os::Fd fd(::accept4(socket_->get(), reinterpret_cast<sockaddr*>(&from.storage), &from.size,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) {
      if (errno == ECONNABORTED || errno == EINTR) continue;
      if (errno == EAGAIN || errno == EINVAL) return;  // EINVAL: the server is stopping
      // Out of descriptors or memory: the socket stays ready, so look away for a while.
      log::warning("net.accept.failed", "connections cannot be accepted",
                   {{"cause", std::strerror(errno)}});
      loop_.events().unwatch(socket_->get());
      loop_.arm(*this, WaitKind::Linger);
      return;
    }
    SharedCounters& counters = loop_.shared().counters;
    Peer peer;
    peer.address = from.text();
    peer.port = from.port();
    if (!loop_.shared().quota.enter(peer.address, loop_.events().now())) {
      ++counters.connections_refused;
      continue;
    }
    ++counters.connections_accepted;
    ++counters.connections_open;
    loop_.add(std::make_unique<Connection>(loop_, purpose_, std::move(fd), std::move(peer)));
  }
}

}  // namespace muster::net
