#include "wire/rpc/bind.h"

#include "wire/errors.h"

namespace muster::wire::rpc {
namespace {

constexpr std::size_t kAlignment = 4;
constexpr Uuid kFeatureNegotiation{0x6cb71c2c, 0x9812, 0x4540, {}};

// The version is one number: major in the lower half.
Result<SyntaxId> read_syntax(ByteReader& in) {
  SyntaxId out;
  out.uuid = TRY(read_uuid(in));
  const std::uint32_t version = TRY(in.u32());
  out.major = static_cast<std::uint16_t>(version % 0x10000);
  out.minor = static_cast<std::uint16_t>(version / 0x10000);
  return out;
}

void write_syntax(ByteWriter& out, const SyntaxId& syntax) {
  write_uuid(out, syntax.uuid);
  out.u32(syntax.minor * 0x10000u + syntax.major);
}

Result<ByteReader> body_of(ByteView packet, std::initializer_list<PduType> types) {
  const PduHeader header = TRY(read_pdu_header(packet));
  for (const PduType type : types)
    if (header.type == type && header.fragment_size == packet.size())
      return ByteReader(packet.substr(kPduHeaderSize), header.order);
  return fail(kRpcSyntax, "another packet than one of type {}",
              static_cast<unsigned>(*types.begin()));
}

}  // namespace

Result<Bind> read_bind(ByteView packet) {
  ByteReader in = TRY(body_of(packet, {PduType::Bind, PduType::AlterContext}));
  Bind out;
  out.max_transmit = TRY(in.u16());
  out.max_receive = TRY(in.u16());
  out.group = TRY(in.u32());
  const std::size_t contexts = TRY(in.u8());
  TRY(in.bytes(3));
  out.contexts.reserve(contexts);
  for (std::size_t i = 0; i < contexts; ++i) {
    PresentationContext context;
    context.id = TRY(in.u16());
    const std::size_t transfers = TRY(in.u8());
    TRY(in.u8());
    context.interface = TRY(read_syntax(in));
    if (transfers == 0) return fail(kRpcSyntax, "context {} has no transfer syntax", context.id);
    context.transfer.reserve(transfers);
    for (std::size_t j = 0; j < transfers; ++j) context.transfer.push_back(TRY(read_syntax(in)));
    out.contexts.push_back(std::move(context));
  }
  if (out.contexts.empty()) return fail(kRpcSyntax, "a bind without a context");
  return out;
}

Bytes write_bind(std::uint32_t call_id, const Bind& bind) {
  ByteWriter out(ByteOrder::Little);
  start_pdu(out, PduType::Bind, kFirstFragment | kLastFragment, call_id);
  out.u16(bind.max_transmit);
  out.u16(bind.max_receive);
  out.u32(bind.group);
  out.u32(static_cast<std::uint32_t>(bind.contexts.size()));
  for (const PresentationContext& context : bind.contexts) {
    out.u16(context.id);
    out.u16(static_cast<std::uint16_t>(context.transfer.size()));
    write_syntax(out, context.interface);
    for (const SyntaxId& transfer : context.transfer) write_syntax(out, transfer);
  }
  return finish_pdu(std::move(out));
}

Result<BindAck> read_bind_ack(ByteView packet) {
  ByteReader in = TRY(body_of(packet, {PduType::BindAck, PduType::AlterContextResponse}));
  BindAck out;
  out.max_transmit = TRY(in.u16());
  out.max_receive = TRY(in.u16());
  out.group = TRY(in.u32());
  const std::size_t size = TRY(in.u16());
  out.secondary_address = TRY(in.bytes(size));
  if (out.secondary_address.ends_with('\0')) out.secondary_address.pop_back();
  TRY(in.bytes((kAlignment - in.position() % kAlignment) % kAlignment));
  const std::size_t results = TRY(in.u8());
  TRY(in.bytes(3));
  out.results.reserve(results);
  for (std::size_t i = 0; i < results; ++i) {
    ContextResult result;
    result.outcome = static_cast<ContextOutcome>(TRY(in.u16()));
    result.reason = TRY(in.u16());
    result.transfer = TRY(read_syntax(in));
    out.results.push_back(result);
  }
  return out;
}

Bytes write_bind_ack(PduType type, std::uint32_t call_id, const BindAck& ack) {
  ByteWriter out(ByteOrder::Little);
  start_pdu(out, type, kFirstFragment | kLastFragment, call_id);
  out.u16(ack.max_transmit);
  out.u16(ack.max_receive);
  out.u32(ack.group);
  const std::size_t ending = ack.secondary_address.empty() ? 0 : 1;
  out.u16(static_cast<std::uint16_t>(ack.secondary_address.size() + ending));
  out.bytes(ack.secondary_address);
  if (ending == 1) out.u8(0);
  while (out.view().size() % kAlignment != 0) out.u8(0);
  out.u32(static_cast<std::uint32_t>(ack.results.size()));
  for (const ContextResult& result : ack.results) {
    out.u16(static_cast<std::uint16_t>(result.outcome));
    out.u16(result.reason);
    write_syntax(out, result.transfer);
  }
  return finish_pdu(std::move(out));
}

Bytes write_bind_nak(std::uint32_t call_id, std::uint16_t reason) {
  ByteWriter out(ByteOrder::Little);
  start_pdu(out, PduType::BindNak, kFirstFragment | kLastFragment, call_id);
  out.u16(reason);
  out.u8(1);  // one version is spoken: 5.0
  out.u8(5);
  out.u8(0);
  return finish_pdu(std::move(out));
}

bool is_feature_negotiation(const SyntaxId& transfer) {
  Uuid known = kFeatureNegotiation;
  known.rest = transfer.uuid.rest;
  return transfer.uuid == known && transfer.major == 1;
}

}  // namespace muster::wire::rpc
