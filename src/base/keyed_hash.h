// SipHash-2-4 with 128 bits: a hash that nobody without the key can make collide. Inventory rows
// come from clients, so an unkeyed hash would be an invitation.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace muster {

inline constexpr std::size_t kHashKeySize = 16;

// `key` has kHashKeySize bytes.
std::array<std::uint64_t, 2> keyed_hash_words(ByteView key, ByteView message);

// The same as 16 bytes, as the reference implementation of SipHash writes them.
Bytes keyed_hash(ByteView key, ByteView message);

}  // namespace muster
