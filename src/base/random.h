// Random bytes: passed in, so that tests and the simulator can seed them.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace muster {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(char* out, std::size_t size) = 0;

  Bytes bytes(std::size_t size) {
    Bytes out(size, '\0');
    fill(out.data(), size);
    return out;
  }
  std::uint64_t u64() {
    std::uint64_t out;
    fill(reinterpret_cast<char*>(&out), sizeof out);
    return out;
  }
  // Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
    for (;;)
      if (const std::uint64_t value = u64(); value < limit) return value % bound;
  }
};

// Repeatable from its seed (splitmix64). Never for keys.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(char* out, std::size_t size) override;

 private:
  std::uint64_t state_;
};

}  // namespace muster
