// NDR 2.0 as far as the endpoint mapper needs it: numbers aligned to their size, counted from the
// start of the stub (C706 14.2).
#pragma once

#include "wire/rpc/uuid.h"

namespace muster::wire::rpc {

class NdrReader {
 public:
  NdrReader(ByteView stub, ByteOrder order) : in_(stub, order) {}

  // Errors of all: kShortInput.
  Result<std::uint16_t> u16() {
    TRY(align(2));
    return in_.u16();
  }
  Result<std::uint32_t> u32() {
    TRY(align(4));
    return in_.u32();
  }
  Result<Uuid> uuid() {
    TRY(align(4));
    return read_uuid(in_);
  }
  // Whether a full pointer points to something.
  Result<bool> pointer() { return TRY(u32()) != 0; }
  Result<ByteView> bytes(std::size_t size) { return in_.bytes(size); }

 private:
  Result<void> align(std::size_t size) {
    TRY(in_.bytes((size - in_.position() % size) % size));
    return {};
  }
  ByteReader in_;
};

// Little endian.
class NdrWriter {
 public:
  void u16(std::uint16_t value) {
    align(2);
    out_.u16(value);
  }
  void u32(std::uint32_t value) {
    align(4);
    out_.u32(value);
  }
  void uuid(const Uuid& value) {
    align(4);
    write_uuid(out_, value);
  }
  // Each pointer that points to something has a number of its own.
  void pointer() { u32(next_pointer_ += 4); }
  void null_pointer() { u32(0); }
  void bytes(ByteView value) { out_.bytes(value); }
  Bytes take() && { return std::move(out_).take(); }

 private:
  void align(std::size_t size) {
    while (out_.view().size() % size != 0) out_.u8(0);
  }
  ByteWriter out_{ByteOrder::Little};
  std::uint32_t next_pointer_ = 0x20000;
};

}  // namespace muster::wire::rpc
