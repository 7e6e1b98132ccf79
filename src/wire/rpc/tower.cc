#include "wire/rpc/tower.h"

#include "base/check.h"
#include "wire/errors.h"

namespace muster::wire::rpc {
namespace {

constexpr std::uint8_t kUuidFloor = 0x0d;
constexpr std::size_t kLeastFloors = 4;
constexpr std::size_t kMostFloors = 16;

struct Floor {
  std::uint8_t protocol = 0;
  ByteView related{};  // of the protocol identifier, behind its first byte
  ByteView address{};
};

Result<Floor> read_floor(ByteReader& in) {
  const ByteView left = TRY(in.bytes(TRY(in.u16())));
  Floor out;
  out.address = TRY(in.bytes(TRY(in.u16())));
  ByteReader identifier(left, ByteOrder::Little);
  out.protocol = TRY(identifier.u8());
  out.related = left.substr(1);
  return out;
}

Result<SyntaxId> read_syntax_floor(ByteReader& in) {
  const Floor floor = TRY(read_floor(in));
  if (floor.protocol != kUuidFloor) return fail(kRpcSyntax, "floor of protocol {}", floor.protocol);
  ByteReader related(floor.related, ByteOrder::Little);
  ByteReader address(floor.address, ByteOrder::Little);
  SyntaxId out;
  out.uuid = TRY(read_uuid(related));
  out.major = TRY(related.u16());
  out.minor = TRY(address.u16());
  return out;
}

void write_floor(ByteWriter& out, ByteView identifier, ByteView address) {
  out.u16(static_cast<std::uint16_t>(identifier.size()));
  out.bytes(identifier);
  out.u16(static_cast<std::uint16_t>(address.size()));
  out.bytes(address);
}

void write_syntax_floor(ByteWriter& out, const SyntaxId& syntax) {
  ByteWriter identifier(ByteOrder::Little);
  identifier.u8(kUuidFloor);
  write_uuid(identifier, syntax.uuid);
  identifier.u16(syntax.major);
  ByteWriter minor(ByteOrder::Little);
  minor.u16(syntax.minor);
  write_floor(out, identifier.view(), minor.view());
}

void write_plain_floor(ByteWriter& out, std::uint8_t protocol, ByteView address) {
  ByteWriter identifier(ByteOrder::Little);
  identifier.u8(protocol);
  write_floor(out, identifier.view(), address);
}

}  // namespace

Result<Tower> read_tower(ByteView octets) {
  if (octets.size() > kTowerLimit)
    return fail(kRpcLimit, "a tower of {} bytes; {} is the most", octets.size(), kTowerLimit);
  ByteReader in(octets, ByteOrder::Little);
  const std::size_t floors = TRY(in.u16());
  if (floors < kLeastFloors || floors > kMostFloors)
    return fail(kRpcSyntax, "a tower of {} floors", floors);
  Tower out;
  out.interface = TRY(read_syntax_floor(in));
  out.transfer = TRY(read_syntax_floor(in));
  out.rpc_protocol = TRY(read_floor(in)).protocol;
  const Floor transport = TRY(read_floor(in));
  out.transport = transport.protocol;
  if (out.is_tcp()) {
    ByteReader port(transport.address, ByteOrder::Big);
    out.tcp_port = TRY(port.u16());
  }
  for (std::size_t i = kLeastFloors; i < floors; ++i) {
    const Floor floor = TRY(read_floor(in));
    if (floor.protocol != kIpFloor) continue;
    ByteReader address(floor.address);
    for (std::uint8_t& byte : out.address) byte = TRY(address.u8());
  }
  return out;
}

Bytes write_tower(const Tower& tower) {
  MUSTER_CHECK(tower.is_tcp());
  ByteWriter out(ByteOrder::Little);
  out.u16(5);
  write_syntax_floor(out, tower.interface);
  write_syntax_floor(out, tower.transfer);
  ByteWriter minor(ByteOrder::Little);
  minor.u16(0);
  write_plain_floor(out, tower.rpc_protocol, minor.view());
  ByteWriter port(ByteOrder::Big);
  port.u16(tower.tcp_port);
  write_plain_floor(out, tower.transport, port.view());
  write_plain_floor(out, kIpFloor, as_bytes(tower.address));
  return std::move(out).take();
}

}  // namespace muster::wire::rpc
