// Session tickets (RFC 5077 4, RFC 8446 4.6.1): AES-256-CBC and HMAC-SHA-256 under our own keys,
// so that sessions outlive the process.
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstring>

#include "base/check.h"
#include "base/sha256.h"
#include "net/errors.h"
#include "net/tls_context.h"

namespace muster::net {
namespace {

constexpr std::size_t kNameSize = 16;

struct TicketKey {
  Bytes name;
  Bytes cipher_key;
  Bytes mac_key;
};
struct TicketKeys {
  std::vector<TicketKey> keys;
};

// Fetched once: a fetch per handshake takes a lock and a search.
EVP_CIPHER* ticket_cipher() {
  static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
  return cipher;
}

TicketKey derive(const Bytes& secret) {
  const auto part = [&](std::string_view label) { return sha256(Bytes(label) + secret); };
  return {part("muster ticket name:").substr(0, kNameSize), part("muster ticket cipher:"),
          part("muster ticket mac:")};
}

void free_keys(void*, void* keys, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<TicketKeys*>(keys);
}
int keys_index() {
  static const int index =
      CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_CTX, 0, nullptr, nullptr, nullptr, free_keys);
  return index;
}

bool set_mac_key(EVP_MAC_CTX* mac, const TicketKey& key) {
  char digest[] = "SHA256";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<char*>(key.mac_key.data()),
                                        key.mac_key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_END};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

// As SSL_CTX_set_tlsext_ticket_key_evp_cb(3) asks: 1 go on, 2 and issue a new ticket, 0 unknown
// key, -1 failure.
int ticket_key(SSL* tls, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
               EVP_MAC_CTX* mac, int encrypt) {
  const auto* held =
      static_cast<TicketKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(tls), keys_index()));
  if (held == nullptr || held->keys.empty()) return 0;
  if (encrypt != 0) {
    const TicketKey& key = held->keys.front();
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(ticket_cipher())) != 1) return -1;
    std::memcpy(name, key.name.data(), kNameSize);
    if (EVP_EncryptInit_ex(cipher, ticket_cipher(), nullptr, as_u8(key.cipher_key), iv) != 1)
      return -1;
    return set_mac_key(mac, key) ? 1 : -1;
  }
  for (const TicketKey& key : held->keys) {
    if (std::memcmp(name, key.name.data(), kNameSize) != 0) continue;
    if (!set_mac_key(mac, key) ||
        EVP_DecryptInit_ex(cipher, ticket_cipher(), nullptr, as_u8(key.cipher_key), iv) != 1)
      return -1;
    // A ticket of TLS 1.3 is used once (RFC 8446 C.4), so its client needs the next one.
    return &key == &held->keys.front() && SSL_version(tls) < TLS1_3_VERSION ? 1 : 2;
  }
  return 0;
}

}  // namespace

Result<void> use_ticket_keys(SSL_CTX* context, const std::vector<Bytes>& secrets) {
  if (secrets.empty()) {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
    return {};
  }
  auto keys = std::make_unique<TicketKeys>();
  for (const Bytes& secret : secrets) {
    if (secret.size() < 32)
      return fail(kBadCertificate, "a session-ticket key has {} bytes, at least 32 are needed",
                  secret.size());
    keys->keys.push_back(derive(secret));
  }
  if (ticket_cipher() == nullptr || keys_index() < 0 ||
      SSL_CTX_set_ex_data(context, keys_index(), keys.get()) != 1)
    return fail(kTlsFailed, "session tickets: {}", openssl_error_text());
  (void)keys.release();  // the context's from here on
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticket_key);
  return {};
}

}  // namespace muster::net
