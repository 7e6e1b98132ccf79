#include "wire/rpc/endpoint_mapper.h"

#include <gtest/gtest.h>

#include "base/errors.h"
#include "tests/wire/rpc/golden.h"
#include "wire/errors.h"
#include "wire/rpc/pdu.h"

namespace muster::wire::rpc {
namespace {

using test::golden;

// [MS-SAMR] 1.9: what is looked for where the packets were caught.
constexpr SyntaxId kSamr{
    {0x12345778, 0x1234, 0xabcd, {0xef, 0x00, 0x01, 0x23, 0x45, 0x67, 0x89, 0xac}}, 1, 0};

Fragment fragment_of(const Bytes& packet) { return read_fragment(packet).value(); }

TEST(MapRequest, OfImpacketNamesTheInterfaceAndTcp) {
  const Bytes packet = golden("impacket_map_request");
  const auto fragment = fragment_of(packet);
  EXPECT_EQ(fragment.operation, static_cast<std::uint16_t>(MapperCall::Map));
  const auto request = read_map_request(fragment.stub, fragment.header.order).value();
  ASSERT_TRUE(request.tower.has_value());
  EXPECT_EQ(request.tower->interface, kSamr);
  EXPECT_EQ(request.tower->transfer, kNdr);
  EXPECT_TRUE(request.tower->is_tcp());
  EXPECT_TRUE(request.handle.is_nil());
  EXPECT_GE(request.max_towers, 1u);
}

TEST(MapAnswer, OfSambaHoldsThePortThatItListensOn) {
  const Bytes packet = golden("samba_map_answer");
  const auto fragment = fragment_of(packet);
  const auto answer = read_map_answer(fragment.stub, fragment.header.order).value();
  EXPECT_EQ(answer.status, kMapperOk);
  ASSERT_FALSE(answer.towers.empty());
  EXPECT_EQ(answer.towers[0].interface, kSamr);
  EXPECT_TRUE(answer.towers[0].is_tcp());
  EXPECT_GE(answer.towers[0].tcp_port, 1024);
}

TEST(MapAnswer, IsWrittenAsSambaWritesIt) {
  const Bytes packet = golden("samba_map_answer");
  const auto fragment = fragment_of(packet);
  const auto answer = read_map_answer(fragment.stub, fragment.header.order).value();
  const auto again = read_map_answer(write_map_answer(answer), ByteOrder::Little).value();
  EXPECT_EQ(again.towers, answer.towers);
  EXPECT_EQ(again.handle, answer.handle);
  EXPECT_EQ(again.max_towers, answer.max_towers);
  EXPECT_EQ(write_map_answer(answer).size(), fragment.stub.size());
}

TEST(LookupRequest, OfRpcclientAsksForOneEntryAtATime) {
  const Bytes packet = golden("rpcclient_lookup_request");
  const auto fragment = fragment_of(packet);
  EXPECT_EQ(fragment.operation, static_cast<std::uint16_t>(MapperCall::Lookup));
  const auto request = read_lookup_request(fragment.stub, fragment.header.order).value();
  EXPECT_EQ(request.inquiry, Inquiry::All);
  EXPECT_FALSE(request.object.has_value());
  EXPECT_FALSE(request.interface.has_value());
  EXPECT_TRUE(request.handle.is_nil());
  EXPECT_EQ(request.max_entries, 1u);
}

TEST(LookupRequest, OfRpcclientGoesOnWithTheHandleThatItWasGiven) {
  const Bytes answer = golden("samba_lookup_answer");
  const Bytes next = golden("rpcclient_lookup_next");
  const auto fragment = fragment_of(next);
  const auto request = read_lookup_request(fragment.stub, fragment.header.order).value();
  EXPECT_FALSE(request.handle.is_nil());
  EXPECT_EQ(fragment_of(answer).stub.substr(0, 20), fragment.stub.substr(16, 20));
}

TEST(LookupRequest, OfImpacketsRpcdumpAsksForAll) {
  const Bytes packet = golden("impacket_lookup_request");
  const auto fragment = fragment_of(packet);
  const auto request = read_lookup_request(fragment.stub, fragment.header.order).value();
  EXPECT_EQ(request.inquiry, Inquiry::All);
  EXPECT_GT(request.max_entries, 1u);
}

// The stub that Samba sent for one entry, with our own values in it.
TEST(LookupAnswer, IsWrittenAsSambaWritesIt) {
  const Bytes packet = golden("samba_lookup_answer");
  const ByteView stub = fragment_of(packet).stub;
  // Handle, count, room, offset, count; object, pointer, offset and size of the annotation.
  ByteReader in(stub, ByteOrder::Little);
  LookupAnswer answer;
  answer.max_entries = 1;
  answer.handle.attributes = in.u32().value();
  answer.handle.uuid = read_uuid(in).value();
  EXPECT_EQ(in.u32().value(), 1u);
  EXPECT_EQ(in.u32().value(), 1u);
  EXPECT_EQ(in.u32().value(), 0u);
  EXPECT_EQ(in.u32().value(), 1u);
  MapperEntry entry;
  entry.object = read_uuid(in).value();
  EXPECT_NE(in.u32().value(), 0u);
  EXPECT_EQ(in.u32().value(), 0u);
  const std::uint32_t size = in.u32().value();
  ASSERT_LE(size, kAnnotationLimit + 1);
  entry.annotation = Bytes(in.bytes(size).value()).substr(0, size - 1);
  answer.entries.push_back(entry);
  answer.entries[0].tower.tcp_port = 1025;
  const Bytes own = write_lookup_answer(answer);
  // Up to the number of the pointer, which is each writer's own.
  EXPECT_EQ(to_hex(own.substr(0, 52)), to_hex(stub.substr(0, 52)));
  EXPECT_EQ(to_hex(own.substr(56, 8 + size)), to_hex(stub.substr(56, 8 + size)));
}

TEST(MapperStubs, AreRefusedWhereverTheyAreCutOff) {
  const Bytes map = golden("impacket_map_request");
  const ByteView map_stub = fragment_of(map).stub;
  for (std::size_t size = 0; size < map_stub.size(); ++size)
    EXPECT_FALSE(read_map_request(map_stub.substr(0, size), ByteOrder::Little)) << size;
  const Bytes lookup = golden("rpcclient_lookup_request");
  const ByteView lookup_stub = fragment_of(lookup).stub;
  for (std::size_t size = 0; size < lookup_stub.size(); ++size)
    EXPECT_FALSE(read_lookup_request(lookup_stub.substr(0, size), ByteOrder::Little)) << size;
  const Bytes answer = golden("samba_map_answer");
  const ByteView answer_stub = fragment_of(answer).stub;
  for (std::size_t size = 0; size < answer_stub.size(); ++size)
    EXPECT_FALSE(read_map_answer(answer_stub.substr(0, size), ByteOrder::Little)) << size;
}

TEST(MapperStubs, OfABigEndianPeerAreReadInItsOrder) {
  const Bytes tower = write_tower({.interface = kSamr, .tcp_port = 1025});
  ByteWriter out(ByteOrder::Big);
  out.u32(1);  // an object
  write_uuid(out, kNdr.uuid);
  out.u32(2);
  out.u32(static_cast<std::uint32_t>(tower.size()));
  out.u32(static_cast<std::uint32_t>(tower.size()));
  out.bytes(tower);
  while (out.view().size() % 4 != 0) out.u8(0);
  out.bytes(Bytes(20, '\0'));
  out.u32(4);
  const auto request = read_map_request(out.view(), ByteOrder::Big).value();
  EXPECT_EQ(request.object, kNdr.uuid);
  EXPECT_EQ(request.tower->interface, kSamr);
  EXPECT_EQ(request.max_towers, 4u);
}

TEST(MapRequest, IsReadAsItWasWritten) {
  MapRequest request;
  request.object = kNdr.uuid;
  request.tower.emplace();
  request.tower->interface = kSamr;
  request.handle.uuid = kNdr.uuid;
  request.max_towers = 9;
  const auto again = read_map_request(write_map_request(request), ByteOrder::Little).value();
  EXPECT_EQ(again.object, request.object);
  EXPECT_EQ(again.tower, request.tower);
  EXPECT_EQ(again.handle, request.handle);
  EXPECT_EQ(again.max_towers, 9u);
  const auto empty = read_map_request(write_map_request({}), ByteOrder::Little).value();
  EXPECT_FALSE(empty.object.has_value());
  EXPECT_FALSE(empty.tower.has_value());
}

TEST(MapAnswer, WithMoreTowersThanAnybodyNeedsIsRefused) {
  MapAnswer answer;
  answer.max_towers = 65;
  answer.towers.resize(65);
  EXPECT_TRUE(read_map_answer(write_map_answer(answer), ByteOrder::Little).error().is(kRpcLimit));
  answer.towers.resize(64);
  EXPECT_EQ(read_map_answer(write_map_answer(answer), ByteOrder::Little)->towers.size(), 64u);
}

TEST(Tower, HoldsPortAndAddressInNetworkOrder) {
  const Bytes octets =
      write_tower({.interface = kSamr, .tcp_port = 0x1234, .address = {10, 0, 0, 7}});
  EXPECT_TRUE(
      octets.ends_with(ByteView("\x01\x00\x07\x02\x00\x12\x34"
                                "\x01\x00\x09\x04\x00\x0a\x00\x00\x07",
                                16)));
  const Tower again = read_tower(octets).value();
  EXPECT_EQ(again.tcp_port, 0x1234);
  EXPECT_EQ(again.address, (IpV4{10, 0, 0, 7}));
  EXPECT_EQ(again.interface, kSamr);
}

TEST(Tower, OfAnotherTransportIsKnownByItsNumber) {
  Bytes octets = write_tower({.interface = kSamr, .tcp_port = 1025});
  const std::size_t tcp = octets.size() - 16 + 2;
  octets[tcp] = 0x0f;  // a named pipe
  const Tower tower = read_tower(octets).value();
  EXPECT_FALSE(tower.is_tcp());
  EXPECT_EQ(tower.transport, 0x0f);
}

TEST(Tower, IsRefusedWhereverItIsCutOff) {
  const Bytes octets = write_tower({.interface = kSamr, .tcp_port = 1025});
  for (std::size_t size = 0; size < octets.size(); ++size) {
    const auto tower = read_tower(octets.substr(0, size));
    ASSERT_FALSE(tower.has_value()) << size;
    EXPECT_TRUE(tower.error().is(kShortInput) || tower.error().is(kRpcSyntax)) << size;
  }
}

TEST(Tower, WithTooFewOrTooManyFloorsOrBytesIsRefused) {
  Bytes octets = write_tower({.interface = kSamr, .tcp_port = 1025});
  octets[0] = 3;
  EXPECT_TRUE(read_tower(octets).error().is(kRpcSyntax));
  octets[0] = 17;
  EXPECT_TRUE(read_tower(octets).error().is(kRpcSyntax));
  octets[0] = 5;
  octets[4] = 0x0e;  // no UUID in the first floor
  EXPECT_TRUE(read_tower(octets).error().is(kRpcSyntax));
  EXPECT_TRUE(read_tower(Bytes(kTowerLimit + 1, '\0')).error().is(kRpcLimit));
}

}  // namespace
}  // namespace muster::wire::rpc
