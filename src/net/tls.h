// TLS for listeners: certificate, client certificates, tickets. Replaceable while serving.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace muster::net {

enum class TlsVersion { Tls12, Tls13 };

struct TlsServerSettings {
  // PEM: the leaf first, then intermediates.
  std::string certificate_chain;
  std::string private_key;
  // Tls12 allows ECDHE with AEAD only.
  TlsVersion least_version = TlsVersion::Tls13;

  // Asked for, never demanded: a client without one has Peer::certificate None. One that does
  // not lead to `client_authorities` (PEM) ends the handshake.
  bool request_client_certificate = false;
  std::string client_authorities;
  // Demanded after all: without one there is no connection.
  bool demand_client_certificate = false;
  // Turns a verified leaf into what Peer::identity holds; null ends the handshake. Called on a
  // loop thread, once per certificate while it is remembered: so it must depend on the
  // certificate alone. Revocation and rights are checked per request by the caller.
  std::function<std::shared_ptr<const void>(ByteView leaf_der)> identify;
  std::size_t identity_cache_limit = 20'000;

  // Secrets of at least 32 bytes. The first encrypts session tickets, all decrypt; sessions
  // survive a restart with the same keys. Empty: no resumption.
  std::vector<Bytes> ticket_keys;
  std::size_t tickets_per_handshake = 1;
  Duration ticket_lifetime = std::chrono::hours(24);
};

// Errors of all: kBadCertificate, naming the part.
class TlsServer {
 public:
  // `clock` outlives the object.
  static Result<std::shared_ptr<TlsServer>> create(TlsServerSettings settings, const Clock& clock);
  ~TlsServer();

  // Connections that stand keep what they have; a failure leaves all as it was.
  Result<void> replace_certificate(std::string certificate_chain, std::string private_key);
  // Sessions under other authorities are not resumed any more.
  Result<void> replace_client_authorities(std::string authorities);
  Result<void> replace_ticket_keys(std::vector<Bytes> keys);
  // Asks `identify` anew for every certificate.
  void forget_identities();

  struct State;
  State& state() { return *state_; }

 private:
  explicit TlsServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace muster::net
