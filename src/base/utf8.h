// UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing over U+10FFFF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace muster {

// Bytes of the valid sequence that `text` starts with, 0 where there is none.
std::size_t utf8_sequence(std::string_view text);

bool is_utf8(std::string_view text);

// `text` fit to be shown and stored: control characters become spaces, bytes that are not UTF-8
// become U+FFFD; at most `limit_bytes`, cut between characters.
std::string printable_utf8(std::string_view text, std::size_t limit_bytes);

// Those of ASCII.
bool has_control_characters(std::string_view text);

}  // namespace muster
