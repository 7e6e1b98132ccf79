#include "wire/rpc/datagram.h"

#include <limits>

#include "base/check.h"
#include "wire/errors.h"

namespace muster::wire::rpc {
namespace {

constexpr std::uint8_t kVersion = 4;
constexpr std::uint8_t kLittleAscii = 0x10;
constexpr std::uint8_t kIntegerOrder = 0xf0;
constexpr std::size_t kNumbersAt = 8;
constexpr std::uint16_t kNoHint = 0xffff;

}  // namespace

Result<Datagram> read_datagram(ByteView bytes) {
  ByteReader first(bytes);
  Datagram out;
  const std::uint8_t version = TRY(first.u8());
  if (version != kVersion) return fail(kRpcVersion, "version {} in a datagram", version);
  out.type = static_cast<DatagramType>(TRY(first.u8()));
  out.flags = TRY(first.u8());
  TRY(first.u8());
  const std::uint8_t order = TRY(first.u8()) & kIntegerOrder;
  if (order != kLittleAscii && order != 0) return fail(kRpcSyntax, "byte order {:#x}", order);
  out.order = order == 0 ? ByteOrder::Big : ByteOrder::Little;
  TRY(first.bytes(3));
  ByteReader in(bytes.substr(kNumbersAt), out.order);
  out.object = TRY(read_uuid(in));
  out.interface.uuid = TRY(read_uuid(in));
  out.activity = TRY(read_uuid(in));
  out.server_boot = TRY(in.u32());
  const std::uint32_t if_version = TRY(in.u32());
  out.interface.major = static_cast<std::uint16_t>(if_version % 0x10000);
  out.interface.minor = static_cast<std::uint16_t>(if_version / 0x10000);
  out.sequence = TRY(in.u32());
  out.operation = TRY(in.u16());
  TRY(in.bytes(4));  // hints for the server's own tables
  const std::size_t size = TRY(in.u16());
  TRY(in.u16());  // the fragment's number: what has several is told by its flag
  out.authentication = TRY(in.u8());
  TRY(in.u8());
  if (size != in.remaining())
    return fail(kRpcSyntax, "{} bytes of body, {} announced", in.remaining(), size);
  out.body = TRY(in.bytes(size));
  return out;
}

Bytes write_datagram(const Datagram& datagram) {
  MUSTER_CHECK(datagram.body.size() <= std::numeric_limits<std::uint16_t>::max());
  ByteWriter out(ByteOrder::Little);
  out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>(datagram.type));
  out.u8(datagram.flags);
  out.u8(0);
  out.u32(kLittleAscii);
  write_uuid(out, datagram.object);
  write_uuid(out, datagram.interface.uuid);
  write_uuid(out, datagram.activity);
  out.u32(datagram.server_boot);
  out.u32(datagram.interface.minor * 0x10000u + datagram.interface.major);
  out.u32(datagram.sequence);
  out.u16(datagram.operation);
  out.u16(kNoHint);
  out.u16(kNoHint);
  out.u16(static_cast<std::uint16_t>(datagram.body.size()));
  out.u16(0);
  out.u8(datagram.authentication);
  out.u8(0);
  out.bytes(datagram.body);
  return std::move(out).take();
}

}  // namespace muster::wire::rpc
