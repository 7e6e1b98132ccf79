// TLS as the HTTP client does it: whom it trusts, what it shows, sessions it resumes.
#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "net/blocking_stream.h"
#include "net/http_client.h"
#include "net/tls_context.h"

namespace muster::net {

class ClientTlsContext {
 public:
  // Error: kBadCertificate.
  static Result<std::unique_ptr<ClientTlsContext>> create(const ClientSettings& settings,
                                                          const Clock& clock);

  // What a connection keeps for its life, since tickets arrive at any time.
  struct Peer {
    ClientTlsContext* context;
    std::string key;   // sessions are kept under it
    std::string name;  // DNS name or numeric address that the certificate must have
    std::optional<Error> refusal;
    bool resumed = false;
    // Shown in place of the settings' own; both or neither. They outlive the handshake.
    X509* certificate = nullptr;
    EVP_PKEY* private_key = nullptr;
  };
  // `peer` outlives the stream. `host` is the URL's. Errors: kTlsFailed, kUntrustedPeer,
  // kDeadlinePassed, kConnectionLost.
  Result<void> connect(BlockingStream& stream, Peer& peer, const std::string& host,
                       const Deadline& deadline);
  // The same for a caller that does not wait: begin(), then go_on() whenever the socket is ready,
  // until it says Done. Errors as those of connect().
  Result<void> begin(SocketStream& stream, Peer& peer, const std::string& host);
  Result<Io> go_on(SocketStream& stream, Peer& peer);

 private:
  ClientTlsContext(const ClientSettings& settings, const Clock& clock)
      : settings_(settings), clock_(clock) {}
  static int on_verify(X509_STORE_CTX* store, void* self);
  static int on_session(SSL* tls, SSL_SESSION* session);
  Result<void> check_resumed(SSL* tls, const Peer& peer) const;
  Result<void> start(SocketStream& stream, Peer& peer, const std::string& host);
  Result<Io> step(SocketStream& stream, Peer& peer) const;
  Result<void> shake_hands(BlockingStream& stream, Peer& peer, const std::string& host,
                           const Deadline& deadline);
  void forget_session(const std::string& key);
  TlsSession find_session(const std::string& key);
  void keep_session(const std::string& key, SSL_SESSION* session);

  const ClientSettings& settings_;
  const Clock& clock_;
  TlsContext context_;
  std::mutex mutex_;
  std::map<std::string, TlsSession> sessions_;  // under the mutex
};

}  // namespace muster::net
