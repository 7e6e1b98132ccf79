// The pieces of OpenSSL contexts that servers and clients share.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "net/tls.h"

namespace muster::net {

struct FreeOpenssl {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* tls) const { SSL_free(tls); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeOpenssl>;
using TlsSession = std::unique_ptr<SSL_SESSION, FreeOpenssl>;
using Certificate = std::unique_ptr<X509, FreeOpenssl>;
using PrivateKey = std::unique_ptr<EVP_PKEY, FreeOpenssl>;

// The first reason in the thread's error queue, which it empties.
std::string openssl_error_text();

// Versions, suites and modes that hold for both ends.
Result<TlsContext> new_tls_context(const SSL_METHOD* method, TlsVersion least_version);

// Sets chain and key, and that they belong together.
Result<void> use_certificate(SSL_CTX* context, std::string_view chain_pem,
                             std::string_view key_pem);

// Trusts each certificate of the text, also one that is no root. Not empty.
Result<std::vector<Certificate>> trust_authorities(SSL_CTX* context, std::string_view pem);

Bytes der_of(X509* certificate);

// Stateless session tickets under keys derived from the secrets; owned by the context.
Result<void> use_ticket_keys(SSL_CTX* context, const std::vector<Bytes>& secrets);

}  // namespace muster::net
