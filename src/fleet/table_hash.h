// The hash by which the tables of the index find things: by a key that only this process knows, so
// that whoever chooses the bytes cannot choose where they land.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace muster::fleet {

// Equal bytes, equal hashes within one process; of no use outside it.
std::uint64_t table_hash(ByteView bytes);

}  // namespace muster::fleet
