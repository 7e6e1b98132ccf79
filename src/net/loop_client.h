// The HTTP client of many callers on one event loop: each has an identity, a TLS session and kept
// connections of its own, and nobody waits for anybody. For programs that play a whole fleet; one
// machine's own client is http_client.h.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/event_loop.h"
#include "net/http_client.h"

namespace muster::net {

struct LoopClientSettings {
  std::string server;  // "https://host:port"
  ClientTls tls;       // without certificate and key: those are the callers'
  ClientLimits limits;
  std::string user_agent = "muster";
  Duration answer_time = std::chrono::seconds(60);
  Duration longest_hold = std::chrono::minutes(20);
  // Set: told of each connection whose handshake is done, and how long that took.
  std::function<void(Duration took, bool resumed)> connected;
};

class LoopCaller;
class LoopConnection;

// Everything on the loop's thread, or before it runs. The loop and the clock outlive it, and it
// outlives its callers.
class LoopClient {
 public:
  // Resolves the server's name once. Errors: kBadUrl, kConnectFailed, kBadCertificate.
  static Result<std::unique_ptr<LoopClient>> create(LoopClientSettings settings, EventLoop& loop);
  ~LoopClient();

  // `name` is of this caller alone: its sessions are kept under it. `source`: the address that it
  // dials from; empty: the system's choice.
  std::unique_ptr<LoopCaller> caller(std::string name, std::string source);

  struct State;

 private:
  explicit LoopClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class LoopCaller {
 public:
  // What is under way ends, and nobody is told.
  ~LoopCaller();

  // PEM: what it shows from now on. Connections that stand are closed as they fall idle.
  // Error: kBadCertificate.
  Result<void> show(std::string_view certificate_pem, std::string_view key_pem);

  // Errors: all of net/errors.h. Called once, on the loop's thread, never from within send(); it
  // may send again.
  using Done = std::function<void(Result<ClientResponse>)>;
  // Hold: the server may answer whenever it likes, within longest_hold.
  enum class Patience { Answer, Hold };
  // `request.url` is a path alone; a body is Bytes. A kept connection that turns out to be dead is
  // replaced once where the method is GET.
  // `sent`: set, told when the request is on its way whole; twice where it is repeated.
  void send(const ClientRequest& request, Patience patience, Done done,
            std::function<void()> sent = {});

  // Connections on which nothing is under way; the next request dials anew.
  void close_idle();

  // As when the machine loses its power: nobody is told.
  void drop_connections();

 private:
  friend class LoopClient;
  friend class LoopConnection;
  struct Shown;
  struct Call;
  LoopCaller(LoopClient::State& client, std::string name, std::string source);
  void dial(std::unique_ptr<Call> call);
  void remove(LoopConnection* connection);
  void fail_later(std::unique_ptr<Call> call, const Error& error);

  LoopClient::State& client_;
  const std::string name_;
  const std::string source_;
  std::shared_ptr<const Shown> shown_;
  unsigned times_shown_ = 0;  // a session is of the certificate that it was made with
  std::vector<std::unique_ptr<LoopConnection>> connections_;
};

}  // namespace muster::net
