#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/topology/seed_table.h"
#include "topology/errors.h"
#include "topology/legs.h"

namespace muster::topology {
namespace {

TEST(Table, SaysRowByRowWhatTheDescriptionSays) {
  const std::vector<std::string> lines = seed_lines();
  ASSERT_EQ(lines.size(), 83u);
  for (std::size_t i = 0; i < lines.size(); ++i)
    EXPECT_EQ(line_of_row(static_cast<std::uint8_t>(i + 1)), lines[i]);
}

TEST(Table, HasNoLegThatTheDescriptionDoesNotHave) {
  const std::vector<std::string> lines = seed_lines();
  for (const Leg& leg : legs()) {
    if (leg.connection.extension) continue;
    ASSERT_GE(leg.row, 1);
    ASSERT_LE(leg.row, lines.size());
    // Each leg's own port stands in the cell of its transport.
    const std::string& line = lines[leg.row - 1u];
    const std::size_t tcp_comma = line.rfind(',');
    const std::size_t udp_comma = line.rfind(',', tcp_comma - 1);
    const std::string cell = leg.transport == Transport::Tcp
                                 ? line.substr(tcp_comma + 1)
                                 : line.substr(udp_comma + 1, tcp_comma - udp_comma - 1);
    const std::string port =
        leg.ports.form == PortForm::Dynamic ? "DYNAMIC" : std::to_string(leg.ports.first);
    EXPECT_THAT(cell, testing::HasSubstr(port)) << leg_name(leg);
  }
}

TEST(Table, KeepsTheDescriptionsOrderOfConnections) {
  for (std::uint8_t number = 1; number <= 37; ++number)
    EXPECT_EQ(connections()[number - 1u].id, connection(number));
  for (std::size_t i = 37; i < connections().size(); ++i) {
    EXPECT_TRUE(connections()[i].id.extension);
    EXPECT_EQ(connections()[i].id.number, i - 36);
  }
}

TEST(Table, GivesNoteSixToSiteSystemsThatConnectBackAndToNoOther) {
  std::set<int> noted, both;
  for (const Connection& each : connections()) {
    if (each.note == 6) noted.insert(each.id.number);
    if (each.direction == Direction::Both && !each.id.extension) both.insert(each.id.number);
  }
  EXPECT_EQ(noted, (std::set<int>{3, 5, 9, 10, 12, 31, 35}));
  both.erase(1);  // two equals, no note
  EXPECT_EQ(both, noted);
}

TEST(Table, HasEachProtocolOfAConnectionOncePerTransport) {
  std::set<std::string> names;
  for (const Leg& leg : legs()) EXPECT_TRUE(names.insert(leg_name(leg)).second) << leg_name(leg);
}

TEST(Table, NamesTheSetOfEveryAlternativeAndOfNothingElse) {
  for (const Leg& leg : legs())
    EXPECT_EQ(leg.set.empty(), leg.kind != LegKind::Alternative) << leg_name(leg);
}

TEST(Table, HasMoreThanOneLegInEveryAlternativeSet) {
  for (const Leg& leg : legs()) {
    if (leg.kind != LegKind::Alternative) continue;
    const auto same = std::ranges::count_if(legs(), [&](const Leg& other) {
      const bool kerberos = leg.set == "kerberos";  // its TCP leg is extension E4
      return other.set == leg.set && (kerberos || other.connection == leg.connection);
    });
    EXPECT_GT(same, 1) << leg_name(leg);
  }
}

TEST(Legs, AreFoundByConnectionAndProtocol) {
  const Leg& leg = leg_of({connection(17), Protocol::Https});
  EXPECT_EQ(leg.from, Role::Client);
  EXPECT_EQ(leg.to, Role::ManagementPoint);
  EXPECT_EQ(leg.ports.first, 443);
  EXPECT_EQ(leg.row, 44);
  EXPECT_EQ(legs_of(connection(2)).size(), 9u);
  EXPECT_EQ(connection_of(extension(1)).to, Role::Provider);
}

TEST(Legs, MeanTheTransportThatIsNoQuirk) {
  EXPECT_EQ(leg_of({connection(14), Protocol::RpcEndpointMapper}).transport, Transport::Tcp);
  EXPECT_EQ(leg_of({connection(2), Protocol::Ldaps}).transport, Transport::Tcp);
  EXPECT_EQ(leg_of({connection(34), Protocol::RemoteControl}).transport, Transport::Tcp);
}

TEST(Legs, NameTheirTransportOnlyWhereThereAreTwo) {
  EXPECT_EQ(leg_name(leg_of({connection(17), Protocol::Https})), "17 HTTPS");
  EXPECT_EQ(leg_name(leg_of({connection(34), Protocol::RemoteControl})), "34 remote control/tcp");
  EXPECT_EQ(leg_name(leg_of({extension(1), Protocol::Https})), "E1 HTTPS");
}

TEST(LegsDeathTest, StopTheProgramThatAsksForALegThatIsNotInTheTable) {
  EXPECT_DEATH(leg_of({connection(35), Protocol::Smb}), "broken invariant");
  EXPECT_DEATH(legs_of(connection(38)), "broken invariant");
  EXPECT_DEATH(connection_of(extension(99)), "broken invariant");
}

TEST(ParseConnection, TakesTheNumbersOfTheTable) {
  for (const Connection& each : connections())
    EXPECT_EQ(parse_connection(to_text(each.id)).value(), each.id);
}

TEST(ParseConnection, RefusesEverythingElse) {
  for (const char* text :
       {"", "0", "38", "256", "017", "-1", "1 ", "E", "E0", "E99", "e1", "1x", "EE1", "293"}) {
    const auto id = parse_connection(text);
    ASSERT_FALSE(id.has_value()) << text;
    EXPECT_TRUE(id.error().is(kUnknownConnection));
  }
}

TEST(ParseLeg, TakesProtocolNamesInAnyCase) {
  const LegRef ref = parse_leg("14", "rpc Endpoint MAPPER").value();
  EXPECT_EQ(ref.connection, connection(14));
  EXPECT_EQ(ref.protocol, Protocol::RpcEndpointMapper);
}

TEST(ParseLeg, NamesTheProtocolsThatTheConnectionHas) {
  for (const char* protocol : {"SMB", "telnet", ""}) {
    const auto leg = parse_leg("35", protocol);
    ASSERT_FALSE(leg.has_value());
    EXPECT_TRUE(leg.error().is(kUnknownProtocol));
    EXPECT_THAT(leg.error().detail(),
                testing::EndsWith("connection 35, which has RPC endpoint mapper, RPC"));
  }
  EXPECT_TRUE(parse_leg("99", "SMB").error().is(kUnknownConnection));
}

TEST(Roles, AreReadAsTheyArePrinted) {
  for (std::size_t i = 0; i < kRoleCount; ++i) {
    const Role role = static_cast<Role>(i);
    ASSERT_FALSE(role_name(role).empty());
    EXPECT_EQ(parse_role(role_name(role)).value(), role);
  }
  EXPECT_EQ(parse_role("pxe-service-point").value(), Role::PxeServicePoint);
  EXPECT_EQ(parse_role("Management_Point").value(), Role::ManagementPoint);
}

TEST(Roles, AreRefusedWithTheNearestName) {
  const auto role = parse_role("managment point");
  ASSERT_FALSE(role.has_value());
  EXPECT_TRUE(role.error().is(kUnknownRole));
  EXPECT_THAT(role.error().detail(), testing::HasSubstr("did you mean 'management point'"));
  EXPECT_FALSE(parse_role("").has_value());
  EXPECT_THAT(parse_role("qqqqqqqqqqqq").error().detail(),
              testing::Not(testing::HasSubstr("mean")));
}

TEST(Roles, APrimarySiteServerIsASiteServerButNotTheOtherWayRound) {
  EXPECT_TRUE(RoleSet({Role::PrimarySiteServer}).has(Role::SiteServer));
  EXPECT_FALSE(RoleSet({Role::SiteServer}).has(Role::PrimarySiteServer));
}

TEST(Roles, OfASiteHaveNoForeignPeer) {
  const RoleSet all = RoleSet::all();
  EXPECT_TRUE(all.has(Role::Client));
  EXPECT_TRUE(all.has(Role::SiteDatabase));
  for (Role role : {Role::DomainController, Role::Internet, Role::WsusSynchronizationServer,
                    Role::Browser, Role::AnyHost, Role::DnsServer, Role::MessageStream})
    EXPECT_FALSE(all.has(role)) << role_name(role);
}

}  // namespace
}  // namespace muster::topology
