#include "wire/rpc/pdu.h"

#include <gtest/gtest.h>

#include "base/errors.h"
#include "tests/wire/rpc/golden.h"
#include "wire/errors.h"
#include "wire/rpc/bind.h"
#include "wire/rpc/call_assembly.h"
#include "wire/rpc/endpoint_mapper.h"

namespace muster::wire::rpc {
namespace {

using test::golden;

constexpr SyntaxId kNdr64{
    {0x71710533, 0xbeba, 0x4937, {0x83, 0x19, 0xb5, 0xdb, 0xef, 0x9c, 0xcc, 0x36}}, 1, 0};

TEST(RpcBind, OfImpacketAsksForTheMapperOverNdr) {
  const Bytes packet = golden("impacket_bind");
  const auto header = read_pdu_header(packet).value();
  EXPECT_EQ(header.type, PduType::Bind);
  EXPECT_EQ(header.version, 5);
  EXPECT_EQ(header.fragment_size, packet.size());
  EXPECT_EQ(header.flags & (kFirstFragment | kLastFragment), kFirstFragment | kLastFragment);
  const auto bind = read_bind(packet).value();
  ASSERT_EQ(bind.contexts.size(), 1u);
  EXPECT_EQ(bind.contexts[0].interface, kEndpointMapper);
  EXPECT_EQ(bind.contexts[0].transfer, std::vector{kNdr});
}

TEST(RpcBind, OfRpcclientAsksForTheMapperToo) {
  const auto bind = read_bind(golden("rpcclient_bind")).value();
  ASSERT_FALSE(bind.contexts.empty());
  EXPECT_EQ(bind.contexts[0].interface, kEndpointMapper);
  EXPECT_EQ(bind.contexts[0].transfer.front(), kNdr);
}

TEST(RpcBind, IsWrittenAsImpacketWritesIt) {
  const Bytes packet = golden("impacket_bind");
  const auto header = read_pdu_header(packet).value();
  EXPECT_EQ(to_hex(write_bind(header.call_id, read_bind(packet).value())), to_hex(packet));
}

TEST(RpcBindAck, OfSambaIsReadAndWrittenAsItIs) {
  const Bytes packet = golden("samba_bind_ack");
  const auto ack = read_bind_ack(packet).value();
  EXPECT_EQ(ack.secondary_address, "135");
  ASSERT_EQ(ack.results.size(), 1u);
  EXPECT_EQ(ack.results[0].outcome, ContextOutcome::Accepted);
  EXPECT_EQ(ack.results[0].transfer, kNdr);
  const auto header = read_pdu_header(packet).value();
  EXPECT_EQ(to_hex(write_bind_ack(PduType::BindAck, header.call_id, ack)), to_hex(packet));
}

TEST(RpcBindAck, SaysOfEachContextWhatSambaSaysOfIt) {
  // NDR; NDR64 alone; the question for features; an interface that is not there.
  const auto bind = read_bind(golden("four_contexts_bind")).value();
  ASSERT_EQ(bind.contexts.size(), 4u);
  EXPECT_EQ(bind.contexts[1].transfer, std::vector{kNdr64});
  EXPECT_TRUE(is_feature_negotiation(bind.contexts[2].transfer[0]));
  EXPECT_FALSE(is_feature_negotiation(kNdr));
  const auto ack = read_bind_ack(golden("samba_four_contexts_ack")).value();
  ASSERT_EQ(ack.results.size(), 4u);
  EXPECT_EQ(ack.results[0].outcome, ContextOutcome::Accepted);
  EXPECT_EQ(ack.results[1].outcome, ContextOutcome::ProviderRejected);
  EXPECT_EQ(ack.results[1].reason, kUnknownTransferSyntax);
  EXPECT_EQ(ack.results[2].outcome, ContextOutcome::NegotiateAck);
  EXPECT_EQ(ack.results[3].outcome, ContextOutcome::ProviderRejected);
  EXPECT_EQ(ack.results[3].reason, kUnknownAbstractSyntax);
}

TEST(RpcBind, IsRefusedWhereverItIsCutOff) {
  const Bytes packet = golden("four_contexts_bind");
  for (std::size_t size = 0; size < packet.size(); ++size) {
    Bytes cut = packet.substr(0, size);
    if (size >= kPduHeaderSize) {
      ByteWriter length(ByteOrder::Little);
      length.u16(static_cast<std::uint16_t>(size));
      cut.replace(8, 2, length.view());
    }
    const auto bind = read_bind(cut);
    ASSERT_FALSE(bind.has_value()) << size;
    EXPECT_TRUE(bind.error().is(kShortInput) || bind.error().is(kRpcSyntax)) << size;
  }
}

TEST(RpcBind, WithoutAContextOrATransferSyntaxIsRefused) {
  Bind none;
  EXPECT_TRUE(read_bind(write_bind(1, none)).error().is(kRpcSyntax));
  Bind empty;
  empty.contexts.push_back({0, kEndpointMapper, {}});
  EXPECT_TRUE(read_bind(write_bind(1, empty)).error().is(kRpcSyntax));
}

TEST(RpcHeader, IsRefusedWithAnImpossibleSizeOrByteOrder) {
  Bytes packet = golden("impacket_bind");
  packet[8] = 15;
  packet[9] = 0;
  EXPECT_TRUE(read_pdu_header(packet).error().is(kRpcSyntax));
  packet = golden("impacket_bind");
  packet[4] = 0x20;
  EXPECT_TRUE(read_pdu_header(packet).error().is(kRpcSyntax));
  for (std::size_t size = 0; size < kPduHeaderSize; ++size)
    EXPECT_TRUE(read_pdu_header(packet.substr(0, size)).error().is(kShortInput) ||
                read_pdu_header(packet.substr(0, size)).error().is(kRpcSyntax))
        << size;
}

TEST(RpcHeader, OfABigEndianPeerIsReadInItsOrder) {
  ByteWriter out(ByteOrder::Big);
  out.u32(0x05000003);  // version, type request, first and last
  out.u32(0);           // big endian, ASCII
  out.u16(28);
  out.u16(0);
  out.u32(7);
  out.u32(4);
  out.u16(1);
  out.u16(3);
  out.bytes("stub");
  const auto fragment = read_fragment(out.view()).value();
  EXPECT_EQ(fragment.header.order, ByteOrder::Big);
  EXPECT_EQ(fragment.header.call_id, 7u);
  EXPECT_EQ(fragment.context, 1);
  EXPECT_EQ(fragment.operation, 3);
  EXPECT_EQ(fragment.stub, "stub");
}

TEST(RpcRequest, WithAnObjectKeepsItOutOfTheStub) {
  ByteWriter out(ByteOrder::Little);
  start_pdu(out, PduType::Request, kFirstFragment | kLastFragment | kHasObject, 1);
  out.u32(0);
  out.u16(0);
  out.u16(2);
  write_uuid(out, kNdr.uuid);
  out.bytes("rest");
  const Bytes packet = finish_pdu(std::move(out));
  const auto fragment = read_fragment(packet).value();
  EXPECT_EQ(fragment.object, kNdr.uuid);
  EXPECT_EQ(fragment.stub, "rest");
}

TEST(RpcRequest, WithAuthenticationOrAnotherSizeIsRefused) {
  Bytes packet = write_request(1, 0, 3, "stub");
  EXPECT_TRUE(read_fragment(packet + "x").error().is(kRpcSyntax));
  packet[10] = 16;
  EXPECT_TRUE(read_fragment(packet).error().is(kRpcSyntax));
}

TEST(RpcFault, OfSambaNamesItsStatus) {
  const auto fault = read_fault(golden("samba_fault")).value();
  EXPECT_EQ(fault.status, kFaultOperationRange);
  const auto own = read_fault(write_fault({9, 2, kFaultAccessDenied})).value();
  EXPECT_EQ(own.call_id, 9u);
  EXPECT_EQ(own.context, 2);
  EXPECT_EQ(own.status, kFaultAccessDenied);
}

TEST(RpcFault, IsWrittenAsSambaWritesIt) {
  Bytes packet = golden("samba_fault");
  packet.replace(kPduHeaderSize, 4, 4, '\0');  // the hint for memory is each writer's own
  EXPECT_EQ(to_hex(write_fault(read_fault(packet).value())), to_hex(packet));
}

TEST(RpcResponse, ComesInFragmentsThatThePeerCanTake) {
  const Bytes stub(5000, 's');
  const Bytes packets = write_response(3, 1, stub, 100);  // less than everybody must take
  CallAssembly assembly(stub.size());
  ByteView rest = packets;
  int count = 0;
  std::optional<WholeCall> whole;
  while (!rest.empty()) {
    const auto header = read_pdu_header(rest).value();
    EXPECT_LE(header.fragment_size, kLeastFragment);
    EXPECT_FALSE(whole.has_value());
    whole = assembly.add(read_fragment(rest.substr(0, header.fragment_size)).value()).value();
    rest.remove_prefix(header.fragment_size);
    ++count;
  }
  EXPECT_EQ(count, 4);
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->stub, stub);
  EXPECT_EQ(whole->header.call_id, 3u);
}

TEST(RpcResponse, WithoutAStubIsOnePacket) {
  const Bytes packet = write_response(3, 1, "", 4000);
  EXPECT_EQ(read_pdu_header(packet).value().fragment_size, packet.size());
  EXPECT_EQ(read_fragment(packet).value().stub, "");
}

Fragment part_of_call(std::uint8_t flags, std::uint32_t call_id, ByteView stub) {
  Fragment out;
  out.header.flags = flags;
  out.header.call_id = call_id;
  out.stub = stub;
  return out;
}

TEST(RpcCallAssembly, TakesFragmentsInTheirTurnOnly) {
  CallAssembly assembly(100);
  EXPECT_TRUE(assembly.add(part_of_call(0, 1, "a")).error().is(kRpcSyntax));
  EXPECT_FALSE(assembly.add(part_of_call(kFirstFragment, 1, "a")).value().has_value());
  EXPECT_TRUE(assembly.add(part_of_call(kFirstFragment, 1, "a")).error().is(kRpcSyntax));
  EXPECT_FALSE(assembly.add(part_of_call(kFirstFragment, 1, "a")).value().has_value());
  EXPECT_TRUE(assembly.add(part_of_call(0, 2, "b")).error().is(kRpcSyntax));
  EXPECT_FALSE(assembly.add(part_of_call(kFirstFragment, 1, "a")).value().has_value());
  EXPECT_FALSE(assembly.add(part_of_call(0, 1, "b")).value().has_value());
  EXPECT_EQ(assembly.add(part_of_call(kLastFragment, 1, "c")).value()->stub, "abc");
}

TEST(RpcCallAssembly, StopsAtItsLimit) {
  CallAssembly assembly(8);
  EXPECT_FALSE(assembly.add(part_of_call(kFirstFragment, 1, "12345678")).value().has_value());
  EXPECT_TRUE(assembly.add(part_of_call(0, 1, "9")).error().is(kRpcLimit));
  EXPECT_EQ(assembly.add(part_of_call(kFirstFragment | kLastFragment, 1, "12345678")).value()->stub,
            "12345678");
}

TEST(RpcCallAssembly, ForgetsAnOrphanedCall) {
  CallAssembly assembly(8);
  EXPECT_FALSE(assembly.add(part_of_call(kFirstFragment, 1, "a")).value().has_value());
  assembly.abandon(2);
  assembly.abandon(1);
  EXPECT_TRUE(assembly.add(part_of_call(kFirstFragment | kLastFragment, 2, "b")).value());
}

}  // namespace
}  // namespace muster::wire::rpc
