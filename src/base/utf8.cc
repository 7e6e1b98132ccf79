#include "base/utf8.h"

#include <cstdint>
#include <cstring>

namespace muster {

std::size_t utf8_sequence(std::string_view text) {
  if (text.empty()) return 0;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  std::size_t length;
  unsigned char least = 0x80, most = 0xbf;  // bounds of the second byte, RFC 3629 section 4
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3;
    if (lead == 0xe0) least = 0xa0;
    if (lead == 0xed) most = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4;
    if (lead == 0xf0) least = 0x90;
    if (lead == 0xf4) most = 0x8f;
  } else {
    return 0;
  }
  if (text.size() < length || at(1) < least || at(1) > most) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if (at(i) < 0x80 || at(i) > 0xbf) return 0;
  return length;
}

namespace {

// How many bytes of ASCII `text` begins with, as far as whole words go.
std::size_t ascii_words(std::string_view text) {
  std::size_t size = 0;
  for (std::uint64_t word; size + sizeof word <= text.size(); size += sizeof word) {
    std::memcpy(&word, text.data() + size, sizeof word);
    if ((word & 0x8080808080808080) != 0) break;
  }
  return size;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (true) {
    text.remove_prefix(ascii_words(text));
    if (text.empty()) return true;
    const std::size_t length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
}

std::string printable_utf8(std::string_view text, std::size_t limit_bytes) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = utf8_sequence(text);
    std::string_view next = size == 0 ? "\xEF\xBF\xBD" : text.substr(0, size);
    const auto first = static_cast<unsigned char>(next[0]);
    // U+0080 to U+009F are control characters, too: 9B begins what terminals act on.
    const bool upper_control = first == 0xc2 && static_cast<unsigned char>(next[1]) < 0xa0;
    if (first < 0x20 || first == 0x7f || upper_control) next = " ";
    if (out.size() + next.size() > limit_bytes) break;
    out += next;
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

bool has_control_characters(std::string_view text) {
  // All are looked at, without a way out on the way: so the compiler looks at many at once.
  bool out = false;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    out |= byte < 0x20 || byte == 0x7f;
  }
  return out;
}

}  // namespace muster
