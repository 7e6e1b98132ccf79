#include "transport/mapper_datagram.h"

#include <gtest/gtest.h>

#include "wire/rpc/datagram.h"
#include "wire/rpc/endpoint_mapper.h"
#include "wire/rpc/pdu.h"

namespace muster::transport {
namespace {

using wire::rpc::Datagram;
using wire::rpc::DatagramType;
using wire::rpc::MapperCall;
using wire::rpc::SyntaxId;

constexpr std::uint32_t kBoot = 77;

constexpr SyntaxId interface_number(std::uint8_t number) {
  return {{0x1000, 0, 0, {number}}, 1, 0};
}

class MapperDatagramTest : public testing::Test {
 protected:
  void SetUp() override {
    for (std::uint8_t i = 1; i <= 6; ++i)
      endpoints.set({interface_number(i), static_cast<std::uint16_t>(2000 + i), {}, "role"});
    asked.interface = wire::rpc::kEndpointMapper;
    asked.activity.time_low = 5;
    asked.sequence = 9;
  }
  Bytes send(MapperCall operation, ByteView body) {
    asked.operation = static_cast<std::uint16_t>(operation);
    asked.body = body;
    bytes = answer_datagram(wire::rpc::write_datagram(asked), endpoints, {10, 0, 0, 1}, kBoot);
    return bytes;
  }
  // Of the last answer.
  Datagram answer() const { return wire::rpc::read_datagram(bytes).value(); }
  std::uint32_t status() const {
    ByteReader in(answer().body, ByteOrder::Little);
    return in.u32().value();
  }
  wire::rpc::MapAnswer map(const SyntaxId& interface) {
    wire::rpc::MapRequest request;
    request.tower.emplace();
    request.tower->interface = interface;
    request.max_towers = 4;
    send(MapperCall::Map, wire::rpc::write_map_request(request));
    return wire::rpc::read_map_answer(answer().body, ByteOrder::Little).value();
  }

