#include "roles/client/inventory/address_text.h"

#include <array>

#include "base/check.h"

namespace muster::client {
namespace {

unsigned byte_at(ByteView bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }

// The longest run of zero groups, of at least two; the first of equal ones.
std::pair<std::size_t, std::size_t> longest_zeros(const std::array<unsigned, 8>& groups) {
  std::size_t best = 8, best_size = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t size = 0;
    while (i + size < 8 && groups[i + size] == 0) ++size;
    if (size > best_size) {
      best = i;
      best_size = size;
    }
  }
  return {best, best == 8 ? 0 : best_size};
}

}  // namespace

std::string address_text(ByteView address) {
  if (address.size() == 4)
    return fmt::format("{}.{}.{}.{}", byte_at(address, 0), byte_at(address, 1), byte_at(address, 2),
                       byte_at(address, 3));
  MUSTER_CHECK(address.size() == 16);
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i)
    groups[i] = byte_at(address, 2 * i) * 256 + byte_at(address, 2 * i + 1);
  const auto [zeros, size] = longest_zeros(groups);
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == zeros) {
      out += "::";
      i += size - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    out += fmt::format("{:x}", groups[i]);
  }
  return out;
}

Bytes network_of(ByteView address, unsigned prefix_length) {
  Bytes out(address);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const unsigned kept = prefix_length > 8 * i ? prefix_length - static_cast<unsigned>(8 * i) : 0;
    if (kept >= 8) continue;
    const unsigned step = 1u << (8 - kept);
    out[i] = static_cast<char>(byte_at(out, i) / step * step);
  }
  return out;
}

}  // namespace muster::client
