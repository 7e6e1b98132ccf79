// One test for each trap of the table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/settings.h"
#include "topology/errors.h"
#include "topology/port_settings.h"

namespace muster::topology {
namespace {

std::set<Protocol> protocols_of(int number) {
  std::set<Protocol> out;
  for (const Leg& leg : legs_of(connection(static_cast<std::uint8_t>(number))))
    out.insert(leg.protocol);
  return out;
}

TEST(Traps, Connection35HasRpcOnlyAndWorksWithSmbClosed) {
  EXPECT_EQ(protocols_of(35), (std::set{Protocol::RpcEndpointMapper, Protocol::Rpc}));
  for (const Leg& leg : legs_of(connection(35))) EXPECT_EQ(leg.kind, LegKind::Required);
}

TEST(Traps, Connection5HasTheMapperButNoDynamicRpc) {
  EXPECT_EQ(protocols_of(5), (std::set{Protocol::Smb, Protocol::RpcEndpointMapper}));
}

TEST(Traps, Connection32IsTheMapperOverTcpOnly) {
  ASSERT_EQ(legs_of(connection(32)).size(), 1u);
  const Leg& leg = legs_of(connection(32)).front();
  EXPECT_EQ(leg.protocol, Protocol::RpcEndpointMapper);
  EXPECT_EQ(leg.transport, Transport::Tcp);
  EXPECT_EQ(leg.to, Role::SiteServer);
}

TEST(Traps, Connections3And6And33ShareTheUpdatePointsOnePairOfPorts) {
  Settings settings{port_setting_table()};
  ASSERT_TRUE(settings.set("ports.update_http", "8530"));
  ASSERT_TRUE(settings.set("ports.update_https", "8531"));
  const PortSettings ports = PortSettings::from(settings, "").value();
  for (std::uint8_t number : {3, 6, 33}) {
    EXPECT_EQ(dial_port({connection(number), Protocol::Http}, Profile::Standard, ports), 8530);
    EXPECT_EQ(dial_port({connection(number), Protocol::Https}, Profile::Standard, ports), 8531);
  }
}

TEST(Traps, TheSmbLegOfConnection3StaysFixed) {
  EXPECT_EQ(leg_of({connection(3), Protocol::Smb}).setting, PortSetting::Fixed);
  Settings settings{port_setting_table()};
  const auto set = set_port(settings, "ports.3.smb", "4445");
  ASSERT_FALSE(set.has_value());
  EXPECT_TRUE(set.error().is(kPortFixed));
}

TEST(Traps, KerberosIsUdpInTheTableAndTcpInAnExtensionOfTheSameSet) {
  for (std::uint8_t number : {2, 29}) {
    const Leg& udp = leg_of({connection(number), Protocol::Kerberos});
    EXPECT_EQ(udp.transport, Transport::Udp);
    const Leg& tcp = leg_of({extension(4), Protocol::Kerberos});
    EXPECT_EQ(tcp.transport, Transport::Tcp);
    EXPECT_EQ(tcp.ports, udp.ports);
    EXPECT_EQ(tcp.set, udp.set);
  }
}

TEST(Traps, LdapsAndTheMapperOverUdpAreQuirksThatNobodyListensOn) {
  for (const Leg& leg : legs()) {
    const bool quirky =
        leg.protocol == Protocol::Ldaps || leg.protocol == Protocol::RpcEndpointMapper;
    if (leg.transport == Transport::Udp && quirky) {
      EXPECT_EQ(leg.kind, LegKind::Quirk) << leg_name(leg);
    }
  }
  for (const Listener& each : listeners_of(RoleSet::all(), Profile::Standard, {}))
    EXPECT_NE(each.leg->kind, LegKind::Quirk) << leg_name(*each.leg);
}

TEST(Traps, Connection36IsConfigurableByItsNote) {
  const Leg& leg = leg_of({connection(36), Protocol::WakeOnLan});
  EXPECT_EQ(leg.note, 2);
  EXPECT_EQ(leg.setting, PortSetting::WakeOnLan);
}

TEST(Traps, Connections2And28StartAtAPrimarySiteServerAnd1AtAnySiteServer) {
  EXPECT_EQ(connection_of(connection(2)).from, Role::PrimarySiteServer);
  EXPECT_EQ(connection_of(connection(28)).from, Role::PrimarySiteServer);
  EXPECT_EQ(connection_of(connection(1)).from, Role::SiteServer);
  for (const Leg& leg : legs()) {
    if (leg.to == Role::SiteDatabase) {
      EXPECT_FALSE(dials(leg, Role::SiteServer)) << "a secondary site has no database";
    }
  }
}

TEST(Traps, Connection20GoesFromTheSiteServerToTheProvider) {
  const Connection& it = connection_of(connection(20));
  EXPECT_EQ(it.from, Role::SiteServer);
  EXPECT_EQ(it.to, Role::Provider);
  EXPECT_EQ(it.direction, Direction::Forward);
}

TEST(Traps, DistributionPointsAndReportingPointsNeverConnectBack) {
  for (std::uint8_t number : {14, 30}) {
    for (const Leg& leg : legs_of(connection(number))) {
      EXPECT_FALSE(dials(leg, leg.to)) << leg_name(leg);
      EXPECT_FALSE(listens(leg, Role::SiteServer)) << leg_name(leg);
    }
  }
}

TEST(Traps, ASiteSystemWithNote6ConnectsBackButNotOverTheUpdatePointsWebPorts) {
  EXPECT_TRUE(dials(leg_of({connection(12), Protocol::Rpc}), Role::FallbackStatusPoint));
  EXPECT_TRUE(listens(leg_of({connection(12), Protocol::Rpc}), Role::SiteServer));
  EXPECT_TRUE(listens(leg_of({connection(3), Protocol::Smb}), Role::SiteServer));
  EXPECT_FALSE(listens(leg_of({connection(3), Protocol::Http}), Role::SiteServer));
}

TEST(Traps, OnlyConfigurableConnectionsHaveASetting) {
  const std::set<int> configurable = {3, 6, 7, 11, 13, 15, 17, 18, 19, 25, 33, 36};
  for (const Leg& leg : legs()) {
    if (leg.connection.extension) continue;
    if (leg.setting != PortSetting::Fixed) {
      EXPECT_TRUE(configurable.contains(leg.connection.number)) << leg_name(leg);
    }
    if (leg.note == 2 || leg.note == 4) {
      EXPECT_NE(leg.setting, PortSetting::Fixed) << leg_name(leg);
    }
    if (leg.protocol == Protocol::Smb || leg.protocol == Protocol::Sql) {
      EXPECT_EQ(leg.setting, PortSetting::Fixed) << leg_name(leg);
    }
  }
}

}  // namespace
}  // namespace muster::topology
