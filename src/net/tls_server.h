// What the server's connections need of a TlsServer.
#pragma once

#include <mutex>
#include <unordered_map>

#include "net/http_message.h"
#include "net/tls.h"
#include "net/tls_context.h"

namespace muster::net {

struct TlsServer::State {
  State(TlsServerSettings settings, const Clock& clock)
      : settings(std::move(settings)), clock(clock) {}

  // For one accepted connection, its certificate checks set to the clock's time. Null when
  // memory is short.
  SSL* new_connection();
  // After the handshake: fills `peer`. False: the client is not to be served.
  bool identify_peer(SSL* tls, Peer& peer);
  // Makes a context of what can be replaced and, if that succeeds, takes it. Under the mutex.
  Result<void> apply(TlsServerSettings changed);

  std::mutex mutex;  // guards all but the clock and settings.identify, which never change
  TlsServerSettings settings;
  const Clock& clock;
  TlsContext context;
  // By the leaf's SHA-256. Two halves: when the young one is full it becomes the old one.
  std::unordered_map<Bytes, std::shared_ptr<const void>> young_identities;
  std::unordered_map<Bytes, std::shared_ptr<const void>> old_identities;

 private:
  std::shared_ptr<const void> find_identity(ByteView leaf_der);
};

}  // namespace muster::net
