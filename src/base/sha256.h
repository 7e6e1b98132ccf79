// SHA-256, whole or in parts. The work is in os/sha256.cc, so that this header names no library.
#pragma once

#include <memory>

#include "base/bytes.h"

namespace muster {

// 32 bytes.
Bytes sha256(ByteView bytes);
inline std::string sha256_hex(ByteView bytes) { return to_hex(sha256(bytes)); }

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(ByteView bytes);
  // 32 bytes; the object is spent afterwards.
  Bytes finish();

 private:
  friend Bytes sha256(ByteView bytes);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace muster
