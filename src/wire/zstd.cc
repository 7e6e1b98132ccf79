#include "wire/zstd.h"

#include <zstd.h>

#include <algorithm>
#include <memory>

#include "base/check.h"
#include "wire/errors.h"

namespace muster::wire {
namespace {

constexpr ByteView kFrameMagic = "\x28\xb5\x2f\xfd";
constexpr int kWindowLogMost = 23;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// Making a context costs more than a small document; each thread keeps one of each.
ZSTD_CCtx* compressor() {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  MUSTER_CHECK(context != nullptr);
  return context.get();
}

ZSTD_DCtx* decompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  MUSTER_CHECK(context != nullptr);
  return context.get();
}

Result<Bytes> decompress_sized(ByteView frame, std::size_t size) {
  const std::size_t frame_size = ZSTD_findFrameCompressedSize(frame.data(), frame.size());
  if (ZSTD_isError(frame_size)) return fail(kZstdBad, "{}", ZSTD_getErrorName(frame_size));
  if (frame_size != frame.size())
    return fail(kZstdBad, "{} bytes follow the frame", frame.size() - frame_size);
  Bytes out(size, '\0');
  const std::size_t written =
      ZSTD_decompressDCtx(decompressor(), out.data(), size, frame.data(), frame.size());
  if (ZSTD_isError(written)) return fail(kZstdBad, "{}", ZSTD_getErrorName(written));
  if (written != size) return fail(kZstdBad, "{} bytes, {} were announced", written, size);
  return out;
}

Result<Bytes> decompress_stream(ByteView frame, std::size_t limit_bytes) {
  ZSTD_DCtx* context = decompressor();
  ZSTD_DCtx_reset(context, ZSTD_reset_session_only);
  const std::size_t set = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, kWindowLogMost);
  MUSTER_CHECK(!ZSTD_isError(set));
  Bytes out;
  std::size_t used = 0;
  ZSTD_inBuffer input{frame.data(), frame.size(), 0};
  for (;;) {
    // One byte over the limit tells a document that fills it from one that passes it.
    if (used == out.size())
      out.resize(std::min(limit_bytes + 1, std::max(2 * used, 4 * frame.size())));
    ZSTD_outBuffer output{out.data(), out.size(), used};
    const std::size_t left = ZSTD_decompressStream(context, &output, &input);
    if (ZSTD_isError(left)) return fail(kZstdBad, "{}", ZSTD_getErrorName(left));
    const bool stuck = output.pos == used && input.pos == input.size;
    used = output.pos;
    if (used > limit_bytes) return fail(kZstdLimit, "over {} bytes", limit_bytes);
    if (left == 0) break;
    if (stuck) return fail(kZstdBad, "the frame is cut off");
  }
  if (input.pos != input.size)
    return fail(kZstdBad, "{} bytes follow the frame", input.size - input.pos);
  out.resize(used);
  return out;
}

}  // namespace

Bytes zstd_compress(ByteView content, int level) {
  Bytes out(ZSTD_compressBound(content.size()), '\0');
  const std::size_t size = ZSTD_compressCCtx(compressor(), out.data(), out.size(), content.data(),
                                             content.size(), std::clamp(level, 1, 19));
  MUSTER_CHECK(!ZSTD_isError(size));
  out.resize(size);
  return out;
}

Result<Bytes> zstd_decompress(ByteView frame, std::size_t limit_bytes) {
  // Skippable and legacy frames are none of ours.
  if (!frame.starts_with(kFrameMagic)) return fail(kZstdBad, "no frame starts here");
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_ERROR) return fail(kZstdBad, "the frame header is cut off or wrong");
  if (size == ZSTD_CONTENTSIZE_UNKNOWN) return decompress_stream(frame, limit_bytes);
  if (size > limit_bytes)
    return fail(kZstdLimit, "{} bytes are announced, {} are allowed", size, limit_bytes);
  return decompress_sized(frame, static_cast<std::size_t>(size));
}

}  // namespace muster::wire
