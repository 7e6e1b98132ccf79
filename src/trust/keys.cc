#include "trust/keys.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

#include "base/sha256.h"
#include "trust/errors.h"
#include "trust/openssl.h"

namespace muster::trust {
namespace {

constexpr std::size_t kEd25519Size = 32;
constexpr std::size_t kEd25519SignatureSize = 64;
constexpr int kRsaLeast = 2048;
// Verifying with longer keys costs milliseconds, which strangers could ask for.
constexpr int kRsaMost = 8192;

KeyHandle own(EVP_PKEY* key) {
  MUSTER_CHECK(key != nullptr);
  return std::make_shared<const OpensslKey>(OpensslKey{KeyPtr(key)});
}

Bytes key_pem(const OpensslKey& key) {
  BioPtr bio(BIO_new(BIO_s_secmem()));
  MUSTER_CHECK(bio != nullptr);
  MUSTER_CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                             nullptr) == 1);
  return content_of(bio.get());
}

// No pass phrase is ever asked for: OpenSSL's default would read from the terminal.
int no_password(char*, int, int, void*) { return -1; }

Result<KeyHandle> read_private_pem(ByteView pem) {
  const BioPtr bio = reading_bio(pem);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_password, nullptr);
  if (key == nullptr)
    return fail(kBadKey, "no unencrypted private key in PEM: {}", take_openssl_error());
  return own(key);
}

bool is_p256(const EVP_PKEY* key) {
  char group[64] = {};
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
         EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) == 1 &&
         std::string_view(group) == "prime256v1";
}

Bytes raw_public(const OpensslKey& key) {
  Bytes raw(kEd25519Size, '\0');
  std::size_t size = raw.size();
  MUSTER_CHECK(EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(raw.data()),
                                           &size) == 1);
  MUSTER_CHECK(size == kEd25519Size);
  return raw;
}

Ed25519PublicKey public_of(const OpensslKey& key) {
  auto out = Ed25519PublicKey::from_raw(raw_public(key));
  MUSTER_CHECK(out.has_value());
  return *std::move(out);
}

}  // namespace

Ed25519PublicKey::Ed25519PublicKey(KeyHandle key, Bytes raw)
    : key_(std::move(key)), raw_(std::move(raw)), id_(sha256_hex(raw_)) {}

Result<Ed25519PublicKey> Ed25519PublicKey::from_raw(ByteView raw) {
  if (raw.size() != kEd25519Size)
    return fail(kBadKey, "an Ed25519 public key of {} bytes instead of {}", raw.size(),
                kEd25519Size);
  EVP_PKEY* key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, as_u8(raw), raw.size());
  return Ed25519PublicKey(own(key), Bytes(raw));
}

bool Ed25519PublicKey::verify(ByteView message, ByteView signature) const {
  return signature.size() == kEd25519SignatureSize &&
         verify_with(*key_, nullptr, message, signature);
}

Ed25519Key::Ed25519Key(KeyHandle key, Ed25519PublicKey public_key)
    : key_(std::move(key)), public_(std::move(public_key)) {}

Ed25519Key Ed25519Key::generate(Random& random) {
  Bytes seed = random.bytes(kEd25519Size);
  KeyHandle key =
      own(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, as_u8(seed), seed.size()));
  OPENSSL_cleanse(seed.data(), seed.size());
  Ed25519PublicKey public_key = public_of(*key);
  return Ed25519Key(std::move(key), std::move(public_key));
}

Result<Ed25519Key> Ed25519Key::from_pem(ByteView pem) {
  KeyHandle key = TRY(read_private_pem(pem));
  if (EVP_PKEY_get_base_id(key->get()) != EVP_PKEY_ED25519)
    return fail(kBadKey, "the private key is not of Ed25519");
  Ed25519PublicKey public_key = public_of(*key);
  return Ed25519Key(std::move(key), std::move(public_key));
}

Bytes Ed25519Key::pem() const { return key_pem(*key_); }
Bytes Ed25519Key::sign(ByteView message) const { return sign_with(*key_, nullptr, message); }

PublicKey::PublicKey(KeyHandle key, Kind kind, Bytes spki)
    : key_(std::move(key)), kind_(kind), spki_(std::move(spki)) {}

Result<PublicKey> PublicKey::from_der(ByteView spki) {
  EVP_PKEY* raw = trust::from_der<EVP_PKEY>(&d2i_PUBKEY, spki);
  if (raw == nullptr) return fail(kBadKey, "no public key in DER");
  const KeyPtr read(raw);
  return public_key_of(raw);
}

Result<PublicKey> public_key_of(EVP_PKEY* raw) {
  MUSTER_CHECK(EVP_PKEY_up_ref(raw) == 1);
  KeyHandle key = own(raw);
  Bytes canonical = to_der(&i2d_PUBKEY, raw);
  using Kind = PublicKey::Kind;
  if (is_p256(raw)) return PublicKey(std::move(key), Kind::P256, std::move(canonical));
  if (EVP_PKEY_get_base_id(raw) != EVP_PKEY_RSA)
    return fail(kBadKey, "the public key is neither P-256 nor RSA");
  const int bits = EVP_PKEY_get_bits(raw);
  if (bits < kRsaLeast || bits > kRsaMost)
    return fail(kBadKey, "an RSA key of {} bits; {} to {} are taken", bits, kRsaLeast, kRsaMost);
  return PublicKey(std::move(key), Kind::Rsa, std::move(canonical));
}

bool PublicKey::verify(ByteView message, ByteView signature) const {
  return verify_with(*key_, EVP_sha256(), message, signature);
}

EcdsaKey::EcdsaKey(KeyHandle key, PublicKey public_key)
    : key_(std::move(key)), public_(std::move(public_key)) {}

EcdsaKey EcdsaKey::generate() {
  KeyHandle key = own(EVP_EC_gen("P-256"));
  PublicKey public_key(key, PublicKey::Kind::P256, to_der(&i2d_PUBKEY, key->get()));
  return EcdsaKey(std::move(key), std::move(public_key));
}

Result<EcdsaKey> EcdsaKey::from_pem(ByteView pem) {
  KeyHandle key = TRY(read_private_pem(pem));
  if (!is_p256(key->get())) return fail(kBadKey, "the private key is not of P-256");
  PublicKey public_key(key, PublicKey::Kind::P256, to_der(&i2d_PUBKEY, key->get()));
  return EcdsaKey(std::move(key), std::move(public_key));
}

Bytes EcdsaKey::pem() const { return key_pem(*key_); }
Bytes EcdsaKey::sign(ByteView message) const { return sign_with(*key_, EVP_sha256(), message); }

}  // namespace muster::trust
