#include "topology/port_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/errors.h"
#include "base/settings.h"
#include "topology/errors.h"

namespace muster::topology {
namespace {

using testing::HasSubstr;

const LegRef kPolicy{connection(17), Protocol::Https};
const LegRef kContentHttp{connection(15), Protocol::Http};

struct Site {
  Settings settings{port_setting_table()};

  Site& with(std::string_view name, std::string_view text) {
    EXPECT_TRUE(set_port(settings, name, text).has_value()) << name;
    return *this;
  }
  Result<PortSettings> ports(std::string_view range = "") const {
    return PortSettings::from(settings, range);
  }
};

TEST(Ports, AreTheTablesInTheStandardProfile) {
  EXPECT_EQ(listen_port(kContentHttp, Profile::Standard, {}), 80);
  EXPECT_EQ(listen_port(kPolicy, Profile::Standard, {}), 443);
  EXPECT_EQ(listen_port({extension(1), Protocol::Https}, Profile::Standard, {}), 8443);
  EXPECT_EQ(listen_port({connection(22), Protocol::Sql}, Profile::Standard, {}), 1433);
}

TEST(Ports, OfMustersOwnListenersShiftInTheUnprivilegedProfile) {
  EXPECT_EQ(listen_port(kContentHttp, Profile::Unprivileged, {}), 20080);
  EXPECT_EQ(dial_port(kContentHttp, Profile::Unprivileged, {}), 20080);
  EXPECT_EQ(listen_port({extension(1), Protocol::Https}, Profile::Unprivileged, {}), 28443);
  EXPECT_EQ(dial_port({connection(28), Protocol::Sql}, Profile::Unprivileged, {}), 21433);
}

TEST(Ports, OfForeignPeersNeverShift) {
  for (const Leg& leg : legs()) {
    const bool foreign = is_foreign(leg.to) || leg.protocol == Protocol::WakeOnLan;
    const std::uint16_t standard = dial_port(leg, Profile::Standard, {});
    const std::uint16_t other = dial_port(leg, Profile::Unprivileged, {});
    EXPECT_EQ(other == standard, foreign || leg.ports.first == 0) << leg_name(leg);
    if (!foreign && leg.ports.first != 0) {
      EXPECT_EQ(other, standard + 20000) << leg_name(leg);
    }
  }
}

TEST(Ports, AreZeroWhereTheyAreDynamic) {
  EXPECT_EQ(listen_port({connection(35), Protocol::Rpc}, Profile::Unprivileged, {}), 0);
  EXPECT_EQ(dial_port({connection(26), Protocol::Rpc}, Profile::Standard, {}), 0);
}

TEST(PortsDeathTest, NobodyListensInPlaceOfAForeignPeer) {
  EXPECT_DEATH(listen_port({connection(4), Protocol::Http}, Profile::Standard, {}), "invariant");
}

TEST(PortSettings, DefaultToTheTable) {
  const PortSettings ports = Site().ports().value();
  EXPECT_FALSE(ports.get(PortSetting::Http).has_value());
  const Settings settings{port_setting_table()};
  EXPECT_EQ(settings.integer("ports.http"), 80);
  EXPECT_EQ(settings.integer("ports.provider"), 8443);
  EXPECT_EQ(settings.integer("ports.wake_on_lan"), 9);
}

TEST(PortSettings, MoveEveryLegThatFollowsThemAndNoOther) {
  const PortSettings ports =
      Site().with("ports.http", "8088").with("ports.https", "9443").ports().value();
  for (std::uint8_t number : {7, 11, 13, 15, 17, 18, 19})
    EXPECT_EQ(dial_port({connection(number), Protocol::Http}, Profile::Standard, ports), 8088);
  EXPECT_EQ(dial_port(kPolicy, Profile::Standard, ports), 9443);
  EXPECT_EQ(dial_port({extension(2), Protocol::Https}, Profile::Standard, ports), 9443);
  EXPECT_EQ(dial_port({connection(25), Protocol::Http}, Profile::Standard, ports), 80);
  EXPECT_EQ(dial_port({connection(4), Protocol::Http}, Profile::Standard, ports), 80);
  EXPECT_EQ(dial_port({connection(6), Protocol::Http}, Profile::Standard, ports), 80);
}

TEST(PortSettings, AreTakenAsTheyStandInTheUnprivilegedProfile) {
  const PortSettings ports = Site().with("ports.https", "9443").ports().value();
  EXPECT_EQ(listen_port(kPolicy, Profile::Unprivileged, ports), 9443);
  EXPECT_EQ(listen_port(kContentHttp, Profile::Unprivileged, ports), 20080);
}

TEST(PortSettings, TakeOnlyPorts) {
  for (const char* text : {"0", "65536", "-1", "http", "", "80 "}) {
    Site site;
    EXPECT_TRUE(set_port(site.settings, "ports.http", text).error().is(kBadSetting)) << text;
  }
  Site site;
  EXPECT_TRUE(set_port(site.settings, "ports.http", "65535").has_value());
}

TEST(PortSettings, KeepTheUpdatePointsPortsAPair) {
  const auto pair = [](const char* http, const char* https) {
    return Site().with("ports.update_http", http).with("ports.update_https", https).ports();
  };
  EXPECT_TRUE(pair("80", "443").has_value());
  EXPECT_TRUE(pair("8530", "8531").has_value());
  EXPECT_TRUE(pair("9000", "9001").has_value());
  for (const auto& [http, https] : {std::pair{"80", "81"},
                                    {"80", "8531"},
                                    {"8530", "443"},
                                    {"8530", "8532"},
                                    {"8531", "8530"},
                                    {"65535", "1"}}) {
    const auto ports = pair(http, https);
    ASSERT_FALSE(ports.has_value()) << http << ' ' << https;
    EXPECT_TRUE(ports.error().is(kPortPair));
    EXPECT_THAT(ports.error().detail(), HasSubstr("connections 3, 6, 33"));
  }
  EXPECT_TRUE(Site().with("ports.update_http", "8530").ports().error().is(kPortPair));
}

TEST(PortSettings, RefuseAFixedPortAndNameTheConnection) {
  const struct {
    const char* name;
    const char* connection;
  } kCases[] = {{"ports.1.smb", "1 SMB (site server to site server)"},
                {"ports.14.rpc_endpoint_mapper", "14 RPC endpoint mapper/tcp (site server to"},
                {"ports.22.sql", "22 SQL (management point to site database)"},
                {"ports.26.rpc", "26 RPC (console to provider)"},
                {"ports.27.http", "27 HTTP (console to internet)"}};
  for (const auto& each : kCases) {
    Site site;
    const auto set = set_port(site.settings, each.name, "5000");
    ASSERT_FALSE(set.has_value()) << each.name;
    EXPECT_TRUE(set.error().is(kPortFixed)) << set.error().text();
    EXPECT_THAT(set.error().detail(), HasSubstr(each.connection));
  }
}

TEST(PortSettings, RefuseToMoveOneConnectionOfSeveralAndNameTheSetting) {
  Site site;
  const auto set = set_port(site.settings, "ports.17.https", "9443");
  ASSERT_FALSE(set.has_value());
  EXPECT_THAT(set.error().detail(), HasSubstr("follows ports.https"));
}

TEST(PortSettings, RefuseUnknownNames) {
  Site site;
  EXPECT_THAT(set_port(site.settings, "ports.htttp", "1").error().detail(),
              HasSubstr("did you mean 'ports.http'"));
  EXPECT_TRUE(set_port(site.settings, "ports.99.smb", "1").error().is(kUnknownSetting));
  EXPECT_TRUE(set_port(site.settings, "ports.", "1").error().is(kUnknownSetting));
  EXPECT_TRUE(set_port(site.settings, "ports.17.", "1").error().is(kUnknownProtocol));
  EXPECT_TRUE(set_port(site.settings, "ports.17.smb", "1").error().is(kUnknownProtocol));
}

TEST(RpcRange, ConfinesDynamicPorts) {
  EXPECT_EQ(Site().ports("49152-49407").value().rpc_range(), (PortRange{49152, 49407}));
  EXPECT_FALSE(Site().ports("").value().rpc_range().has_value());
}

TEST(RpcRange, LiesAbove1024AndHoldsSixteenPorts) {
  EXPECT_TRUE(Site().ports("1025-1040").has_value());
  EXPECT_TRUE(Site().ports("65520-65535").has_value());
  for (const char* text : {"1024-2000", "1025-1039", "2000-1999", "2000", "2000-", "-2000",
                           "2000-70000", "a-b", "2000-3000x", " 2000-3000", "2000 - 3000"}) {
    const auto ports = Site().ports(text);
    ASSERT_FALSE(ports.has_value()) << text;
    EXPECT_TRUE(ports.error().is(kBadPort));
    EXPECT_THAT(ports.error().detail(), HasSubstr("rpc.port_range"));
  }
}

TEST(DatabasePort, IsFollowedByTheDatabasesConnectionsAndNoOther) {
  PortSettings ports;
  ASSERT_TRUE(ports.set_database_port(5432));
  for (const Leg& leg : legs()) {
    const bool to_database = leg.to == Role::SiteDatabase;
    EXPECT_EQ(dial_port(leg, Profile::Standard, ports) == 5432, to_database) << leg_name(leg);
  }
  EXPECT_TRUE(ports.set_database_port(0).error().is(kBadPort));
  EXPECT_TRUE(ports.set_database_port(65536).error().is(kBadPort));
}

std::vector<std::string> listener_names(RoleSet roles) {
  std::vector<std::string> out;
  for (const Listener& each : listeners_of(roles, Profile::Standard, {}))
    out.push_back(fmt::format("{}:{}", leg_name(*each.leg), each.port));
  return out;
}

TEST(ListenersOf, AManagementPointAreItsOwnRowsAndTheSiteServersWayBack) {
  EXPECT_THAT(listener_names({Role::ManagementPoint}),
              testing::ElementsAre("17 HTTP:80", "17 HTTPS:443", "35 RPC endpoint mapper:135",
                                   "35 RPC:0", "E2 HTTPS:443"));
}

TEST(ListenersOf, AReportingPointAreItsOwn) {
  EXPECT_THAT(listener_names({Role::ReportingPoint}),
              testing::ElementsAre("25 HTTP:80", "25 HTTPS:443", "30 SMB:445",
                                   "30 RPC endpoint mapper/tcp:135", "30 RPC:0"));
}

TEST(ListenersOf, AClientDoNotIncludeTheNetworkCardsWakeUp) {
  EXPECT_THAT(listener_names({Role::Client}),
              testing::ElementsAre("34 remote control/tcp:2701", "34 remote control data/tcp:2702",
                                   "34 remote assistance:3389"));
}

TEST(ListenersOf, NoRolesAreNone) { EXPECT_TRUE(listener_names({}).empty()); }

TEST(CheckListeners, TakesTheTableOnOneHost) {
  for (Profile profile : {Profile::Standard, Profile::Unprivileged})
    EXPECT_TRUE(check_listeners(RoleSet::all(), profile, {}).has_value());
}

TEST(CheckListeners, RefusesTwoProtocolsOnOnePort) {
  const auto check = [](const char* name, const char* text, RoleSet roles) {
    return check_listeners(roles, Profile::Standard, Site().with(name, text).ports().value());
  };
  const auto web = check("ports.https", "80", {Role::ManagementPoint});
  ASSERT_FALSE(web.has_value());
  EXPECT_TRUE(web.error().is(kPortClash));
  EXPECT_THAT(web.error().detail(), HasSubstr("tcp port 80 is wanted by connection 17 HTTP and"));
  const RoleSet with_smb{Role::ManagementPoint, Role::DistributionPoint};
  EXPECT_TRUE(check("ports.http", "445", with_smb).error().is(kPortClash));
  EXPECT_TRUE(check("ports.http", "445", {Role::ManagementPoint}).has_value());
}

TEST(CheckListeners, RefusesARangeThatCoversAFixedPort) {
  const PortSettings ports = Site().ports("1400-1500").value();
  const auto check = check_listeners({Role::SiteDatabase}, Profile::Standard, ports);
  ASSERT_FALSE(check.has_value());
  EXPECT_THAT(check.error().detail(), HasSubstr("covers port 1433 of connection 21 SQL"));
  EXPECT_TRUE(check_listeners({Role::ManagementPoint}, Profile::Standard, ports).has_value());
}

}  // namespace
}  // namespace muster::topology
