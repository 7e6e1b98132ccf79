// UUIDs as DCE/RPC carries them: three numbers in the byte order of the message, then eight bytes
// (C706 appendix A).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace muster::wire::rpc {

struct Uuid {
  std::uint32_t time_low = 0;
  std::uint16_t time_mid = 0;
  std::uint16_t time_high = 0;
  std::array<std::uint8_t, 8> rest{};
  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;
  constexpr bool is_nil() const { return *this == Uuid{}; }
};
inline constexpr std::size_t kUuidSize = 16;

// "e1af8308-5d1f-11c9-91a4-08002b14a0fa".
std::string to_text(const Uuid& uuid);
// In either case. Error: kRpcSyntax.
Result<Uuid> parse_uuid(std::string_view text);

// Error: kShortInput.
Result<Uuid> read_uuid(ByteReader& in);
void write_uuid(ByteWriter& out, const Uuid& uuid);

// An interface or a transfer syntax, with its version.
struct SyntaxId {
  Uuid uuid;
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
  friend constexpr auto operator<=>(const SyntaxId&, const SyntaxId&) = default;
};

// "e1af8308-5d1f-11c9-91a4-08002b14a0fa v3.0".
std::string to_text(const SyntaxId& syntax);

// NDR 2.0, the transfer syntax that every peer speaks (C706 14).
inline constexpr SyntaxId kNdr{
    {0x8a885d04, 0x1ceb, 0x11c9, {0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60}}, 2, 0};

}  // namespace muster::wire::rpc
