// Secrets at rest: encrypted under the site's key-encryption key, bound to one purpose.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/random.h"

namespace muster::trust {

inline constexpr std::size_t kSealingKeySize = 32;

class SealingKey {
 public:
  // Exactly 32 bytes. Error: kBadKey.
  static Result<SealingKey> from_bytes(ByteView key);
  SealingKey(SealingKey&&) noexcept = default;
  SealingKey& operator=(SealingKey&&) noexcept = default;
  ~SealingKey();

  // AES-256-GCM with a random nonce: a version byte, the nonce, the text, the tag.
  Bytes seal(ByteView plaintext, std::string_view purpose, Random& random) const;
  // Error: kUnsealFailed for altered bytes, another purpose or another key.
  Result<Bytes> unseal(ByteView sealed, std::string_view purpose) const;

 private:
  explicit SealingKey(ByteView key) : key_(key) {}
  Bytes key_;
};

}  // namespace muster::trust
