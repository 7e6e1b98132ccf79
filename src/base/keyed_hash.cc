#include "base/keyed_hash.h"

#include <bit>
#include <cstring>

#include "base/check.h"

namespace muster {
namespace {

// SipHash reads and writes little endian words.
static_assert(std::endian::native == std::endian::little);

std::uint64_t word(const char* bytes) {
  std::uint64_t out;
  std::memcpy(&out, bytes, sizeof out);
  return out;
}

struct Sip {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1, v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0, v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1, v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2, v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }
  void compress(std::uint64_t m) {
    v3 ^= m;
    round();
    round();
    v0 ^= m;
  }
  std::uint64_t finish() {
    for (int i = 0; i < 4; ++i) round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

std::array<std::uint64_t, 2> keyed_hash_words(ByteView key, ByteView message) {
  MUSTER_CHECK(key.size() == kHashKeySize);
  const std::uint64_t k0 = word(key.data());
  const std::uint64_t k1 = word(key.data() + 8);
  Sip sip{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d ^ 0xee, k0 ^ 0x6c7967656e657261,
          k1 ^ 0x7465646279746573};
  std::size_t at = 0;
  for (; at + 8 <= message.size(); at += 8) sip.compress(word(message.data() + at));
  char last[8] = {};
  if (at < message.size()) std::memcpy(last, message.data() + at, message.size() - at);
  last[7] = static_cast<char>(message.size());
  sip.compress(word(last));

  sip.v2 ^= 0xee;
  const std::uint64_t first = sip.finish();
  sip.v1 ^= 0xdd;
  return {first, sip.finish()};
}

Bytes keyed_hash(ByteView key, ByteView message) {
  const auto words = keyed_hash_words(key, message);
  return Bytes(reinterpret_cast<const char*>(words.data()), sizeof words);
}

}  // namespace muster
