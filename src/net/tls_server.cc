#include "net/tls_server.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "base/sha256.h"
#include "net/errors.h"

namespace muster::net {
namespace {

// An ended validity alone is let through; what it is good for is the caller's decision.
int allow_expired(int good, X509_STORE_CTX* store) {
  if (good == 0 && X509_STORE_CTX_get_error(store) == X509_V_ERR_CERT_HAS_EXPIRED) return 1;
  return good;
}

// "http/1.1" or nothing: a client that offers only other protocols is refused (RFC 7301 3.2).
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof kHttp11 - 1, offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

Result<void> ask_for_certificates(SSL_CTX* context, const TlsServerSettings& settings) {
  const auto authorities = TRY(trust_authorities(context, settings.client_authorities));
  for (const Certificate& authority : authorities)
    if (SSL_CTX_add_client_CA(context, authority.get()) != 1)
      return fail(kBadCertificate, "client authorities: {}", openssl_error_text());
  const int demand = settings.demand_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | demand, allow_expired);
  return {};
}

Result<TlsContext> make_context(const TlsServerSettings& settings) {
  TlsContext context = TRY(new_tls_context(TLS_server_method(), settings.least_version));
  TRY(use_certificate(context.get(), settings.certificate_chain, settings.private_key));
  if (settings.request_client_certificate) TRY(ask_for_certificates(context.get(), settings));
  SSL_CTX_set_num_tickets(context.get(), settings.tickets_per_handshake);
  TRY(use_ticket_keys(context.get(), settings.ticket_keys));
  SSL_CTX_set_timeout(
      context.get(),
      std::chrono::duration_cast<std::chrono::seconds>(settings.ticket_lifetime).count());
  // A session is good only under the authorities that its client was verified with.
  // Nor does a session without one lead to where one is demanded.
  const Bytes id = sha256((settings.demand_client_certificate ? "demanded " : "") +
                          (settings.request_client_certificate ? settings.client_authorities : ""));
  SSL_CTX_set_session_id_context(context.get(), as_u8(id), static_cast<unsigned>(id.size()));
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  return context;
}

}  // namespace

SSL* TlsServer::State::new_connection() {
  const std::lock_guard lock(mutex);
  SSL* tls = SSL_new(context.get());
  if (tls == nullptr) return nullptr;
  SSL_set_accept_state(tls);
  if (settings.request_client_certificate)
    X509_VERIFY_PARAM_set_time(SSL_get0_param(tls), clock.now().ms / 1000);
  return tls;
}

std::shared_ptr<const void> TlsServer::State::find_identity(ByteView leaf_der) {
  const Bytes hash = sha256(leaf_der);
  std::shared_ptr<const void> identity;
  {
    const std::lock_guard lock(mutex);
    if (const auto found = young_identities.find(hash); found != young_identities.end())
      return found->second;
    if (auto old = old_identities.extract(hash); !old.empty()) identity = std::move(old.mapped());
  }
  // Outside the lock: this parses, and `identify` never changes.
  if (!identity) identity = settings.identify(leaf_der);
  if (!identity) return nullptr;
  const std::lock_guard lock(mutex);
  if (young_identities.size() >= (settings.identity_cache_limit + 1) / 2)
    old_identities = std::exchange(young_identities, {});
  young_identities.emplace(hash, identity);
  return identity;
}

bool TlsServer::State::identify_peer(SSL* tls, Peer& peer) {
  peer.tls = true;
  X509* leaf = SSL_get0_peer_certificate(tls);
  if (leaf == nullptr) return true;
  // Of a resumed session this is the result of its first handshake.
  const long verified = SSL_get_verify_result(tls);
  if (verified != X509_V_OK && verified != X509_V_ERR_CERT_HAS_EXPIRED) return false;
  time_t now = clock.now().ms / 1000;
  const bool expired =
      verified == X509_V_ERR_CERT_HAS_EXPIRED || X509_cmp_time(X509_get0_notAfter(leaf), &now) < 0;
  peer.certificate = expired ? PeerCertificate::Expired : PeerCertificate::Good;
  if (!settings.identify) return true;
  peer.identity = find_identity(der_of(leaf));
  return peer.identity != nullptr;
}

Result<void> TlsServer::State::apply(TlsServerSettings changed) {
  context = TRY(make_context(changed));
  settings.certificate_chain = std::move(changed.certificate_chain);
  settings.private_key = std::move(changed.private_key);
  settings.client_authorities = std::move(changed.client_authorities);
  settings.ticket_keys = std::move(changed.ticket_keys);
  return {};
}

TlsServer::TlsServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsServer::~TlsServer() = default;

Result<std::shared_ptr<TlsServer>> TlsServer::create(TlsServerSettings settings,
                                                     const Clock& clock) {
  auto state = std::make_unique<State>(std::move(settings), clock);
  state->context = TRY(make_context(state->settings));
  return std::shared_ptr<TlsServer>(new TlsServer(std::move(state)));
}

Result<void> TlsServer::replace_certificate(std::string certificate_chain,
                                            std::string private_key) {
  const std::lock_guard lock(state_->mutex);
  TlsServerSettings changed = state_->settings;
  changed.certificate_chain = std::move(certificate_chain);
  changed.private_key = std::move(private_key);
  TRY(state_->apply(std::move(changed)));
  return {};
}

Result<void> TlsServer::replace_client_authorities(std::string authorities) {
  const std::lock_guard lock(state_->mutex);
  TlsServerSettings changed = state_->settings;
  changed.client_authorities = std::move(authorities);
  TRY(state_->apply(std::move(changed)));
  state_->young_identities.clear();
  state_->old_identities.clear();
  return {};
}

Result<void> TlsServer::replace_ticket_keys(std::vector<Bytes> keys) {
  const std::lock_guard lock(state_->mutex);
  TlsServerSettings changed = state_->settings;
  changed.ticket_keys = std::move(keys);
  TRY(state_->apply(std::move(changed)));
  return {};
}

void TlsServer::forget_identities() {
  const std::lock_guard lock(state_->mutex);
  state_->young_identities.clear();
  state_->old_identities.clear();
}

}  // namespace muster::net
