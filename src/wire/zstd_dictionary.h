// What documents of one kind have in common (a zstd dictionary, RFC 8878 5), so that a small one
// takes little room.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "base/bytes.h"

namespace muster::wire {

// A value; copies share it. Packing is for one thread at a time.
class ZstdDictionary {
 public:
  explicit ZstdDictionary(Bytes bytes);

  ByteView bytes() const;
  // One frame that tells its content size and does not tell its dictionary.
  Bytes compress(ByteView content) const;
  // Error: kZstdBad, kZstdLimit.
  Result<Bytes> decompress(ByteView frame, std::size_t limit_bytes) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// At most `size_bytes`. Nothing where the samples are too few, or have too little in common.
std::optional<Bytes> train_zstd_dictionary(std::span<const Bytes> samples, std::size_t size_bytes);

}  // namespace muster::wire
