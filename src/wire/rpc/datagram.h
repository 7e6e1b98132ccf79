// The packets of connectionless DCE/RPC, version 4 (C706 12.5): each is one datagram.
#pragma once

#include <cstdint>

#include "wire/rpc/uuid.h"

namespace muster::wire::rpc {

// C706 12.5.1, those that a server of short calls meets.
enum class DatagramType : std::uint8_t {
  Request = 0,
  Ping = 1,
  Response = 2,
  Fault = 3,
  NoCall = 5,
  Reject = 6,
};

inline constexpr std::uint8_t kFragmented = 0x04;  // the call has several packets
inline constexpr std::uint8_t kNoFack = 0x08;
inline constexpr std::uint8_t kMaybe = 0x10;  // no answer is wanted
inline constexpr std::uint8_t kBroadcast = 0x40;

inline constexpr std::size_t kDatagramHeaderSize = 80;

struct Datagram {
  DatagramType type = DatagramType::Request;  // may be a number that has no name
  std::uint8_t flags = 0;
  ByteOrder order = ByteOrder::Little;
  Uuid object{};
  SyntaxId interface {};
  Uuid activity{};                // of the client: its calls are numbered in it
  std::uint32_t server_boot = 0;  // 0: the client does not know it
  std::uint32_t sequence = 0;
  std::uint16_t operation = 0;
  std::uint8_t authentication = 0;
  ByteView body{};
};

// The whole datagram. Errors: kShortInput; kRpcVersion; kRpcSyntax for a body of another length
// than the header says, and for an unknown byte order.
Result<Datagram> read_datagram(ByteView bytes);
// Little endian, whatever `order` says. The body has at most 65,535 bytes (MUSTER_CHECK).
Bytes write_datagram(const Datagram& datagram);

}  // namespace muster::wire::rpc
