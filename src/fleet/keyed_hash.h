// A hash by a key that only this process knows: whoever chooses the bytes cannot choose where they
// land in a table.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace muster::fleet {

// Equal bytes, equal hashes within one process; of no use outside it. SipHash-2-4.
std::uint64_t keyed_hash(ByteView bytes);

}  // namespace muster::fleet
