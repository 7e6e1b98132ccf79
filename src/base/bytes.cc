#include "base/bytes.h"

#include <array>

#include "base/errors.h"

namespace muster {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

using Reverse = std::array<std::int8_t, 256>;

constexpr Reverse reverse_of(std::string_view alphabet) {
  Reverse table{};
  for (auto& entry : table) entry = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::int8_t>(i);
  return table;
}

constexpr Reverse kFromHex = reverse_of(kHexDigits);
constexpr Reverse kFromBase64 = reverse_of(kBase64);
constexpr Reverse kFromBase64Url = reverse_of(kBase64Url);

std::string encode64(ByteView bytes, std::string_view alphabet) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t pending = 0;
  int bits = 0;
  for (char byte : bytes) {
    pending = (pending << 8) | static_cast<std::uint8_t>(byte);
    for (bits += 8; bits >= 6; bits -= 6) out += alphabet[(pending >> (bits - 6)) & 63];
  }
  if (bits > 0) out += alphabet[(pending << (6 - bits)) & 63];
  return out;
}

Result<Bytes> decode64(std::string_view text, const Reverse& table) {
  if (text.size() % 4 == 1) return fail(kBadEncoding, "base64 text of {} characters", text.size());
  Bytes out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t pending = 0;
  int bits = 0;
  for (char c : text) {
    const int value = table[static_cast<std::uint8_t>(c)];
    if (value < 0) return fail(kBadEncoding, "a character that is not base64");
    pending = (pending << 6) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>((pending >> bits) & 255);
    }
  }
  if ((pending & ((1u << bits) - 1)) != 0) return fail(kBadEncoding, "base64 with spare bits set");
  return out;
}

}  // namespace

std::string to_hex(ByteView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (char byte : bytes) {
    const auto value = static_cast<std::uint8_t>(byte);
    out += kHexDigits[value >> 4];
    out += kHexDigits[value & 15];
  }
  return out;
}

Result<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return fail(kBadEncoding, "hex text of odd length {}", text.size());
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = kFromHex[static_cast<std::uint8_t>(text[i])];
    const int low = kFromHex[static_cast<std::uint8_t>(text[i + 1])];
    if (high < 0 || low < 0) return fail(kBadEncoding, "a character that is not lower-case hex");
    out += static_cast<char>(high << 4 | low);
  }
  return out;
}

std::string to_base64(ByteView bytes) {
  std::string out = encode64(bytes, kBase64);
  while (out.size() % 4 != 0) out += '=';
  return out;
}

Result<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return fail(kBadEncoding, "base64 text without its padding");
  if (text.ends_with("==")) {
    text.remove_suffix(2);
  } else if (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  return decode64(text, kFromBase64);
}

std::string to_base64url(ByteView bytes) { return encode64(bytes, kBase64Url); }

Result<Bytes> from_base64url(std::string_view text) { return decode64(text, kFromBase64Url); }

bool equal_in_constant_time(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<std::uint8_t>(a[i]) ^ static_cast<std::uint8_t>(b[i]);
  return difference == 0;
}

}  // namespace muster
