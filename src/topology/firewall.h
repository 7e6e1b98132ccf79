// What a host's firewall has to let through, derived from the table of connections. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "topology/port_settings.h"

namespace muster::topology {

struct FirewallHost {
  RoleSet roles;
  // The roles that there are at other ends; legs to others stay closed.
  RoleSet ends = RoleSet::everything();
  Profile profile = Profile::Standard;
  PortSettings settings;
  bool https_only = false;
  bool quirks = false;
  // Legs that stay closed: alternatives that the site has not chosen.
  std::vector<const Leg*> without;
  // Addresses of the hosts with a role, or networks as ADDRESS/BITS; any host where none are given.
  std::map<Role, std::vector<std::string>> addresses;
};

enum class Way { In, Out };

struct FirewallRule {
  Way way;
  Transport transport;
  PortRange ports;                     // of the end that answers; none for GRE
  std::vector<std::string> addresses;  // of the other end; empty: any
  std::vector<const Leg*> legs;        // that it is for, in the table's order
  friend bool operator==(const FirewallRule&, const FirewallRule&) = default;
};

// Those that come in first, in the table's order; each once. Answers to what is let through are
// not among them: a firewall that keeps states knows them. Exception: answers to a broadcast,
// which none knows (connection 8).
// Error: kLegNeeded for a leg of `without` that its connection fails without.
Result<std::vector<FirewallRule>> firewall_rules(const FirewallHost& host);

enum class FirewallFormat { Nftables, Firewalld, Ufw, Netsh };
// Error: kUnknownFirewall.
Result<FirewallFormat> parse_firewall(std::string_view text);

// Added: beside rules that the host has, in the form in which its firewall takes more of them.
// Complete: a whole ruleset that drops all else, for a host that does nothing but this; nftables
// only (error: kUnknownFirewall).
enum class FirewallExtent { Added, Complete };
Result<std::string> firewall_text(const std::vector<FirewallRule>& rules, FirewallFormat format,
                                  FirewallExtent extent);

}  // namespace muster::topology
