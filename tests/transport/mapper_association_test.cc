#include "transport/mapper_association.h"

#include <gtest/gtest.h>

#include "tests/wire/rpc/golden.h"
#include "wire/rpc/pdu.h"

namespace muster::transport {
namespace {

using wire::rpc::ContextOutcome;
using wire::rpc::PduType;
using wire::rpc::SyntaxId;
using wire::rpc::test::golden;

constexpr SyntaxId interface_number(std::uint8_t number, std::uint16_t minor = 0) {
  return {{0x1000, 0, 0, {number}}, 1, minor};
}

class MapperAssociationTest : public testing::Test {
 protected:
  void SetUp() override {
    endpoints.set({interface_number(2), 2002, {}, "second"});
    endpoints.set({interface_number(1, 3), 2001, {}, "first"});
    endpoints.set({interface_number(3), 2003, {192, 0, 2, 9}, "elsewhere"});
  }
  // All that comes back; empty and closed is told apart by `open`.
  Bytes exchange(ByteView bytes) {
    Bytes answer;
    open = association.receive(bytes, answer);
    return answer;
  }
  void bind() {
    wire::rpc::Bind request;
    request.max_transmit = request.max_receive = 4280;
    request.contexts.push_back({0, wire::rpc::kEndpointMapper, {wire::rpc::kNdr}});
    const auto ack = wire::rpc::read_bind_ack(exchange(wire::rpc::write_bind(1, request)));
    ASSERT_TRUE(ack.has_value());
    ASSERT_EQ(ack->results.at(0).outcome, ContextOutcome::Accepted);
  }
  Bytes call(wire::rpc::MapperCall operation, ByteView stub, std::uint16_t context = 0) {
    return exchange(
        wire::rpc::write_request(7, context, static_cast<std::uint16_t>(operation), stub));
  }
  wire::rpc::MapAnswer map(const SyntaxId& interface, std::uint32_t most = 4,
                           wire::rpc::LookupHandle handle = {}) {
    wire::rpc::MapRequest request;
    request.tower.emplace();
    request.tower->interface = interface;
    request.max_towers = most;
    request.handle = handle;
    const Bytes packet = call(wire::rpc::MapperCall::Map, wire::rpc::write_map_request(request));
    return wire::rpc::read_map_answer(wire::rpc::read_fragment(packet).value().stub,
                                      ByteOrder::Little)
        .value();
  }
  static std::uint32_t fault_of(ByteView packet) {
    return wire::rpc::read_fault(packet).value().status;
  }

