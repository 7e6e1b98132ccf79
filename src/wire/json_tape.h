// Reading simdjson's tape (its doc/tape.md): 64-bit words, the type in the highest byte. Internal
// to wire/: it keeps simdjson's 30,000 lines out of every file but json.cc.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace muster::wire {

// The two buffers of a parsed document. Word 0 is the root; the value starts at word 1.
struct JsonTape {
  const std::uint64_t* words = nullptr;
  const std::uint8_t* strings = nullptr;

  char type(std::size_t at) const { return static_cast<char>(words[at] >> 56); }
  std::uint64_t payload(std::size_t at) const { return words[at] & 0x00ff'ffff'ffff'ffffu; }

  // Strings lie as a 32-bit length and the bytes.
  std::string_view text(std::size_t at) const {
    const std::uint8_t* start = strings + payload(at);
    std::uint32_t size;
    std::memcpy(&size, start, sizeof size);
    return {reinterpret_cast<const char*>(start + sizeof size), size};
  }
  std::uint64_t number_bits(std::size_t at) const { return words[at + 1]; }

  // The word after the value at `at`.
  std::size_t after(std::size_t at) const {
    switch (type(at)) {
      case '{':
      case '[':
        return static_cast<std::uint32_t>(words[at]);
      case 'l':
      case 'u':
      case 'd':
        return at + 2;
      default:
        return at + 1;
    }
  }
  // The first element or key of the container at `at`, and its closing word.
  std::size_t first(std::size_t at) const { return at + 1; }
  std::size_t last(std::size_t at) const { return after(at) - 1; }
};

}  // namespace muster::wire