  EndpointList endpoints;
  Datagram asked;
  Bytes bytes;
};

// A request for all entries, with the handle of the answer before.
Bytes lookup_request(ByteView handle, std::uint32_t most) {
  ByteWriter out(ByteOrder::Little);
  for (int i = 0; i < 3; ++i) out.u32(0);  // all; no object, no interface
  out.u32(1);
  out.bytes(handle);
  out.u32(most);
  return std::move(out).take();
}

TEST_F(MapperDatagramTest, MapsAnInterfaceInTheActivityThatAsked) {
  const auto towers = map(interface_number(2)).towers;
  ASSERT_EQ(towers.size(), 1u);
  EXPECT_EQ(towers[0].tcp_port, 2002);
  EXPECT_EQ(towers[0].address, (wire::rpc::IpV4{10, 0, 0, 1}));
  EXPECT_EQ(answer().type, DatagramType::Response);
  EXPECT_EQ(answer().activity, asked.activity);
  EXPECT_EQ(answer().sequence, 9u);
  EXPECT_EQ(answer().server_boot, kBoot);
  EXPECT_EQ(map(interface_number(7)).status, wire::rpc::kMapperNotRegistered);
}

TEST_F(MapperDatagramTest, ListsInPartsWithoutAMemoryOfThem) {
  Bytes handle(20, '\0');
  std::vector<std::uint32_t> counts;
  for (int i = 0; i < 5; ++i) {
    send(MapperCall::Lookup, lookup_request(handle, 500));
    ByteReader in(answer().body, ByteOrder::Little);
    handle = in.bytes(20).value();
    counts.push_back(in.u32().value());
    EXPECT_LE(bytes.size(), 1000u);
    if (handle == Bytes(20, '\0')) break;
  }
  EXPECT_EQ(counts, (std::vector<std::uint32_t>{4, 2}));
}

TEST_F(MapperDatagramTest, EndsAListThatEndsWithAFullPart) {
  for (std::uint8_t i = 5; i <= 6; ++i) endpoints.remove(interface_number(i));
  send(MapperCall::Lookup, lookup_request(Bytes(20, '\0'), 500));
  const Bytes handle(answer().body.substr(0, 20));
  EXPECT_NE(handle, Bytes(20, '\0'));
  send(MapperCall::Lookup, lookup_request(handle, 500));
  EXPECT_EQ(answer().body.substr(0, 24), Bytes(24, '\0'));
}

TEST_F(MapperDatagramTest, RefusesAHandleThatItNeverGave) {
  send(MapperCall::Lookup, lookup_request(Bytes(20, 'h'), 500));
  EXPECT_EQ(answer().type, DatagramType::Fault);
  EXPECT_EQ(status(), wire::rpc::kFaultContextMismatch);
}

TEST_F(MapperDatagramTest, RejectsAnotherInterfaceAndAnEarlierRun) {
  asked.interface = interface_number(1);
  send(MapperCall::Map, "");
  EXPECT_EQ(answer().type, DatagramType::Reject);
  EXPECT_EQ(status(), wire::rpc::kFaultUnknownInterface);
  asked.interface = wire::rpc::kEndpointMapper;
  asked.server_boot = kBoot - 1;
  send(MapperCall::Map, "");
  EXPECT_EQ(status(), 0x1c010006u);
  asked.server_boot = kBoot;
  EXPECT_EQ(map(interface_number(1)).towers.size(), 1u);
}

TEST_F(MapperDatagramTest, LetsNobodyRegisterFromOutside) {
  send(MapperCall::Insert, "");
  EXPECT_EQ(answer().type, DatagramType::Fault);
  EXPECT_EQ(status(), wire::rpc::kFaultAccessDenied);
  send(static_cast<MapperCall>(50), "");
  EXPECT_EQ(status(), wire::rpc::kFaultOperationRange);
  send(MapperCall::Map, "cut off");
  EXPECT_EQ(status(), wire::rpc::kFaultNdr);
}

TEST_F(MapperDatagramTest, TellsAPingThatThereIsNoCall) {
  asked.type = DatagramType::Ping;
  send(MapperCall::Map, "");
  EXPECT_EQ(answer().type, DatagramType::NoCall);
}

TEST_F(MapperDatagramTest, SendsNothingThatNobodyHasToHave) {
  wire::rpc::MapRequest request;
  request.max_towers = 1;
  const Bytes body = wire::rpc::write_map_request(request);
  for (const std::uint8_t flag :
       {wire::rpc::kFragmented, wire::rpc::kMaybe, wire::rpc::kBroadcast}) {
    asked.flags = flag;
    EXPECT_EQ(send(MapperCall::Map, body), "");
  }
  asked.flags = 0;
  asked.authentication = 9;
  EXPECT_EQ(send(MapperCall::Map, body), "");
  asked.authentication = 0;
  for (const auto type : {DatagramType::Response, DatagramType::Fault, DatagramType::Reject,
                          DatagramType::NoCall, static_cast<DatagramType>(10)}) {
    asked.type = type;
    EXPECT_EQ(send(MapperCall::Map, body), "");
  }
  asked.type = DatagramType::Request;
  const Bytes whole = wire::rpc::write_datagram(asked);
  ASSERT_NE(answer_datagram(whole, endpoints, {}, kBoot), "");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(answer_datagram(whole.substr(0, size), endpoints, {}, kBoot), "") << size;
  EXPECT_EQ(answer_datagram(whole + "x", endpoints, {}, kBoot), "");
  EXPECT_EQ(answer_datagram("\x05" + whole.substr(1), endpoints, {}, kBoot), "");
}

TEST(RpcDatagram, OfABigEndianPeerIsReadInItsOrder) {
  ByteWriter out(ByteOrder::Big);
  out.u32(0x04000000);
  out.u32(0);
  wire::rpc::write_uuid(out, {});
  wire::rpc::write_uuid(out, wire::rpc::kEndpointMapper.uuid);
  wire::rpc::write_uuid(out, wire::rpc::kNdr.uuid);
  out.u32(1);
  out.u32(3);
  out.u32(2);
  out.u16(3);
  out.u32(0xffffffff);
  out.u16(4);
  out.u32(0);
  out.bytes("body");
  const auto datagram = wire::rpc::read_datagram(out.view()).value();
  EXPECT_EQ(datagram.order, ByteOrder::Big);
  EXPECT_EQ(datagram.interface, wire::rpc::kEndpointMapper);
  EXPECT_EQ(datagram.activity, wire::rpc::kNdr.uuid);
  EXPECT_EQ(datagram.sequence, 2u);
  EXPECT_EQ(datagram.operation, 3);
  EXPECT_EQ(datagram.body, "body");
}

}  // namespace
}  // namespace muster::transport
