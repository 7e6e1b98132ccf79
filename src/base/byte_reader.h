// Reads what byte_writer.h writes. Every read fails with kShortInput instead of passing the end.
#pragma once

#include <cstdint>

#include "base/byte_order.h"
#include "base/bytes.h"
#include "base/errors.h"

namespace muster {

class ByteReader {
 public:
  explicit ByteReader(ByteView input, ByteOrder order = ByteOrder::Big)
      : input_(input), order_(order) {}

  bool at_end() const { return position_ == input_.size(); }
  std::size_t position() const { return position_; }
  std::size_t remaining() const { return input_.size() - position_; }
  ByteOrder order() const { return order_; }

  Result<std::uint8_t> u8() { return number<std::uint8_t>(1); }
  Result<std::uint16_t> u16() { return number<std::uint16_t>(2); }
  Result<std::uint32_t> u32() { return number<std::uint32_t>(4); }
  Result<std::uint64_t> u64() { return number<std::uint64_t>(8); }

  // At most ten bytes; a value over 64 bits and a non-minimal form are kBadEncoding.
  Result<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = TRY(u8());
      if (shift == 63 && byte > 1) break;
      if (byte == 0 && shift > 0) return fail(kBadEncoding, "varint with a superfluous byte");
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return fail(kBadEncoding, "varint over 64 bits");
  }

  Result<ByteView> bytes(std::size_t size) {
    if (size > remaining())
      return fail(kShortInput, "{} bytes wanted at {}, {} left", size, position_, remaining());
    const ByteView out = input_.substr(position_, size);
    position_ += size;
    return out;
  }
  Result<ByteView> sized() {
    const std::uint64_t size = TRY(varint());
    return bytes(size);
  }

 private:
  template <typename T>
  Result<T> number(std::size_t width) {
    const ByteView taken = TRY(bytes(width));
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      const char byte = taken[order_ == ByteOrder::Big ? i : width - 1 - i];
      value = value << 8 | static_cast<std::uint8_t>(byte);
    }
    return static_cast<T>(value);
  }

  ByteView input_;
  ByteOrder order_;
  std::size_t position_ = 0;
};

}  // namespace muster
