// HPKE (RFC 9180, base mode) with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and ChaCha20-Poly1305:
// what a site's envelope key is used with. One message a context.
#pragma once

#include "base/bytes.h"
#include "base/random.h"
#include "trust/keys.h"

namespace muster::trust {

inline constexpr std::size_t kX25519Size = 32;
inline constexpr std::size_t kAeadKeySize = 32;
inline constexpr std::size_t kAeadNonceSize = 12;
inline constexpr std::size_t kAeadTagSize = 16;

class X25519Key {
 public:
  static X25519Key generate(Random& random);
  // Exactly 32 bytes. Error: kBadKey.
  static Result<X25519Key> from_raw(ByteView private_key);

  const Bytes& public_raw() const { return public_; }
  // The shared secret, 32 bytes. Error: kBadKey for a public key of another size or of low order.
  Result<Bytes> agree(ByteView public_key) const;

 private:
  X25519Key(KeyHandle key, Bytes public_raw)
      : key_(std::move(key)), public_(std::move(public_raw)) {}
  KeyHandle key_;
  Bytes public_;
};

// The keys that both ends derived.
class HpkeContext {
 public:
  HpkeContext(Bytes key, Bytes nonce, Bytes exporter)
      : key_(std::move(key)), nonce_(std::move(nonce)), exporter_(std::move(exporter)) {}

  // The first message, and the only one: both use the nonce of sequence 0.
  Bytes seal(ByteView bound, ByteView text) const;
  // Error: kNotOpened.
  Result<Bytes> open(ByteView bound, ByteView sealed) const;
  // A secret of `size` bytes that both ends share (RFC 9180 5.3).
  Bytes export_secret(ByteView label, std::size_t size) const;

 private:
  Bytes key_, nonce_, exporter_;
};

// Towards the holder of `receiver_public`; `ephemeral` is used once, its public half is sent.
Result<HpkeContext> hpke_send(ByteView receiver_public, ByteView info, const X25519Key& ephemeral);
Result<HpkeContext> hpke_receive(const X25519Key& receiver, ByteView info, ByteView encapsulated);

// HKDF-SHA256 (RFC 5869); `size` at most 255 * 32.
Bytes hkdf_extract(ByteView salt, ByteView secret);
Bytes hkdf_expand(ByteView key, ByteView info, std::size_t size);
// ChaCha20-Poly1305 (RFC 8439): the text and its tag of 16 bytes.
Bytes aead_seal(ByteView key, ByteView nonce, ByteView bound, ByteView text);
// Error: kNotOpened.
Result<Bytes> aead_open(ByteView key, ByteView nonce, ByteView bound, ByteView sealed);

}  // namespace muster::trust
