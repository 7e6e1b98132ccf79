#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "base/check.h"
#include "net/errors.h"

namespace muster::net {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using MemoryBio = std::unique_ptr<BIO, FreeBio>;

MemoryBio bio_of(std::string_view text) {
  MemoryBio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  MUSTER_CHECK(bio != nullptr);
  return bio;
}

// An encrypted key must not make the process ask at its terminal.
int no_password(char*, int, int, void*) { return -1; }

Result<std::vector<Certificate>> read_certificates(std::string_view pem, std::string_view what) {
  ERR_clear_error();
  const MemoryBio bio = bio_of(pem);
  std::vector<Certificate> certificates;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr))
    certificates.emplace_back(certificate);
  const unsigned long error = ERR_peek_last_error();
  if (ERR_GET_REASON(error) != PEM_R_NO_START_LINE)
    return fail(kBadCertificate, "{}: certificate {}: {}", what, certificates.size() + 1,
                openssl_error_text());
  ERR_clear_error();
  if (certificates.empty()) return fail(kBadCertificate, "{}: holds no certificate", what);
  return certificates;
}

}  // namespace

std::string openssl_error_text() {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : fmt::format("OpenSSL error {:x}", error);
}

Result<TlsContext> new_tls_context(const SSL_METHOD* method, TlsVersion least_version) {
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(method));
  if (!context) return fail(kTlsFailed, "no TLS context: {}", openssl_error_text());
  SSL_CTX* raw = context.get();
  SSL_CTX_set_min_proto_version(
      raw, least_version == TlsVersion::Tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  // Leaves ECDHE with AEAD of TLS 1.2; the suites of 1.3 are all of that kind.
  if (SSL_CTX_set_cipher_list(raw, "ECDHE+AESGCM:ECDHE+CHACHA20:!aPSK") != 1)
    return fail(kTlsFailed, "no cipher suites: {}", openssl_error_text());
  SSL_CTX_set_options(
      raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // One recv per record instead of two (header, body).
  SSL_CTX_set_read_ahead(raw, 1);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_early_data(raw, 0);
  return context;
}

Result<void> use_certificate(SSL_CTX* context, std::string_view chain_pem,
                             std::string_view key_pem) {
  const auto chain = TRY(read_certificates(chain_pem, "certificate chain"));
  const MemoryBio bio = bio_of(key_pem);
  const PrivateKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!key) return fail(kBadCertificate, "private key: {}", openssl_error_text());
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1)
    return fail(kBadCertificate, "certificate: {}", openssl_error_text());
  SSL_CTX_clear_chain_certs(context);
  for (std::size_t i = 1; i < chain.size(); ++i)
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1)
      return fail(kBadCertificate, "certificate {}: {}", i + 1, openssl_error_text());
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
    return fail(kBadCertificate, "private key: {}", openssl_error_text());
  return {};
}

Result<std::vector<Certificate>> trust_authorities(SSL_CTX* context, std::string_view pem) {
  auto authorities = TRY(read_certificates(pem, "authorities"));
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const Certificate& authority : authorities)
    if (X509_STORE_add_cert(store, authority.get()) != 1)
      return fail(kBadCertificate, "authorities: {}", openssl_error_text());
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  return authorities;
}

Bytes der_of(X509* certificate) {
  const int size = i2d_X509(certificate, nullptr);
  MUSTER_CHECK(size > 0);
  Bytes der(static_cast<std::size_t>(size), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  MUSTER_CHECK(i2d_X509(certificate, &out) == size);
  return der;
}

}  // namespace muster::net
