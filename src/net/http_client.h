// The HTTP/1.1 client: blocking calls with deadlines over kept connections, TLS, proxies.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "net/http_headers.h"
#include "net/tls.h"

namespace muster::net {

struct Proxy {
  std::string host;
  std::uint16_t port = 0;
  // Basic credentials; empty user: none.
  std::string user;
  std::string password;
};

struct ClientTls {
  // PEM. Empty with no `verify`: every server is refused.
  std::string authorities;
  // PEM, both or neither: shown to servers that ask.
  std::string certificate_chain;
  std::string private_key;
  TlsVersion least_version = TlsVersion::Tls13;
  // Set: decides alone about the server's certificate, name and validity included, on every
  // connection, resumed ones too. `chain` holds what the server sent after the leaf.
  std::function<Result<void>(ByteView leaf_der, std::span<const Bytes> chain_der)> verify;
  // Set: this DNS name or IP address is looked for in the certificate in place of the URL's.
  std::string expected_name;
};

struct ClientLimits {
  std::size_t head_bytes = 32 * 1024;
  std::size_t header_count = 200;
  Duration connect_time = std::chrono::seconds(10);  // name, TCP, proxy and TLS together
  Duration stall_time = std::chrono::seconds(30);    // without a byte in or out
  Duration idle_time = std::chrono::seconds(60);     // a kept connection older than this is closed
  std::size_t kept_connections = 8;
  std::size_t kept_sessions = 64;
};

struct ClientSettings {
  ClientTls tls;
  ClientLimits limits;
  std::optional<Proxy> proxy;
  std::string user_agent = "muster";
  // Set: calls end with kStopped soon after it becomes true. It outlives the client.
  const std::atomic<bool>* stop = nullptr;
};

// `size` bytes of an open regular file from `offset`. The descriptor stays the caller's.
struct FilePart {
  int fd = -1;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

// Called with each part of a body as it arrives; an error ends the transfer and is returned.
using BodySink = std::function<Result<void>(ByteView part)>;

struct ClientRequest {
  std::string method = "GET";
  std::string url;
  // Host, Content-Length, Connection and proxy credentials are the client's. To resume a
  // download set Range and look for status 206.
  Headers headers;
  std::variant<Bytes, FilePart> body;
  Duration time = std::chrono::seconds(60);  // for everything, from the call to the last byte
  std::uint64_t body_limit_bytes = 16u << 20;
  // Set: bodies of 2xx answers go here and ClientResponse::body stays empty.
  BodySink sink;
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  Bytes body;
  bool reused_connection = false;
  bool resumed_session = false;
};

class HttpClient;

// A request that was sent and whose answer may take long; its connection is its own until then.
// Does not outlive its client.
class WaitingCall {
 public:
  ~WaitingCall();

  // Waits for at most `time`, and returns early when `stop` is set. True: finish() will not wait
  // for the answer to begin, or the connection has ended.
  bool wait(Duration time);
  // The whole answer, once. Errors: all of net/errors.h.
  Result<ClientResponse> finish();

  bool reused_connection() const;
  bool resumed_session() const;

 private:
  friend class HttpClient;
  struct State;
  explicit WaitingCall(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Any number of threads may call; each call has a connection of its own. Redirects are not
// followed: the caller decides whom to talk to.
class HttpClient {
 public:
  // `clock` outlives the client. Error: kBadCertificate.
  static Result<std::unique_ptr<HttpClient>> create(ClientSettings settings, const Clock& clock);
  ~HttpClient();

  // Any complete answer is a success, whatever its status. A kept connection that turns out to
  // be dead is replaced once where the method is idempotent. Errors: all of net/errors.h.
  Result<ClientResponse> send(const ClientRequest& request);

  // Sends it and returns; request.time counts from finish() on. Without a body. Errors as send().
  Result<std::unique_ptr<WaitingCall>> begin(ClientRequest request);

  void close_kept_connections();
  // Those that have waited longer than limits.idle_time. Each call does so too: this is for a
  // caller that may not call for long.
  void close_idle_connections();

  struct State;

 private:
  explicit HttpClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace muster::net
