#include "wire/rpc/pdu.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "wire/errors.h"

namespace muster::wire::rpc {
namespace {

constexpr std::size_t kSizeAt = 8;
constexpr std::size_t kCallHeaderSize = kPduHeaderSize + 8;
constexpr std::size_t kRequestLimit = 60u << 10;
// C706 14.1: integers little endian, characters ASCII, floating point IEEE.
constexpr std::uint8_t kLittleAscii = 0x10;
constexpr std::uint8_t kIntegerOrder = 0xf0;

}  // namespace

Result<PduHeader> read_pdu_header(ByteView bytes) {
  ByteReader first(bytes);
  PduHeader out;
  out.version = TRY(first.u8());
  TRY(first.u8());  // the minor version says nothing that is needed
  out.type = static_cast<PduType>(TRY(first.u8()));
  out.flags = TRY(first.u8());
  const std::uint8_t order = TRY(first.u8()) & kIntegerOrder;
  if (order != kLittleAscii && order != 0) return fail(kRpcSyntax, "byte order {:#x}", order);
  out.order = order == 0 ? ByteOrder::Big : ByteOrder::Little;
  TRY(first.bytes(3));
  ByteReader rest(bytes.substr(kSizeAt), out.order);
  out.fragment_size = TRY(rest.u16());
  out.auth_size = TRY(rest.u16());
  out.call_id = TRY(rest.u32());
  if (out.fragment_size < kPduHeaderSize)
    return fail(kRpcSyntax, "a packet of {} bytes", out.fragment_size);
  return out;
}

Result<Fragment> read_fragment(ByteView packet) {
  Fragment out;
  out.header = TRY(read_pdu_header(packet));
  const bool is_request = out.header.type == PduType::Request;
  if (packet.size() != out.header.fragment_size || out.header.auth_size != 0 ||
      (!is_request && out.header.type != PduType::Response))
    return fail(kRpcSyntax, "no whole packet of a call without authentication");
  ByteReader in(packet.substr(kPduHeaderSize), out.header.order);
  TRY(in.u32());  // the hint for memory: nobody here allocates by it
  out.context = TRY(in.u16());
  const std::uint16_t last = TRY(in.u16());
  if (is_request) out.operation = last;
  if (is_request && (out.header.flags & kHasObject) != 0) out.object = TRY(read_uuid(in));
  out.stub = TRY(in.bytes(in.remaining()));
  return out;
}

Result<Fault> read_fault(ByteView packet) {
  const PduHeader header = TRY(read_pdu_header(packet));
  if (header.type != PduType::Fault) return fail(kRpcSyntax, "no fault packet");
  ByteReader in(packet.substr(kPduHeaderSize), header.order);
  Fault out;
  out.call_id = header.call_id;
  TRY(in.u32());
  out.context = TRY(in.u16());
  TRY(in.u16());
  out.status = TRY(in.u32());
  return out;
}

void start_pdu(ByteWriter& out, PduType type, std::uint8_t flags, std::uint32_t call_id) {
  out.u8(5);
  out.u8(0);
  out.u8(static_cast<std::uint8_t>(type));
  out.u8(flags);
  out.u32(kLittleAscii);
  out.u16(0);  // the size, by finish_pdu()
  out.u16(0);  // no authentication
  out.u32(call_id);
}

Bytes finish_pdu(ByteWriter out) {
  Bytes packet = std::move(out).take();
  MUSTER_CHECK(packet.size() <= std::numeric_limits<std::uint16_t>::max());
  ByteWriter size(ByteOrder::Little);
  size.u16(static_cast<std::uint16_t>(packet.size()));
  std::ranges::copy(size.view(), packet.begin() + kSizeAt);
  return packet;
}

Bytes write_fault(const Fault& fault) {
  ByteWriter out(ByteOrder::Little);
  start_pdu(out, PduType::Fault, kFirstFragment | kLastFragment | kDidNotExecute, fault.call_id);
  out.u32(0);
  out.u16(fault.context);
  out.u16(0);
  out.u32(fault.status);
  out.u32(0);
  return finish_pdu(std::move(out));
}

Bytes write_request(std::uint32_t call_id, std::uint16_t context, std::uint16_t operation,
                    ByteView stub) {
  MUSTER_CHECK(stub.size() <= kRequestLimit);
  ByteWriter out(ByteOrder::Little);
  start_pdu(out, PduType::Request, kFirstFragment | kLastFragment, call_id);
  out.u32(static_cast<std::uint32_t>(stub.size()));
  out.u16(context);
  out.u16(operation);
  out.bytes(stub);
  return finish_pdu(std::move(out));
}

Bytes write_response(std::uint32_t call_id, std::uint16_t context, ByteView stub,
                     std::uint16_t most_bytes) {
  // Fragments but the last are a multiple of eight long, so that no number is cut.
  const std::size_t room = (std::max(most_bytes, kLeastFragment) - kCallHeaderSize) / 8 * 8;
  Bytes packets;
  packets.reserve(stub.size() + (stub.size() / room + 1) * kCallHeaderSize);
  std::uint8_t flags = kFirstFragment;
  do {
    const ByteView part = stub.substr(0, room);
    if (part.size() == stub.size()) flags |= kLastFragment;
    ByteWriter out(ByteOrder::Little);
    start_pdu(out, PduType::Response, flags, call_id);
    out.u32(static_cast<std::uint32_t>(stub.size()));
    out.u16(context);
    out.u16(0);
    out.bytes(part);
    packets += finish_pdu(std::move(out));
    stub.remove_prefix(part.size());
    flags = 0;
  } while (!stub.empty());
  return packets;
}

}  // namespace muster::wire::rpc
