// Appends numbers and strings to bytes: big endian, varints as LEB128. The only place besides
// byte_reader.h that shifts bytes.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace muster {

class ByteWriter {
 public:
  void u8(std::uint8_t value) { out_ += static_cast<char>(value); }
  void u16(std::uint16_t value) { big_endian(value, 2); }
  void u32(std::uint32_t value) { big_endian(value, 4); }
  void u64(std::uint64_t value) { big_endian(value, 8); }
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
  void big_endian(std::uint64_t value, int width) {
    for (int shift = (width - 1) * 8; shift >= 0; shift -= 8)
      out_ += static_cast<char>(value >> shift & 255);
  }
  Bytes out_;
};

}  // namespace muster
