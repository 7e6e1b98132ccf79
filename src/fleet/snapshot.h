// The bytes of a snapshot: numbers and arrays one after the other, and a checksum behind them. The
// machine that wrote them reads them; another one builds its index from the database.
#pragma once

#include <cstring>
#include <functional>
#include <span>

#include "base/bytes.h"
#include "fleet/shared_array.h"

namespace muster::fleet {

// Takes the bytes in parts.
using SnapshotSink = std::function<Result<void>(ByteView part)>;

// What fails is told by finish(); until then the rest is written into nothing.
class SnapshotWriter {
 public:
  explicit SnapshotWriter(SnapshotSink sink);

  void number(std::uint64_t value);
  void bytes(ByteView value);  // with their length
  template <typename T>
  void array(const SharedArray<T>& values) {
    bytes({reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)});
  }
  // The checksum. The first failure of the sink.
  Result<void> finish();

 private:
  void put(ByteView part);
  void flush();

  SnapshotSink sink_;
  Bytes buffer_;
  std::uint32_t checksum_ = 0;
  Result<void> state_{};
};

// Once a read has failed, all later ones give zeros and nothing: whoever reads asks ok() in the
// end, and before it relies on what it has read.
class SnapshotReader {
 public:
  // Error: kBadSnapshot for bytes that are not as a writer wrote them.
  static Result<SnapshotReader> open(ByteView all);

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  void spoil() {
    ok_ = false;
    rest_ = {};
  }
  // Spoils the reader unless it holds.
  bool expect(bool holds) {
    if (!holds) spoil();
    return holds;
  }

  std::uint64_t number();
  // Of things that take a byte each at least.
  std::size_t count() {
    const std::uint64_t out = number();
    return expect(out <= rest_.size()) ? static_cast<std::size_t>(out) : 0;
  }
  ByteView bytes();
  template <typename T>
  SharedArray<T> array() {
    const ByteView from = bytes();
    SharedArray<T> out;
    if (expect(from.size() % sizeof(T) == 0)) out.assign_bytes(from.data(), from.size());
    return out;
  }

 private:
  explicit SnapshotReader(ByteView rest) : rest_(rest) {}

  ByteView rest_;
  bool ok_ = true;
};

}  // namespace muster::fleet
