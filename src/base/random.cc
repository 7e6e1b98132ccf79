#include "base/random.h"

#include <algorithm>
#include <cstring>

namespace muster {

void SeededRandom::fill(char* out, std::size_t size) {
  while (size > 0) {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    z ^= z >> 31;
    const std::size_t part = std::min(size, sizeof z);
    std::memcpy(out, &z, part);
    out += part;
    size -= part;
  }
}

}  // namespace muster
