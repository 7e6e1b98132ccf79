// SipHash-2-4 with 128 bits: a hash that nobody without the key can make collide. Inventory rows
// come from clients, so an unkeyed hash would be an invitation.
#pragma once

#include "base/bytes.h"

namespace muster::store {

inline constexpr std::size_t kHashKeySize = 16;

// 16 bytes, as the reference implementation of SipHash writes them. `key` has kHashKeySize bytes.
Bytes keyed_hash(ByteView key, ByteView message);

}  // namespace muster::store
