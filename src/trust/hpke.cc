#include "trust/hpke.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include "base/sha256.h"
#include "trust/errors.h"
#include "trust/openssl.h"

namespace muster::trust {
namespace {

constexpr std::size_t kHashSize = 32;
// RFC 9180 7: the identifiers of KEM 0x0020, KDF 0x0001 and AEAD 0x0003.
constexpr std::string_view kKemSuite("KEM\x00\x20", 5);
constexpr std::string_view kSuite("HPKE\x00\x20\x00\x01\x00\x03", 10);
constexpr std::string_view kVersion = "HPKE-v1";
constexpr char kBaseMode = 0;

using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;

unsigned char* writable(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

Bytes joined(std::initializer_list<ByteView> parts) {
  Bytes out;
  for (const ByteView part : parts) out += part;
  return out;
}

Bytes hmac(ByteView key, ByteView text) {
  Bytes out(kHashSize, '\0');
  unsigned size = 0;
  MUSTER_CHECK(HMAC(EVP_sha256(), as_u8(key), static_cast<int>(key.size()), as_u8(text),
                    text.size(), writable(out), &size) != nullptr);
  return out;
}

Bytes labeled_extract(std::string_view suite, ByteView salt, std::string_view label,
                      ByteView secret) {
  return hkdf_extract(salt, joined({kVersion, suite, label, secret}));
}

Bytes labeled_expand(std::string_view suite, ByteView key, std::string_view label, ByteView info,
                     std::size_t size) {
  const char length[2] = {static_cast<char>(size >> 8), static_cast<char>(size & 0xff)};
  return hkdf_expand(key, joined({ByteView(length, 2), kVersion, suite, label, info}), size);
}

HpkeContext schedule(ByteView shared, ByteView encapsulated, ByteView receiver, ByteView info) {
  const Bytes ends = joined({encapsulated, receiver});
  const Bytes eae = labeled_extract(kKemSuite, "", "eae_prk", shared);
  const Bytes secret = labeled_expand(kKemSuite, eae, "shared_secret", ends, kHashSize);
  const Bytes context =
      joined({ByteView(&kBaseMode, 1), labeled_extract(kSuite, "", "psk_id_hash", ""),
              labeled_extract(kSuite, "", "info_hash", info)});
  const Bytes base = labeled_extract(kSuite, secret, "secret", "");
  return HpkeContext(labeled_expand(kSuite, base, "key", context, kAeadKeySize),
                     labeled_expand(kSuite, base, "base_nonce", context, kAeadNonceSize),
                     labeled_expand(kSuite, base, "exp", context, kHashSize));
}

enum class Way { Encrypt, Decrypt };

CipherPtr start(ByteView key, ByteView nonce, ByteView bound, Way way) {
  MUSTER_CHECK(key.size() == kAeadKeySize && nonce.size() == kAeadNonceSize);
  CipherPtr context(EVP_CIPHER_CTX_new());
  MUSTER_CHECK(context != nullptr);
  MUSTER_CHECK(EVP_CipherInit_ex(context.get(), EVP_chacha20_poly1305(), nullptr, as_u8(key),
                                 as_u8(nonce), way == Way::Encrypt ? 1 : 0) == 1);
  int size = 0;
  if (!bound.empty())
    MUSTER_CHECK(EVP_CipherUpdate(context.get(), nullptr, &size, as_u8(bound),
                                  static_cast<int>(bound.size())) == 1);
  return context;
}

}  // namespace

X25519Key X25519Key::generate(Random& random) {
  Bytes seed = random.bytes(kX25519Size);
  auto key = from_raw(seed);
  OPENSSL_cleanse(seed.data(), seed.size());
  MUSTER_CHECK(key.has_value());
  return *std::move(key);
}

Result<X25519Key> X25519Key::from_raw(ByteView private_key) {
  if (private_key.size() != kX25519Size)
    return fail(kBadKey, "an X25519 key of {} bytes instead of {}", private_key.size(),
                kX25519Size);
  KeyPtr key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, as_u8(private_key),
                                          private_key.size()));
  MUSTER_CHECK(key != nullptr);
  Bytes raw(kX25519Size, '\0');
  std::size_t size = raw.size();
  MUSTER_CHECK(EVP_PKEY_get_raw_public_key(key.get(), writable(raw), &size) == 1);
  auto handle = std::make_shared<const OpensslKey>(OpensslKey{std::move(key)});
  return X25519Key(std::move(handle), std::move(raw));
}

