// Private and public keys as values: Ed25519 for muster's own signatures, P-256 for X.509 and
// envelopes, RSA only to read. OpenSSL stays inside the .cc files.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/random.h"

namespace muster::trust {

struct OpensslKey;  // openssl.h
using KeyHandle = std::shared_ptr<const OpensslKey>;

class Ed25519PublicKey {
 public:
  // Exactly 32 bytes. Error: kBadKey.
  static Result<Ed25519PublicKey> from_raw(ByteView raw);

  const Bytes& raw() const { return raw_; }
  // 64 hex digits, SHA-256 of the raw key: the KEYID of a signed document.
  const std::string& id() const { return id_; }
  bool verify(ByteView message, ByteView signature) const;

  friend bool operator==(const Ed25519PublicKey& a, const Ed25519PublicKey& b) {
    return a.raw_ == b.raw_;
  }

 private:
  Ed25519PublicKey(KeyHandle key, Bytes raw);
  KeyHandle key_;
  Bytes raw_;
  std::string id_;
};

class Ed25519Key {
 public:
  static Ed25519Key generate(Random& random);
  // PKCS#8, unencrypted. The file is written by the caller, Private. Error: kBadKey.
  static Result<Ed25519Key> from_pem(ByteView pem);
  Bytes pem() const;

  const Ed25519PublicKey& public_key() const { return public_; }
  // 64 bytes.
  Bytes sign(ByteView message) const;

 private:
  Ed25519Key(KeyHandle key, Ed25519PublicKey public_key);
  KeyHandle key_;
  Ed25519PublicKey public_;
};

// The key of a certificate or of a certificate request: P-256 or RSA of 2048 to 8192 bits.
// Parsed once (150 to 210 us in OpenSSL 3.0), then shared; verifying is safe from many threads.
class PublicKey {
 public:
  enum class Kind { P256, Rsa };
  // SubjectPublicKeyInfo. Error: kBadKey.
  static Result<PublicKey> from_der(ByteView spki);
  explicit PublicKey(KeyHandle key, Kind kind, Bytes spki);

  Kind kind() const { return kind_; }
  const Bytes& spki_der() const { return spki_; }
  // ECDSA (DER) or RSA PKCS#1 v1.5, over SHA-256.
  bool verify(ByteView message, ByteView signature) const;
  const KeyHandle& handle() const { return key_; }

 private:
  KeyHandle key_;
  Kind kind_;
  Bytes spki_;
};

class EcdsaKey {
 public:
  // From OpenSSL's own generator.
  static EcdsaKey generate();
  // PKCS#8, unencrypted, P-256. Error: kBadKey.
  static Result<EcdsaKey> from_pem(ByteView pem);
  Bytes pem() const;

  const PublicKey& public_key() const { return public_; }
  // DER, over SHA-256.
  Bytes sign(ByteView message) const;
  const KeyHandle& handle() const { return key_; }

 private:
  EcdsaKey(KeyHandle key, PublicKey public_key);
  KeyHandle key_;
  PublicKey public_;
};

}  // namespace muster::trust
