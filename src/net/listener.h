// A listening socket as one loop sees it. All loops share the socket; each accepts for itself.
#pragma once

#include <memory>

#include "net/event_loop.h"
#include "net/http_message.h"
#include "net/tls.h"

namespace muster::net {

class ServerLoop;

// What a listener's connections are for.
struct ListenerPurpose {
  std::shared_ptr<TlsServer> tls;  // null: plain
  Resolve resolve;
};

class Listener final : public Watch, public Timed {
 public:
  Listener(ServerLoop& loop, std::shared_ptr<const os::Fd> socket,
           std::shared_ptr<const ListenerPurpose> purpose)
      : loop_(loop), socket_(std::move(socket)), purpose_(std::move(purpose)) {}

  Result<void> start();
  void stop();
  void on_events(std::uint32_t epoll_events) override;
  void on_deadline() override;

 private:
  ServerLoop& loop_;
  std::shared_ptr<const os::Fd> socket_;
  std::shared_ptr<const ListenerPurpose> purpose_;
};

// Bound, listening, non-blocking. Error: kListenFailed.
Result<os::Fd> open_listening_socket(const std::string& address, std::uint16_t port);

}  // namespace muster::net
