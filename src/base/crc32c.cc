#include "base/crc32c.h"

#include <array>
#include <cstring>

namespace muster {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // reflected

using Table = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Table make_table() {
  Table table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ ((value & 1) != 0 ? kPolynomial : 0);
    table[0][i] = value;
  }
  for (std::size_t slice = 1; slice < 8; ++slice)
    for (std::size_t i = 0; i < 256; ++i)
      table[slice][i] = table[slice - 1][i] >> 8 ^ table[0][table[slice - 1][i] & 255];
  return table;
}

constexpr Table kTable = make_table();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_by_instruction(std::uint32_t seed,
                                                                      ByteView bytes) {
  std::uint64_t value = ~seed;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    value = __builtin_ia32_crc32di(value, word);
  }
  auto rest = static_cast<std::uint32_t>(value);
  for (; left > 0; ++at, --left)
    rest = __builtin_ia32_crc32qi(rest, static_cast<unsigned char>(*at));
  return ~rest;
}
#endif

}  // namespace

std::uint32_t crc32c_by_table(std::uint32_t seed, ByteView bytes) {
  std::uint32_t value = ~seed;
  const std::uint8_t* at = as_u8(bytes);
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    value = kTable[7][(value ^ at[0]) & 255] ^ kTable[6][(value >> 8 ^ at[1]) & 255] ^
            kTable[5][(value >> 16 ^ at[2]) & 255] ^ kTable[4][(value >> 24 ^ at[3]) & 255] ^
            kTable[3][at[4]] ^ kTable[2][at[5]] ^ kTable[1][at[6]] ^ kTable[0][at[7]];
  }
  for (; left > 0; ++at, --left) value = value >> 8 ^ kTable[0][(value ^ *at) & 255];
  return ~value;
}

std::uint32_t crc32c(std::uint32_t seed, ByteView bytes) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) return crc32c_by_instruction(seed, bytes);
#endif
  return crc32c_by_table(seed, bytes);
}

}  // namespace muster
