#include "wire/zstd_dictionary.h"

#include <zdict.h>
#include <zstd.h>

#include <vector>

#include "base/check.h"
#include "wire/errors.h"

namespace muster::wire {
namespace {

// Levels above it pack row lists a twentieth better for twice the time.
constexpr int kLevel = 3;

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  void operator()(ZSTD_DDict* dictionary) const { ZSTD_freeDDict(dictionary); }
};

ZSTD_DCtx* decompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  MUSTER_CHECK(context != nullptr);
  return context.get();
}

void must(std::size_t code) { MUSTER_CHECK(!ZSTD_isError(code)); }

std::unique_ptr<ZSTD_CCtx, Free> make_packer(ByteView dictionary) {
  std::unique_ptr<ZSTD_CCtx, Free> out(ZSTD_createCCtx());
  MUSTER_CHECK(out != nullptr);
  must(ZSTD_CCtx_setParameter(out.get(), ZSTD_c_compressionLevel, kLevel));
  must(ZSTD_CCtx_setParameter(out.get(), ZSTD_c_dictIDFlag, 0));
  must(ZSTD_CCtx_loadDictionary(out.get(), dictionary.data(), dictionary.size()));
  return out;
}

}  // namespace

struct ZstdDictionary::State {
  Bytes bytes;
  std::unique_ptr<ZSTD_DDict, Free> unpacker;
  std::unique_ptr<ZSTD_CCtx, Free> packer{};  // made when it is wanted: readers want none
};

ZstdDictionary::ZstdDictionary(Bytes bytes) : state_(std::make_shared<State>()) {
  state_->bytes = std::move(bytes);
  state_->unpacker.reset(ZSTD_createDDict(state_->bytes.data(), state_->bytes.size()));
  MUSTER_CHECK(state_->unpacker != nullptr);
}

ByteView ZstdDictionary::bytes() const { return state_->bytes; }

Bytes ZstdDictionary::compress(ByteView content) const {
  if (!state_->packer) state_->packer = make_packer(state_->bytes);
  Bytes out(ZSTD_compressBound(content.size()), '\0');
  const std::size_t size =
      ZSTD_compress2(state_->packer.get(), out.data(), out.size(), content.data(), content.size());
  must(size);
  out.resize(size);
  return out;
}

Result<Bytes> ZstdDictionary::decompress(ByteView frame, std::size_t limit_bytes) const {
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN)
    return fail(kZstdBad, "the frame header is cut off, or tells no size");
  if (size > limit_bytes)
    return fail(kZstdLimit, "{} bytes are announced, {} are allowed", size, limit_bytes);
  Bytes out(static_cast<std::size_t>(size), '\0');
  const std::size_t written = ZSTD_decompress_usingDDict(
      decompressor(), out.data(), out.size(), frame.data(), frame.size(), state_->unpacker.get());
  if (ZSTD_isError(written)) return fail(kZstdBad, "{}", ZSTD_getErrorName(written));
  if (written != out.size())
    return fail(kZstdBad, "{} bytes, {} were announced", written, out.size());
  return out;
}

std::optional<Bytes> train_zstd_dictionary(std::span<const Bytes> samples, std::size_t size_bytes) {
  Bytes all;
  std::vector<std::size_t> sizes;
  for (const Bytes& sample : samples) {
    all += sample;
    sizes.push_back(sample.size());
  }
  Bytes out(size_bytes, '\0');
  const std::size_t size = ZDICT_trainFromBuffer(out.data(), out.size(), all.data(), sizes.data(),
                                                 static_cast<unsigned>(sizes.size()));
  if (ZDICT_isError(size)) return std::nullopt;
  out.resize(size);
  return out;
}

}  // namespace muster::wire
