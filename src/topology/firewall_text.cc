// Firewall rules in the words of each firewall.
#include <algorithm>

#include "topology/errors.h"
#include "topology/firewall.h"

namespace muster::topology {
namespace {

bool is_v6(std::string_view address) { return address.find(':') != std::string_view::npos; }

std::vector<std::string> of_family(const FirewallRule& rule, bool v6) {
  std::vector<std::string> out;
  for (const std::string& each : rule.addresses)
    if (is_v6(each) == v6) out.push_back(each);
  return out;
}

// "17 HTTPS, E2 HTTPS: client, management point"
std::string purpose(const FirewallRule& rule) {
  std::vector<std::string> names;
  for (const Leg* leg : rule.legs) names.push_back(leg_name(*leg));
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string ports_text(const FirewallRule& rule, char between) {
  if (rule.ports.first == rule.ports.last) return std::to_string(rule.ports.first);
  return fmt::format("{}{}{}", rule.ports.first, between, rule.ports.last);
}

// ---- nftables

std::string nft_match(const FirewallRule& rule) {
  if (rule.transport == Transport::Gre) return "meta l4proto gre";
  return fmt::format("{} dport {}", transport_name(rule.transport), ports_text(rule, '-'));
}

void append_nft(std::string& out, const FirewallRule& rule) {
  const char* const end = rule.way == Way::In ? "saddr" : "daddr";
  out += fmt::format("\t\t# {}\n", purpose(rule));
  if (rule.addresses.empty()) out += fmt::format("\t\t{} accept\n", nft_match(rule));
  for (const bool v6 : {false, true})
    if (const auto some = of_family(rule, v6); !some.empty())
      out += fmt::format("\t\t{} {} {{ {} }} {} accept\n", v6 ? "ip6" : "ip", end,
                         fmt::join(some, ", "), nft_match(rule));
}

void append_nft_chain(std::string& out, const std::vector<FirewallRule>& rules, Way way,
                      std::string_view name, std::string_view head) {
  out += fmt::format("\tchain {} {{\n{}", name, head);
  for (const FirewallRule& rule : rules)
    if (rule.way == way) append_nft(out, rule);
  out += "\t}\n";
}

std::string nft_added(const std::vector<FirewallRule>& rules) {
  std::string out =
      "# Connections of muster: include this file in a table of the family inet, and let its own\n"
      "# chains say: jump muster_input, jump muster_output.\n";
  append_nft_chain(out, rules, Way::In, "muster_input", "");
  append_nft_chain(out, rules, Way::Out, "muster_output", "");
  return out;
}

std::string nft_complete(const std::vector<FirewallRule>& rules) {
  const auto head = [](std::string_view hook, std::string_view loopback) {
    return fmt::format(
        "\t\ttype filter hook {} priority filter; policy drop;\n"
        "\t\tct state established,related accept\n"
        "\t\t{} \"lo\" accept\n"
        "\t\tmeta l4proto {{ icmp, ipv6-icmp }} accept\n",
        hook, loopback);
  };
  std::string out =
      "#!/usr/sbin/nft -f\n"
      "# Connections of muster, and nothing else: this drops every other connection of the host.\n"
      "table inet muster\n"
      "delete table inet muster\n"
      "table inet muster {\n";
  append_nft_chain(out, rules, Way::In, "input", head("input", "iif"));
  append_nft_chain(out, rules, Way::Out, "output", head("output", "oif"));
  return out + "}\n";
}

// ---- firewalld

std::string firewalld_element(const FirewallRule& rule) {
  if (rule.transport == Transport::Gre) return R"(<protocol value="gre"/>)";
  return fmt::format(R"(<port port="{}" protocol="{}"/>)", ports_text(rule, '-'),
                     transport_name(rule.transport));
}

// A policy, since a service cannot say from where. What goes out needs no rule there.
std::string firewalld(const std::vector<FirewallRule>& rules) {
  std::string out =
      R"(<?xml version="1.0" encoding="utf-8"?>
<!-- Connections of muster, for /etc/firewalld/policies/muster.xml; read anew by a reload. What the host
     itself opens, firewalld lets out. -->
<policy target="CONTINUE" priority="-10">
  <short>muster</short>
  <ingress-zone name="ANY"/>
  <egress-zone name="HOST"/>
)";
  for (const FirewallRule& rule : rules) {
    if (rule.way != Way::In) continue;
    out += fmt::format("  <!-- {} -->\n", purpose(rule));
    if (rule.addresses.empty()) out += fmt::format("  {}\n", firewalld_element(rule));
    for (const std::string& each : rule.addresses)
      out += fmt::format(
          "  <rule family=\"{}\">\n    <source address=\"{}\"/>\n    {}\n    <accept/>\n"
          "  </rule>\n",
          is_v6(each) ? "ipv6" : "ipv4", each, firewalld_element(rule));
  }
  return out + "</policy>\n";
}

// ---- ufw

void append_ufw(std::string& out, const FirewallRule& rule, std::string_view address) {
  const bool in = rule.way == Way::In;
  const bool gre = rule.transport == Transport::Gre;
  out += fmt::format("ufw allow {} proto {} from {} to {}{} comment 'muster {}'\n",
                     in ? "in" : "out", gre ? "gre" : transport_name(rule.transport),
                     in ? address : "any", in ? "any" : address,
                     gre ? std::string() : " port " + ports_text(rule, ':'), purpose(rule));
}

std::string ufw(const std::vector<FirewallRule>& rules) {
  std::string out = "# Connections of muster: a script for the host's shell.\n";
  for (const FirewallRule& rule : rules) {
    // ufw knows GRE of IPv4 only.
    if (rule.addresses.empty())
      append_ufw(out, rule, rule.transport == Transport::Gre ? "0.0.0.0/0" : "any");
    for (const std::string& each : rule.addresses) append_ufw(out, rule, each);
  }
  return out;
}

// ---- netsh

std::string netsh(const std::vector<FirewallRule>& rules) {
  std::string out = "rem Connections of muster: a script for the host's command prompt.\r\n";
  for (const FirewallRule& rule : rules) {
    const bool in = rule.way == Way::In;
    out +=
        fmt::format(R"(netsh advfirewall firewall add rule name="muster {}" dir={} action=allow)",
                    purpose(rule), in ? "in" : "out");
    if (rule.transport == Transport::Gre)
      out += " protocol=47";
    else
      out += fmt::format(" protocol={} {}={}", transport_name(rule.transport),
                         in ? "localport" : "remoteport", ports_text(rule, '-'));
    if (!rule.addresses.empty()) out += fmt::format(" remoteip={}", fmt::join(rule.addresses, ","));
    out += "\r\n";
  }
  return out;
}

}  // namespace

Result<FirewallFormat> parse_firewall(std::string_view text) {
  if (text == "nftables") return FirewallFormat::Nftables;
  if (text == "firewalld") return FirewallFormat::Firewalld;
  if (text == "ufw") return FirewallFormat::Ufw;
  if (text == "netsh") return FirewallFormat::Netsh;
  return fail(kUnknownFirewall, "'{}'", text.substr(0, 40));
}

Result<std::string> firewall_text(const std::vector<FirewallRule>& rules, FirewallFormat format,
                                  FirewallExtent extent) {
  if (extent == FirewallExtent::Complete && format != FirewallFormat::Nftables)
    return fail(kUnknownFirewall, "a whole ruleset is made for nftables alone");
  switch (format) {
    case FirewallFormat::Nftables:
      return extent == FirewallExtent::Complete ? nft_complete(rules) : nft_added(rules);
    case FirewallFormat::Firewalld:
      return firewalld(rules);
    case FirewallFormat::Ufw:
      return ufw(rules);
    case FirewallFormat::Netsh:
      break;
  }
  return netsh(rules);
}

}  // namespace muster::topology
