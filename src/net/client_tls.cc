#include "net/client_tls.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include "net/errors.h"

namespace muster::net {
namespace {

constexpr unsigned kNameFlags =
    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;

bool is_numeric(const std::string& name) { return parse_address(name, 0).has_value(); }

bool has_name(X509* leaf, const std::string& name) {
  if (is_numeric(name)) return X509_check_ip_asc(leaf, name.c_str(), 0) == 1;
  return X509_check_host(leaf, name.data(), name.size(), kNameFlags, nullptr) == 1;
}

std::vector<Bytes> ders_of(const STACK_OF(X509) * certificates, X509* leaf) {
  std::vector<Bytes> ders;
  for (int i = 0; i < sk_X509_num(certificates); ++i)
    if (X509* certificate = sk_X509_value(certificates, i); X509_cmp(certificate, leaf) != 0)
      ders.push_back(der_of(certificate));
  return ders;
}

}  // namespace

Result<std::unique_ptr<ClientTlsContext>> ClientTlsContext::create(const ClientSettings& settings,
                                                                   const Clock& clock) {
  const ClientTls& tls = settings.tls;
  std::unique_ptr<ClientTlsContext> made(new ClientTlsContext(settings, clock));
  made->context_ = TRY(new_tls_context(TLS_client_method(), tls.least_version));
  SSL_CTX* context = made->context_.get();
  if (!tls.authorities.empty()) TRY(trust_authorities(context, tls.authorities));
  if (!tls.certificate_chain.empty() || !tls.private_key.empty())
    TRY(use_certificate(context, tls.certificate_chain, tls.private_key));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (tls.verify) SSL_CTX_set_cert_verify_callback(context, on_verify, made.get());
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context, on_session);
  return made;
}

// During a full handshake, so that a wrong server never sees our certificate.
int ClientTlsContext::on_verify(X509_STORE_CTX* store, void* self) {
  const auto* context = static_cast<ClientTlsContext*>(self);
  X509* leaf = X509_STORE_CTX_get0_cert(store);
  auto verified = context->settings_.tls.verify(
      der_of(leaf), ders_of(X509_STORE_CTX_get0_untrusted(store), leaf));
  if (verified) {
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
  }
  auto* tls =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  static_cast<Peer*>(SSL_get_ex_data(tls, 0))->refusal = std::move(verified).error();
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

int ClientTlsContext::on_session(SSL* tls, SSL_SESSION* session) {
  const auto* peer = static_cast<Peer*>(SSL_get_ex_data(tls, 0));
  if (SSL_SESSION_is_resumable(session) == 0) return 0;
  // A copy: OpenSSL spoils the connection's own when that ends without a close, as all do when a
  // server is killed, and then all clients would come back with full handshakes.
  SSL_SESSION* kept = SSL_SESSION_dup(session);
  if (kept != nullptr) peer->context->keep_session(peer->key, kept);
  return 0;
}

void ClientTlsContext::keep_session(const std::string& key, SSL_SESSION* session) {
  const std::lock_guard lock(mutex_);
  sessions_[key].reset(session);
  if (sessions_.size() <= settings_.limits.kept_sessions) return;
  auto other = sessions_.begin();
  if (other->first == key) ++other;
  if (other != sessions_.end()) sessions_.erase(other);
}

TlsSession ClientTlsContext::find_session(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(key);
  if (found == sessions_.end()) return nullptr;
  SSL_SESSION_up_ref(found->second.get());
  return TlsSession(found->second.get());
}

void ClientTlsContext::forget_session(const std::string& key) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(key);
}

