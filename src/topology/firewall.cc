#include "topology/firewall.h"

#include <algorithm>

#include "topology/errors.h"
#include "topology/https_only.h"

namespace muster::topology {
namespace {

bool is_closed(const FirewallHost& host, const Leg& leg) {
  return (leg.kind == LegKind::Quirk && !host.quirks) ||
         (host.https_only && is_closed_by_https_only(leg)) ||
         std::ranges::find(host.without, &leg) != host.without.end();
}

PortRange range_of(const Leg& leg, std::uint16_t port, const FirewallHost& host) {
  if (leg.ports.form == PortForm::None) return {};
  if (port != 0) return {port, port};
  if (leg.protocol == Protocol::Rpc && !is_foreign(leg.to) && host.settings.rpc_range())
    return *host.settings.rpc_range();
  return high_ports();
}

std::vector<std::string> addresses_of(const FirewallHost& host, Role role) {
  const auto found = host.addresses.find(role);
  return found == host.addresses.end() ? std::vector<std::string>() : found->second;
}

class Rules {
 public:
  explicit Rules(const FirewallHost& host) : host_(host) {}

  void add(Way way, const Leg& leg, PortRange ports, Role peer) {
    const auto addresses = addresses_of(host_, peer);
    const auto same = std::ranges::find_if(rules_, [&](const FirewallRule& each) {
      return each.way == way && each.transport == leg.transport && each.ports == ports &&
             each.addresses == addresses;
    });
    if (same == rules_.end())
      rules_.push_back({way, leg.transport, ports, addresses, {&leg}});
    else if (same->legs.back() != &leg)
      same->legs.push_back(&leg);
  }
  std::vector<FirewallRule> take() {
    std::ranges::stable_sort(rules_, {}, &FirewallRule::way);
    return std::move(rules_);
  }

 private:
  const FirewallHost& host_;
  std::vector<FirewallRule> rules_;
};

// The ends of a leg as one host with the role sees them: who may be at the other one.
void add_leg(const FirewallHost& host, const Leg& leg, Role role, Rules& rules) {
  const Role other = role == leg.to ? leg.from : leg.to;
  if (other != Role::AnyHost && !host.ends.has(other)) return;
  // The network card of a sleeping machine listens for it, no firewall.
  const bool is_for_card = leg.protocol == Protocol::WakeOnLan;
  if (listens(leg, role) && !is_foreign(role) && !is_for_card)
    rules.add(Way::In, leg, range_of(leg, listen_port(leg, host.profile, host.settings), host),
              other);
  if (!dials(leg, role)) return;
  const std::uint16_t port = dial_port(leg, host.profile, host.settings);
  rules.add(Way::Out, leg, range_of(leg, port, host), other);
  if (leg.ports.form != PortForm::Both) return;
  const auto answer = static_cast<std::uint16_t>(port + leg.ports.second - leg.ports.first);
  rules.add(Way::In, leg, {answer, answer}, other);
}

// Of an alternative another leg of its set has to stay open.
Result<void> check_closed(const FirewallHost& host) {
  for (const Leg* closed : host.without) {
    if (closed->kind == LegKind::Quirk) continue;
    const auto all = legs_of(closed->connection);
    const bool has_other =
        closed->kind == LegKind::Alternative && std::ranges::any_of(all, [&](const Leg& leg) {
          return leg.kind == LegKind::Alternative && leg.set == closed->set &&
                 !is_closed(host, leg);
        });
    if (!has_other)
      return fail(kLegNeeded, "connection {} ({} to {}) fails without {}",
                  to_text(closed->connection), role_name(closed->from), role_name(closed->to),
                  leg_name(*closed));
  }
  return {};
}

}  // namespace

Result<std::vector<FirewallRule>> firewall_rules(const FirewallHost& host) {
  TRY(check_closed(host));
  Rules rules(host);
  for (const Leg& leg : legs()) {
    if (is_closed(host, leg)) continue;
    for (std::size_t i = 0; i < kRoleCount; ++i)
      if (const auto role = static_cast<Role>(i); host.roles.has(role))
        add_leg(host, leg, role, rules);
  }
  return rules.take();
}

}  // namespace muster::topology
