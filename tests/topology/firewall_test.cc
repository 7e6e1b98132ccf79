#include "topology/firewall.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "topology/errors.h"

namespace muster::topology {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<FirewallRule> rules_of(RoleSet roles) {
  FirewallHost host;
  host.roles = roles;
  return firewall_rules(host).value();
}

bool lets(const std::vector<FirewallRule>& rules, Way way, const Leg& leg, PortRange ports) {
  return std::ranges::any_of(rules, [&](const FirewallRule& rule) {
    return rule.way == way && rule.transport == leg.transport && rule.ports == ports &&
           std::ranges::find(rule.legs, &leg) != rule.legs.end();
  });
}

std::string text_of(const FirewallHost& host, FirewallFormat format,
                    FirewallExtent extent = FirewallExtent::Added) {
  return firewall_text(firewall_rules(host).value(), format, extent).value();
}

// What one end lets out the other lets in, leg by leg and role by role.
TEST(FirewallRules, OfBothEndsAgree) {
  std::size_t agreed = 0;
  for (const Leg& leg : legs()) {
    if (leg.kind == LegKind::Quirk || leg.protocol == Protocol::WakeOnLan) continue;
    for (std::size_t i = 0; i < kRoleCount; ++i) {
      const auto role = static_cast<Role>(i);
      if (!listens(leg, role) || is_foreign(role)) continue;
      const Role other = role == leg.to ? leg.from : leg.to;
      const auto here = rules_of({role});
      const auto in = std::ranges::find_if(here, [&](const FirewallRule& rule) {
        return rule.way == Way::In && std::ranges::find(rule.legs, &leg) != rule.legs.end();
      });
      ASSERT_NE(in, here.end()) << leg_name(leg) << " at " << role_name(role);
      const Role dialling = other == Role::AnyHost ? Role::Client : other;
      EXPECT_TRUE(lets(rules_of({dialling}), Way::Out, leg, in->ports))
          << leg_name(leg) << " from " << role_name(dialling);
      ++agreed;
    }
  }
  EXPECT_GT(agreed, 60u);
}

TEST(FirewallRules, LeaveQuirksAndWhatHasNoOtherEndClosed) {
  for (const FirewallRule& rule : rules_of(RoleSet::all()))
    for (const Leg* leg : rule.legs) EXPECT_NE(leg->kind, LegKind::Quirk) << leg_name(*leg);
  FirewallHost host;
  host.roles = {Role::Client};
  host.ends = {Role::ManagementPoint};
  const auto text = text_of(host, FirewallFormat::Ufw);
  EXPECT_EQ(
      text,
      "# Connections of muster: a script for the host's shell.\n"
      "ufw allow out proto tcp from any to any port 80 comment 'muster 17 HTTP'\n"
      "ufw allow out proto tcp from any to any port 443 comment 'muster 17 HTTPS, E2 HTTPS'\n");
  host.https_only = true;
  EXPECT_THAT(text_of(host, FirewallFormat::Ufw), Not(HasSubstr("17 HTTP'")));
}

TEST(FirewallRules, CloseAnAlternativeButNotTheLastNorARequiredLeg) {
  FirewallHost host;
  host.roles = {Role::Client};
  host.ends = {Role::ManagementPoint, Role::StateMigrationPoint};
  host.without = {find_leg_named("17 HTTP").value()};
  EXPECT_THAT(text_of(host, FirewallFormat::Ufw), Not(HasSubstr("17 HTTP'")));
  host.without.push_back(find_leg_named("17 https").value());
  const auto last = firewall_rules(host);
  ASSERT_FALSE(last);
  EXPECT_TRUE(last.error().is(kLegNeeded));
  host.without = {find_leg_named("7 SMB").value()};
  const auto needed = firewall_rules(host);
  ASSERT_FALSE(needed);
  EXPECT_EQ(needed.error().detail(),
            "connection 7 (client to state migration point) fails without 7 SMB");
}

TEST(FirewallRules, FollowThePortsAndAddressesOfTheSite) {
  Settings settings{port_setting_table()};
  ASSERT_TRUE(set_port(settings, "ports.https", "9443"));
  FirewallHost host;
  host.roles = {Role::ManagementPoint};
  host.ends = {Role::Client, Role::SiteServer};
  host.settings = PortSettings::from(settings, "50000-50100").value();
  host.addresses = {{Role::SiteServer, {"10.0.0.5", "2001:db8::5"}}};
  EXPECT_THAT(text_of(host, FirewallFormat::Nftables), HasSubstr("\tchain muster_input {\n"));
  const auto text = text_of(host, FirewallFormat::Nftables);
  EXPECT_THAT(text, HasSubstr("# 17 HTTPS, E2 HTTPS\n\t\ttcp dport 9443 accept\n"));
  EXPECT_THAT(text, HasSubstr("ip saddr { 10.0.0.5 } tcp dport 50000-50100 accept\n"
                              "\t\tip6 saddr { 2001:db8::5 } tcp dport 50000-50100 accept\n"));
  EXPECT_THAT(text_of(host, FirewallFormat::Netsh),
              HasSubstr("dir=in action=allow protocol=tcp localport=50000-50100 "
                        "remoteip=10.0.0.5,2001:db8::5\r\n"));
  EXPECT_THAT(text_of(host, FirewallFormat::Firewalld),
              HasSubstr("<rule family=\"ipv6\">\n    <source address=\"2001:db8::5\"/>\n    "
                        "<port port=\"50000-50100\" protocol=\"tcp\"/>\n    <accept/>\n"));
}

// A broadcast's answer belongs to no connection that a firewall would know.
TEST(FirewallRules, LetTheAnswersOfDhcpIn) {
  FirewallHost host;
  host.roles = {Role::Client};
  host.ends = {Role::PxeServicePoint};
  const auto text = text_of(host, FirewallFormat::Ufw);
  EXPECT_THAT(text,
              HasSubstr("allow in proto udp from any to any port 68 comment 'muster 8 DHCP'"));
  EXPECT_THAT(text, HasSubstr("allow out proto udp from any to any port 67 "));
}

TEST(FirewallText, IsWholeForNftablesAlone) {
  const auto rules = rules_of({Role::SiteServer});
  const auto whole =
      firewall_text(rules, FirewallFormat::Nftables, FirewallExtent::Complete).value();
  EXPECT_THAT(whole, HasSubstr("policy drop;"));
  EXPECT_THAT(whole, HasSubstr("# E7 GRE\n\t\tmeta l4proto gre accept\n"));
  for (const auto format : {FirewallFormat::Firewalld, FirewallFormat::Ufw, FirewallFormat::Netsh})
    EXPECT_TRUE(
        firewall_text(rules, format, FirewallExtent::Complete).error().is(kUnknownFirewall));
  EXPECT_TRUE(parse_firewall("ipfw").error().is(kUnknownFirewall));
}

TEST(LegNames, AreFoundAsTheyAreWritten) {
  for (const Leg& leg : legs()) EXPECT_EQ(find_leg_named(leg_name(leg)).value(), &leg);
  EXPECT_TRUE(find_leg_named("38 SMB").error().is(kUnknownConnection));
  EXPECT_TRUE(find_leg_named("17 SMB").error().is(kUnknownProtocol));
  EXPECT_TRUE(find_leg_named("17").error().is(kUnknownProtocol));
  EXPECT_TRUE(find_leg_named("").error().is(kUnknownConnection));
}

}  // namespace
}  // namespace muster::topology
