// Protocol towers: what the endpoint mapper maps an interface to (C706 appendix I and L).
#pragma once

#include <array>
#include <cstdint>

#include "wire/rpc/uuid.h"

namespace muster::wire::rpc {

// Protocol identifiers of floors 3 to 5 (C706 appendix I).
inline constexpr std::uint8_t kConnectionOriented = 0x0b;
inline constexpr std::uint8_t kTcpFloor = 0x07;
inline constexpr std::uint8_t kIpFloor = 0x09;

using IpV4 = std::array<std::uint8_t, 4>;

// Other transports than TCP are kept by their number alone.
struct Tower {
  SyntaxId interface;
  SyntaxId transfer = kNdr;
  std::uint8_t rpc_protocol = kConnectionOriented;
  std::uint8_t transport = kTcpFloor;
  std::uint16_t tcp_port = 0;
  IpV4 address{};  // all zero: the host that was asked

  bool is_tcp() const { return rpc_protocol == kConnectionOriented && transport == kTcpFloor; }
  friend bool operator==(const Tower&, const Tower&) = default;
};

inline constexpr std::size_t kTowerLimit = 2048;

// The tower_octet_string: little endian whatever the message is, but for the port and the address.
// Errors: kShortInput, kRpcSyntax, also for fewer than four floors and for more than sixteen.
Result<Tower> read_tower(ByteView octets);
// The tower must be one of TCP (MUSTER_CHECK).
Bytes write_tower(const Tower& tower);

}  // namespace muster::wire::rpc