Result<Bytes> X25519Key::agree(ByteView public_key) const {
  if (public_key.size() != kX25519Size)
    return fail(kBadKey, "an X25519 public key of {} bytes instead of {}", public_key.size(),
                kX25519Size);
  const KeyPtr peer(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, as_u8(public_key), public_key.size()));
  MUSTER_CHECK(peer != nullptr);
  const KeyContextPtr context(EVP_PKEY_CTX_new(key_->get(), nullptr));
  MUSTER_CHECK(context != nullptr);
  MUSTER_CHECK(EVP_PKEY_derive_init(context.get()) == 1);
  Bytes secret(kX25519Size, '\0');
  std::size_t size = secret.size();
  // A point of low order gives all zeros, which OpenSSL refuses (RFC 9180 7.1.4 asks for it).
  if (EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1 ||
      EVP_PKEY_derive(context.get(), writable(secret), &size) != 1)
    return fail(kBadKey, "an X25519 public key of low order: {}", take_openssl_error());
  return secret;
}

Bytes hkdf_extract(ByteView salt, ByteView secret) {
  return hmac(salt.empty() ? ByteView(Bytes(kHashSize, '\0')) : salt, secret);
}

Bytes hkdf_expand(ByteView key, ByteView info, std::size_t size) {
  MUSTER_CHECK(size <= 255 * kHashSize);
  Bytes out, block;
  for (char number = 1; out.size() < size; ++number) {
    block = hmac(key, joined({block, info, ByteView(&number, 1)}));
    out += block;
  }
  out.resize(size);
  return out;
}

Bytes aead_seal(ByteView key, ByteView nonce, ByteView bound, ByteView text) {
  const CipherPtr context = start(key, nonce, bound, Way::Encrypt);
  Bytes out(text.size() + kAeadTagSize, '\0');
  int size = 0;
  MUSTER_CHECK(EVP_CipherUpdate(context.get(), writable(out), &size, as_u8(text),
                                static_cast<int>(text.size())) == 1);
  unsigned char rest[EVP_MAX_BLOCK_LENGTH];
  MUSTER_CHECK(EVP_CipherFinal_ex(context.get(), rest, &size) == 1 && size == 0);
  MUSTER_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kAeadTagSize,
                                   writable(out) + text.size()) == 1);
  return out;
}

Result<Bytes> aead_open(ByteView key, ByteView nonce, ByteView bound, ByteView sealed) {
  if (sealed.size() < kAeadTagSize)
    return fail(kNotOpened, "{} bytes are less than a tag", sealed.size());
  const ByteView text = sealed.substr(0, sealed.size() - kAeadTagSize);
  Bytes tag(sealed.substr(text.size()));
  const CipherPtr context = start(key, nonce, bound, Way::Decrypt);
  Bytes out(text.size(), '\0');
  int size = 0;
  MUSTER_CHECK(EVP_CipherUpdate(context.get(), writable(out), &size, as_u8(text),
                                static_cast<int>(text.size())) == 1);
  MUSTER_CHECK(
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kAeadTagSize, writable(tag)) == 1);
  unsigned char rest[EVP_MAX_BLOCK_LENGTH];
  if (EVP_CipherFinal_ex(context.get(), rest, &size) == 1) return out;
  take_openssl_error();
  OPENSSL_cleanse(out.data(), out.size());
  return fail(kNotOpened, "{} bytes: altered, or sealed to another key", sealed.size());
}

Bytes HpkeContext::seal(ByteView bound, ByteView text) const {
  return aead_seal(key_, nonce_, bound, text);
}

Result<Bytes> HpkeContext::open(ByteView bound, ByteView sealed) const {
  return aead_open(key_, nonce_, bound, sealed);
}

Bytes HpkeContext::export_secret(ByteView label, std::size_t size) const {
  return labeled_expand(kSuite, exporter_, "sec", label, size);
}

Result<HpkeContext> hpke_send(ByteView receiver_public, ByteView info, const X25519Key& ephemeral) {
  const Bytes shared = TRY(ephemeral.agree(receiver_public));
  return schedule(shared, ephemeral.public_raw(), receiver_public, info);
}

Result<HpkeContext> hpke_receive(const X25519Key& receiver, ByteView info, ByteView encapsulated) {
  const Bytes shared = TRY(receiver.agree(encapsulated));
  return schedule(shared, encapsulated, receiver.public_raw(), info);
}

}  // namespace muster::trust
