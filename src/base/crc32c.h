// CRC-32C (Castagnoli), as iSCSI and ext4 use it: finds what a disk or a torn write did, no forger.
#pragma once

#include "base/bytes.h"

namespace muster {

// `seed` is the result for the bytes before, 0 at the beginning.
std::uint32_t crc32c(std::uint32_t seed, ByteView bytes);
// The same without the processor's own instruction.
std::uint32_t crc32c_by_table(std::uint32_t seed, ByteView bytes);

}  // namespace muster
