#include "wire/rpc/uuid.h"

#include "wire/errors.h"

namespace muster::wire::rpc {
namespace {

constexpr std::size_t kTextSize = 36;
constexpr std::array<std::size_t, 4> kDashes = {8, 13, 18, 23};

bool is_dash(std::size_t at) {
  for (const std::size_t dash : kDashes)
    if (dash == at) return true;
  return false;
}

}  // namespace

std::string to_text(const Uuid& uuid) {
  const std::string rest = to_hex(as_bytes(uuid.rest));
  return fmt::format("{:08x}-{:04x}-{:04x}-{}-{}", uuid.time_low, uuid.time_mid, uuid.time_high,
                     rest.substr(0, 4), rest.substr(4));
}

std::string to_text(const SyntaxId& syntax) {
  return fmt::format("{} v{}.{}", to_text(syntax.uuid), syntax.major, syntax.minor);
}

Result<Uuid> parse_uuid(std::string_view text) {
  std::string digits;
  digits.reserve(2 * kUuidSize);
  for (std::size_t i = 0; i < text.size() && text.size() == kTextSize; ++i) {
    const char c = text[i];
    if (is_dash(i) != (c == '-')) break;
    if (c != '-') digits += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  const auto bytes = from_hex(digits);
  if (!bytes || bytes->size() != kUuidSize)
    return fail(kRpcSyntax, "'{}' is no UUID", text.substr(0, kTextSize));
  ByteReader in(*bytes);
  return read_uuid(in);
}

Result<Uuid> read_uuid(ByteReader& in) {
  Uuid out;
  out.time_low = TRY(in.u32());
  out.time_mid = TRY(in.u16());
  out.time_high = TRY(in.u16());
  for (std::uint8_t& byte : out.rest) byte = TRY(in.u8());
  return out;
}

void write_uuid(ByteWriter& out, const Uuid& uuid) {
  out.u32(uuid.time_low);
  out.u16(uuid.time_mid);
  out.u16(uuid.time_high);
  out.bytes(as_bytes(uuid.rest));
}

}  // namespace muster::wire::rpc