  EndpointList endpoints;
  SeededRandom random{1};
  MapperAssociation association{endpoints, random, {{10, 0, 0, 1}, 2135}};
  bool open = true;
};

TEST_F(MapperAssociationTest, AnswersImpacketsBindWithItsPort) {
  const auto ack = wire::rpc::read_bind_ack(exchange(golden("impacket_bind"))).value();
  EXPECT_TRUE(open);
  EXPECT_EQ(ack.secondary_address, "2135");
  EXPECT_NE(ack.group, 0u);
  ASSERT_EQ(ack.results.size(), 1u);
  EXPECT_EQ(ack.results[0].outcome, ContextOutcome::Accepted);
}

TEST_F(MapperAssociationTest, JudgesContextsAsSambaDoes) {
  const auto own = wire::rpc::read_bind_ack(exchange(golden("four_contexts_bind"))).value();
  const auto samba = wire::rpc::read_bind_ack(golden("samba_four_contexts_ack")).value();
  ASSERT_EQ(own.results.size(), samba.results.size());
  for (std::size_t i = 0; i < own.results.size(); ++i) {
    EXPECT_EQ(own.results[i].outcome, samba.results[i].outcome) << i;
    EXPECT_EQ(own.results[i].transfer, samba.results[i].transfer) << i;
    // The features are each server's own: there are none here.
    if (own.results[i].outcome == ContextOutcome::NegotiateAck) continue;
    EXPECT_EQ(own.results[i].reason, samba.results[i].reason) << i;
  }
}

TEST_F(MapperAssociationTest, TellsNothingOfWhatIsNotRegistered) {
  exchange(golden("impacket_bind"));
  const Bytes packet = exchange(golden("impacket_map_request"));
  const auto answer =
      wire::rpc::read_map_answer(wire::rpc::read_fragment(packet).value().stub, ByteOrder::Little)
          .value();
  EXPECT_EQ(answer.status, wire::rpc::kMapperNotRegistered);
  EXPECT_TRUE(answer.towers.empty());
  EXPECT_TRUE(answer.handle.is_nil());
}

TEST_F(MapperAssociationTest, MapsAnInterfaceToItsPortAtTheAddressThatWasAsked) {
  bind();
  const auto answer = map(interface_number(2));
  EXPECT_EQ(answer.status, wire::rpc::kMapperOk);
  ASSERT_EQ(answer.towers.size(), 1u);
  EXPECT_EQ(answer.towers[0].interface, interface_number(2));
  EXPECT_EQ(answer.towers[0].tcp_port, 2002);
  EXPECT_EQ(answer.towers[0].address, (wire::rpc::IpV4{10, 0, 0, 1}));
}

TEST_F(MapperAssociationTest, MapsAnInterfaceOfAnotherHostToThatHost) {
  bind();
  EXPECT_EQ(map(interface_number(3)).towers.at(0).address, (wire::rpc::IpV4{192, 0, 2, 9}));
}

TEST_F(MapperAssociationTest, MapsOnlyToACompatibleVersion) {
  bind();
  EXPECT_EQ(map(interface_number(1, 0)).towers.size(), 1u);
  EXPECT_EQ(map(interface_number(1, 3)).towers.size(), 1u);
  EXPECT_EQ(map(interface_number(1, 4)).status, wire::rpc::kMapperNotRegistered);
  SyntaxId other = interface_number(1);
  other.major = 2;
  EXPECT_EQ(map(other).status, wire::rpc::kMapperNotRegistered);
}

TEST_F(MapperAssociationTest, FollowsAnInterfaceThatMovedOrWent) {
  bind();
  endpoints.set({interface_number(2), 3002, {}, "second"});
  EXPECT_EQ(map(interface_number(2)).towers.at(0).tcp_port, 3002);
  endpoints.remove(interface_number(2));
  EXPECT_EQ(map(interface_number(2)).status, wire::rpc::kMapperNotRegistered);
}

TEST_F(MapperAssociationTest, ListsOneEntryAtATimeUntilThereIsNone) {
  exchange(golden("rpcclient_bind"));
  const Bytes first = golden("rpcclient_lookup_request");
  Bytes packet = exchange(first);
  std::vector<std::string> seen;
  for (int i = 0; i < 10; ++i) {
    const auto fragment = wire::rpc::read_fragment(packet).value();
    ByteReader in(fragment.stub, ByteOrder::Little);
    const Bytes handle(in.bytes(20).value());
    if (in.u32().value() == 0) {
      EXPECT_EQ(handle, Bytes(20, '\0'));
      in.bytes(12).value();
      EXPECT_EQ(in.u32().value(), wire::rpc::kMapperNotRegistered);
      break;
    }
    EXPECT_NE(handle, Bytes(20, '\0'));
    in.bytes(12 + 16 + 4 + 4).value();
    seen.emplace_back(in.bytes(in.u32().value()).value());
    // As rpcclient goes on: the same call with the handle that it was given.
    Bytes next = first;
    next.replace(24 + 16, 20, handle);
    packet = exchange(next);
  }
  EXPECT_EQ(seen, (std::vector<std::string>{{"first\0", 6}, {"second\0", 7}, {"elsewhere\0", 10}}));
}

TEST_F(MapperAssociationTest, KeepsAListAsItWasWhenItWasAskedFor) {
  bind();
  const auto some = map(interface_number(2), 1);
  ASSERT_FALSE(some.handle.is_nil());
  endpoints.set({interface_number(2), 3002, {}, "second"});
  const auto rest = map(interface_number(2), 1, some.handle);
  EXPECT_EQ(rest.status, wire::rpc::kMapperNotRegistered);
  EXPECT_TRUE(rest.handle.is_nil());
}

TEST_F(MapperAssociationTest, ForgetsHandlesThatAreFreedAndTheOldestOnesOfMany) {
  bind();
  const auto some = map(interface_number(2), 1);
  ByteWriter handle(ByteOrder::Little);
  handle.u32(some.handle.attributes);
  wire::rpc::write_uuid(handle, some.handle.uuid);
  const auto free = wire::rpc::MapperCall::LookupHandleFree;
  EXPECT_EQ(wire::rpc::read_fragment(call(free, handle.view())).value().stub, Bytes(24, '\0'));
  EXPECT_EQ(fault_of(call(free, handle.view())), wire::rpc::kFaultContextMismatch);
  const auto oldest = map(interface_number(2), 1);
  for (std::size_t i = 0; i < AssociationLimits().handles; ++i) map(interface_number(2), 1);
  wire::rpc::MapRequest request;
  request.handle = oldest.handle;
  request.max_towers = 1;
  EXPECT_EQ(fault_of(call(wire::rpc::MapperCall::Map, wire::rpc::write_map_request(request))),
            wire::rpc::kFaultContextMismatch);
}

TEST_F(MapperAssociationTest, LetsNobodyRegisterFromOutside) {
  bind();
  for (const auto operation : {wire::rpc::MapperCall::Insert, wire::rpc::MapperCall::Delete,
                               wire::rpc::MapperCall::ManagementDelete})
    EXPECT_EQ(fault_of(call(operation, "")), wire::rpc::kFaultAccessDenied);
  EXPECT_EQ(endpoints.snapshot()->size(), 3u);
  EXPECT_TRUE(open);
}

TEST_F(MapperAssociationTest, FaultsWhatItDoesNotKnowAndGoesOn) {
  bind();
  EXPECT_EQ(fault_of(call(static_cast<wire::rpc::MapperCall>(99), "")),
            wire::rpc::kFaultOperationRange);
  EXPECT_EQ(fault_of(call(wire::rpc::MapperCall::Map, "cut off")), wire::rpc::kFaultNdr);
  EXPECT_EQ(fault_of(call(wire::rpc::MapperCall::Lookup, "")), wire::rpc::kFaultNdr);
  EXPECT_EQ(fault_of(call(wire::rpc::MapperCall::Map, "", 5)), wire::rpc::kFaultUnknownInterface);
  EXPECT_TRUE(open);
  EXPECT_EQ(map(interface_number(2)).towers.size(), 1u);
}

TEST_F(MapperAssociationTest, AnswersNoRoomWithAStatus) {
  bind();
  EXPECT_EQ(map(interface_number(2), 0).status, wire::rpc::kMapperCannotPerform);
}

TEST_F(MapperAssociationTest, ReadsPacketsHoweverTheyAreCut) {
  const Bytes all = golden("impacket_bind") + golden("impacket_map_request");
  Bytes whole;
  {
    SeededRandom same(1);
    MapperAssociation other(endpoints, same, {{10, 0, 0, 1}, 2135});
    ASSERT_TRUE(other.receive(all, whole));
  }
  Bytes answer;
  for (const char byte : all) ASSERT_TRUE(association.receive({&byte, 1}, answer));
  EXPECT_EQ(to_hex(answer), to_hex(whole));
}

TEST_F(MapperAssociationTest, PutsARequestTogetherFromItsFragments) {
  bind();
  wire::rpc::MapRequest request;
  request.tower.emplace();
  request.tower->interface = interface_number(2);
  request.max_towers = 1;
  const Bytes stub = wire::rpc::write_map_request(request);
  Bytes first = wire::rpc::write_request(7, 0, 3, stub.substr(0, 40));
  Bytes last = wire::rpc::write_request(7, 0, 3, stub.substr(40));
  first[3] = static_cast<char>(wire::rpc::kFirstFragment);
  last[3] = static_cast<char>(wire::rpc::kLastFragment);
  EXPECT_EQ(exchange(first), "");
  EXPECT_TRUE(open);
  const Bytes packet = exchange(last);
  const auto fragment = wire::rpc::read_fragment(packet).value();
  EXPECT_EQ(wire::rpc::read_map_answer(fragment.stub, ByteOrder::Little)->towers.size(), 1u);
}

TEST_F(MapperAssociationTest, EndsWhenFragmentsAreOfDifferentCallsOrTooMany) {
  bind();
  Bytes first = wire::rpc::write_request(7, 0, 3, Bytes(4000, 'x'));
  first[3] = static_cast<char>(wire::rpc::kFirstFragment);
  Bytes next = first;
  next[3] = 0;
  exchange(first);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(exchange(next), "");
  EXPECT_EQ(fault_of(exchange(next)), wire::rpc::kFaultProtocol);
  EXPECT_FALSE(open);
}

TEST_F(MapperAssociationTest, DropsAnOrphanedCall) {
  bind();
  Bytes first = wire::rpc::write_request(7, 0, 3, "part");
  first[3] = static_cast<char>(wire::rpc::kFirstFragment);
  exchange(first);
  ByteWriter orphaned(ByteOrder::Little);
  wire::rpc::start_pdu(orphaned, PduType::Orphaned, 3, 7);
  EXPECT_EQ(exchange(wire::rpc::finish_pdu(std::move(orphaned))), "");
  EXPECT_EQ(map(interface_number(2)).towers.size(), 1u);
}

TEST_F(MapperAssociationTest, TakesAnotherContextByAlterContext) {
  bind();
  wire::rpc::Bind more;
  more.contexts.push_back({4, wire::rpc::kEndpointMapper, {wire::rpc::kNdr}});
  Bytes packet = wire::rpc::write_bind(2, more);
  packet[2] = static_cast<char>(PduType::AlterContext);
  const Bytes answer = exchange(packet);
  EXPECT_EQ(wire::rpc::read_pdu_header(answer)->type, PduType::AlterContextResponse);
  EXPECT_EQ(wire::rpc::read_bind_ack(answer)->secondary_address, "");
  EXPECT_EQ(fault_of(call(static_cast<wire::rpc::MapperCall>(99), "", 4)),
            wire::rpc::kFaultOperationRange);
}

TEST_F(MapperAssociationTest, HoldsOnlySoManyContexts) {
  wire::rpc::Bind many;
  for (std::uint16_t id = 0; id < 12; ++id)
    many.contexts.push_back({id, wire::rpc::kEndpointMapper, {wire::rpc::kNdr}});
  const auto ack = wire::rpc::read_bind_ack(exchange(wire::rpc::write_bind(1, many))).value();
  EXPECT_EQ(ack.results[7].outcome, ContextOutcome::Accepted);
  EXPECT_EQ(ack.results[8].outcome, ContextOutcome::ProviderRejected);
  EXPECT_EQ(ack.results[8].reason, wire::rpc::kLocalLimit);
}

// Each in a connection of its own.
std::string end_of(ByteView bytes) {
  EndpointList endpoints;
  SeededRandom random(1);
  MapperAssociation association(endpoints, random, {});
  Bytes answer;
  if (association.receive(bytes, answer)) return "open";
  return answer.empty() ? "closed" : to_hex(answer.substr(2, 1) + answer.substr(16, 2));
}

TEST(MapperAssociationEnds, AtWhatIsNoDceRpc) {
  EXPECT_EQ(end_of("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "closed");
  EXPECT_EQ(end_of(Bytes("\x16\x03\x01\x02\x00\x01\x00\x01", 8) + Bytes(8, 'x')), "closed");
  EXPECT_EQ(end_of(wire::rpc::write_request(1, 0, 3, "")), "closed");  // before a bind
  EXPECT_EQ(end_of(golden("samba_bind_ack")), "closed");
  EXPECT_EQ(end_of(golden("samba_map_answer")), "closed");
  EXPECT_EQ(end_of(golden("impacket_bind").substr(0, 40)), "open");
}

TEST(MapperAssociationEnds, WithTheReasonWhereABindIsRefused) {
  Bytes version = golden("impacket_bind");
  version[0] = 6;
  EXPECT_EQ(end_of(version), "0d0400");
  Bytes authentication = golden("impacket_bind");
  authentication[10] = 8;
  EXPECT_EQ(end_of(authentication), "0d0800");
  Bytes cut = golden("impacket_bind").substr(0, 30);
  cut[8] = 30;
  EXPECT_EQ(end_of(cut), "0d0000");
  EXPECT_EQ(end_of(golden("impacket_bind") + golden("impacket_bind")).substr(0, 2), "0c");
}

TEST(MapperAssociationEnds, AtAFragmentThatIsTooLong) {
  Bytes packet = golden("impacket_bind");
  packet[8] = '\xff';
  packet[9] = '\xff';
  EXPECT_EQ(end_of(packet), "closed");
}

}  // namespace
}  // namespace muster::transport