// A resumed session shows no certificate; the one of its first handshake must still do.
Result<void> ClientTlsContext::check_resumed(SSL* tls, const Peer& peer) const {
  X509* leaf = SSL_get0_peer_certificate(tls);
  if (leaf == nullptr) return fail(kUntrustedPeer, "the resumed session has no certificate");
  if (settings_.tls.verify)
    return settings_.tls.verify(der_of(leaf), ders_of(SSL_get_peer_cert_chain(tls), leaf));
  time_t now = clock_.now().ms / 1000;
  if (SSL_get_verify_result(tls) != X509_V_OK || !has_name(leaf, peer.name) ||
      X509_cmp_time(X509_get0_notAfter(leaf), &now) < 0)
    return fail(kUntrustedPeer, "the certificate of the resumed session is not good any more");
  return {};
}

Result<void> ClientTlsContext::start(SocketStream& stream, Peer& peer, const std::string& host) {
  SSL* tls = SSL_new(context_.get());
  if (tls == nullptr) return fail(kTlsFailed, "{}", openssl_error_text());
  stream.start_tls(tls);
  SSL_set_connect_state(tls);
  SSL_set_ex_data(tls, 0, &peer);
  if (peer.certificate != nullptr && (SSL_use_certificate(tls, peer.certificate) != 1 ||
                                      SSL_use_PrivateKey(tls, peer.private_key) != 1))
    return fail(kTlsFailed, "{}", openssl_error_text());
  // SSL_set_tlsext_host_name without its old-style cast.
  if (!is_numeric(host))
    SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(host.c_str()));
  X509_VERIFY_PARAM* parameters = SSL_get0_param(tls);
  X509_VERIFY_PARAM_set_time(parameters, clock_.now().ms / 1000);
  X509_VERIFY_PARAM_set_hostflags(parameters, kNameFlags);
  if ((is_numeric(peer.name)
           ? X509_VERIFY_PARAM_set1_ip_asc(parameters, peer.name.c_str())
           : X509_VERIFY_PARAM_set1_host(parameters, peer.name.data(), peer.name.size())) != 1)
    return fail(kTlsFailed, "{} is no name to look for in a certificate", peer.name);
  if (const TlsSession session = find_session(peer.key)) SSL_set_session(tls, session.get());
  return {};
}

// Done, or what the socket must be ready for.
Result<Io> ClientTlsContext::step(SocketStream& stream, Peer& peer) const {
  const Io io = stream.handshake();
  if (io == Io::WantRead || io == Io::WantWrite) return io;
  if (io != Io::Done) {
    if (peer.refusal) return fail(std::move(*peer.refusal));
    if (const long why = SSL_get_verify_result(stream.tls()); why != X509_V_OK)
      return fail(kUntrustedPeer, "{}: {}", peer.name, X509_verify_cert_error_string(why));
    return fail(kTlsFailed, "{}: {}", peer.name,
                io == Io::Closed ? "the server closed the connection" : stream.error_text());
  }
  peer.resumed = SSL_session_reused(stream.tls()) == 1;
  if (peer.resumed) TRY(check_resumed(stream.tls(), peer));
  return io;
}

Result<void> ClientTlsContext::shake_hands(BlockingStream& stream, Peer& peer,
                                           const std::string& host, const Deadline& deadline) {
  TRY(start(stream.stream(), peer, host));
  for (;;) {
    const Io io = TRY(step(stream.stream(), peer));
    if (io == Io::Done) return {};
    TRY(deadline.wait(stream.stream().fd(), io == Io::WantRead ? POLLIN : POLLOUT));
  }
}

Result<void> ClientTlsContext::connect(BlockingStream& stream, Peer& peer, const std::string& host,
                                       const Deadline& deadline) {
  auto connected = shake_hands(stream, peer, host, deadline);
  // A session that the server or we refuse would be refused again.
  if (!connected) forget_session(peer.key);
  return connected;
}

Result<void> ClientTlsContext::begin(SocketStream& stream, Peer& peer, const std::string& host) {
  auto begun = start(stream, peer, host);
  if (!begun) forget_session(peer.key);
  return begun;
}

Result<Io> ClientTlsContext::go_on(SocketStream& stream, Peer& peer) {
  auto io = step(stream, peer);
  if (!io) forget_session(peer.key);
  return io;
}

}  // namespace muster::net
