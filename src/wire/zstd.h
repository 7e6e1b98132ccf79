// zstd frames (RFC 8878), one per document.
#pragma once

#include "base/bytes.h"

namespace muster::wire {

// One frame that tells its content size. Levels 1 to 19.
Bytes zstd_compress(ByteView content, int level = 1);

// The content of one whole frame and nothing after it. The output never grows beyond the limit,
// whatever the frame claims, and a frame that does not tell its size may want a window of 8 MiB
// at most (RFC 8878 3.1.1.1.2). Errors: kZstdBad, kZstdLimit.
Result<Bytes> zstd_decompress(ByteView frame, std::size_t limit_bytes);

}  // namespace muster::wire
