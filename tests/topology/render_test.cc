#include "topology/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "topology/errors.h"

namespace muster::topology {
namespace {

using testing::HasSubstr;

std::string joined(const PortRow& row) {
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", row.connection, row.from, row.to,
                     row.protocol, row.transport, row.port, row.configurable, row.note, row.leg,
                     row.role);
}

std::vector<std::string> listed(RoleSet roles, Profile profile = Profile::Standard,
                                const PortSettings& settings = {}) {
  std::vector<std::string> out;
  for (const PortRow& row : ports_list(roles, profile, settings)) out.push_back(joined(row));
  return out;
}

TEST(PortsList, OfARoleHasWhatItListensOnAndWhatItDials) {
  const auto rows = listed({Role::ServerLocatorPoint});
  EXPECT_THAT(rows, testing::Contains("18|client|server locator point|HTTP|tcp|80|ports.http|2|"
                                      "required|listens: server locator point"));
  EXPECT_THAT(rows, testing::Contains("21|server locator point|site database|SQL|tcp|1433|no||"
                                      "required|dials: site database")
                        .Times(0));
  EXPECT_THAT(rows, testing::Contains("21|server locator point|site database|SQL|tcp|1433|no||"
                                      "required|dials: server locator point"));
  EXPECT_THAT(rows, testing::Contains("31|site server|server locator point|RPC|tcp|dynamic|no|6|"
                                      "required|dials: server locator point"));
}

TEST(PortsList, OfADistributionPointDialsTheSiteServerNowhere) {
  for (const PortRow& row : ports_list({Role::DistributionPoint}, Profile::Standard, {}))
    if (!row.connection.starts_with('E')) {
      EXPECT_EQ(row.role, "listens: distribution point") << joined(row);
    }
}

TEST(PortsList, FollowsProfileAndSettings) {
  Settings settings{port_setting_table()};
  ASSERT_TRUE(set_port(settings, "ports.https", "9443"));
  PortSettings ports = PortSettings::from(settings, "50000-50100").value();
  ASSERT_TRUE(ports.set_database_port(5432));
  const auto rows = listed({Role::ManagementPoint}, Profile::Unprivileged, ports);
  EXPECT_THAT(rows, testing::Contains(HasSubstr("|HTTP|tcp|20080|ports.http|")));
  EXPECT_THAT(rows, testing::Contains(HasSubstr("|HTTPS|tcp|9443|ports.https|")));
  EXPECT_THAT(rows, testing::Contains(HasSubstr("|RPC|tcp|50000-50100|no|6|")));
  EXPECT_THAT(rows, testing::Contains(HasSubstr("22|management point|site database|SQL|tcp|5432|"
                                                "no|deviation from 1433|")));
  EXPECT_THAT(rows, testing::Contains(HasSubstr("|domain controller|LDAP|tcp|389|")));
}

TEST(PortsList, OfAllHasEveryLegOnce) {
  const auto rows = ports_list_all(Profile::Standard, {});
  ASSERT_EQ(rows.size(), legs().size());
  EXPECT_EQ(rows.front().port, "445");
  const auto gre = std::ranges::find(rows, "GRE", &PortRow::protocol);
  ASSERT_NE(gre, rows.end());
  EXPECT_EQ(gre->port, "none");
  const auto dhcp = std::ranges::find(rows, "DHCP", &PortRow::protocol);
  EXPECT_EQ(dhcp->port, "67 and 68");
}

TEST(PortsList, OfNoRolesIsEmpty) { EXPECT_TRUE(listed({}).empty()); }

constexpr std::string_view kHeading = "connection,protocol,transport,peer,test\n";

TEST(Built, IsReadLineByLine) {
  const auto built =
      parse_built(std::string(kHeading) + "15,HTTP,tcp,curl 7.88.1,content_test\n").value();
  ASSERT_EQ(built.size(), 1u);
  EXPECT_EQ(leg_name(*built[0].leg), "15 HTTP");
  EXPECT_EQ(built[0].peer, "curl 7.88.1");
  EXPECT_EQ(find_built(built, leg_of({connection(15), Protocol::Http})), &built[0]);
  EXPECT_EQ(find_built(built, leg_of({connection(15), Protocol::Https})), nullptr);
  EXPECT_TRUE(parse_built(kHeading).value().empty());
}

TEST(Built, RefusesWhatTheTableDoesNotHave) {
  for (const char* line : {"38,HTTP,tcp,curl,t\n", "15,FTP,tcp,curl,t\n", "15,HTTP,udp,curl,t\n",
                           "15,HTTP,tcp,,t\n", "15,HTTP,tcp,curl\n", "15,HTTP,tcp,curl,t,x\n", "\n",
                           "15,HTTP,tcp,curl,t", "15,HTTP,tcp,curl,t\n15,HTTP,tcp,nginx,t\n"}) {
    const auto built = parse_built(std::string(kHeading) + line);
    ASSERT_FALSE(built.has_value()) << line;
    EXPECT_TRUE(built.error().is(kBadBuiltList));
    EXPECT_THAT(built.error().detail(), testing::MatchesRegex("line [23]: .*"));
  }
  EXPECT_FALSE(parse_built("").has_value());
  EXPECT_FALSE(parse_built("connection,peer\n").has_value());
}

TEST(Built, IsRefusedWhenCutOffAnywhereButAfterALine) {
  const std::string whole = std::string(kHeading) + "15,HTTP,tcp,curl,t\n";
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(parse_built(whole.substr(0, size)).has_value(), size == kHeading.size()) << size;
}

TEST(ReadmeTable, SaysBuiltOnlyWhenEverySetOfTheConnectionIsCarried) {
  const auto state = [](const std::string& lines, const std::string& connection) {
    const std::string table = readme_table(parse_built(std::string(kHeading) + lines).value());
    const std::size_t at = table.find("\n| " + connection + " |");
    const std::string line = table.substr(at + 1, table.find('\n', at + 1) - at - 1);
    return line.substr(line.rfind("| ", line.size() - 3) + 2);
  };
  EXPECT_EQ(state("", "15"), "planned |");
  EXPECT_EQ(state("15,HTTP,tcp,curl,t\n", "15"), "built |");
  EXPECT_EQ(state("7,HTTPS,tcp,curl,t\n", "7"), "planned |");
  EXPECT_EQ(state("7,HTTPS,tcp,curl,t\n7,SMB,tcp,smbclient,t\n", "7"), "built |");
  EXPECT_EQ(state("34,remote control,udp,x,t\n", "34"), "planned |");
}

TEST(ReadmeTable, ListsEveryConnectionOnce) {
  const std::string table = readme_table({});
  EXPECT_EQ(std::ranges::count(table, '\n'), static_cast<long>(connections().size()) + 2);
  EXPECT_THAT(table, HasSubstr("| 35 | management point ↔ site server | RPC endpoint mapper, RPC | "
                               "planned |"));
}

TEST(ConnectionsMarkdown, NamesThePeerOfABuiltLeg) {
  const auto built =
      parse_built(std::string(kHeading) + "17,HTTPS,tcp,curl 7.88.1,policy_test\n").value();
  const std::string page = connections_markdown(built);
  EXPECT_THAT(page, HasSubstr("| 17 | client → management point | HTTPS | tcp | 443 | 20443 | "
                              "ports.https | 2 | alternative (web) | built: curl 7.88.1 |"));
  EXPECT_THAT(page, HasSubstr("| 6 | client → software update point | HTTP | tcp | 80 or 8530 | "
                              "20080 or 28530 | ports.update_http | 4 |"));
  EXPECT_THAT(
      page, HasSubstr("| 4 | software update point → internet | HTTP | tcp | 80 | 80 | no | 1 |"));
}

}  // namespace
}  // namespace muster::topology
