#include "fleet/keyed_hash.h"

#include <sodium.h>

#include <array>

#include "base/check.h"

namespace muster::fleet {
namespace {

using Key = std::array<unsigned char, crypto_shorthash_KEYBYTES>;

Key make_key() {
  MUSTER_CHECK(sodium_init() >= 0);
  Key key;
  crypto_shorthash_keygen(key.data());
  return key;
}

}  // namespace

std::uint64_t keyed_hash(ByteView bytes) {
  static const Key key = make_key();
  std::uint64_t out = 0;
  static_assert(sizeof out == crypto_shorthash_BYTES);
  crypto_shorthash(reinterpret_cast<unsigned char*>(&out), as_u8(bytes), bytes.size(), key.data());
  return out;
}

}  // namespace muster::fleet
