// Bytes are std::string, views of them std::string_view. Text encodings of bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace muster {

using Bytes = std::string;
using ByteView = std::string_view;

inline const std::uint8_t* as_u8(ByteView bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}
inline ByteView as_bytes(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Lower case. Decoding takes lower case only, so that an id has one spelling. Error: kBadEncoding.
std::string to_hex(ByteView bytes);
Result<Bytes> from_hex(std::string_view text);

// RFC 4648 section 4, with padding. Decoding refuses white space and non-zero spare bits.
std::string to_base64(ByteView bytes);
Result<Bytes> from_base64(std::string_view text);

// RFC 4648 section 5, without padding: safe in URLs, tokens and file names.
std::string to_base64url(ByteView bytes);
Result<Bytes> from_base64url(std::string_view text);

// Compares in a time that depends on the lengths only.
bool equal_in_constant_time(ByteView a, ByteView b);

}  // namespace muster
