// Appends numbers and strings to bytes: big endian unless told otherwise, varints as LEB128. The
// only place besides byte_reader.h that shifts bytes.
#pragma once

#include <cstdint>

#include "base/byte_order.h"
#include "base/bytes.h"

namespace muster {

class ByteWriter {
 public:
  explicit ByteWriter(ByteOrder order = ByteOrder::Big) : order_(order) {}

  void u8(std::uint8_t value) { out_ += static_cast<char>(value); }
  void u16(std::uint16_t value) { number(value, 2); }
  void u32(std::uint32_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) u8(static_cast<std::uint8_t>(value | 0x80));
    u8(static_cast<std::uint8_t>(value));
  }
  void bytes(ByteView value) { out_ += value; }
  // varint length, then the bytes.
  void sized(ByteView value) {
    varint(value.size());
    out_ += value;
  }

  const Bytes& view() const { return out_; }
  // Empty again, with the room that it has.
  void clear() { out_.clear(); }
  void reserve(std::size_t size) { out_.reserve(size); }
  Bytes take() && { return std::move(out_); }

 private:
  void number(std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) {
      const int shift = 8 * (order_ == ByteOrder::Big ? width - 1 - i : i);
      out_ += static_cast<char>(value >> shift & 255);
    }
  }
  ByteOrder order_;
  Bytes out_;
};

}  // namespace muster
