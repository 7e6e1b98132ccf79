#include "topology/render.h"

#include <algorithm>
#include <set>

namespace muster::topology {
namespace {

std::string port_text(const Leg& leg, Profile profile, const PortSettings& settings) {
  const std::uint16_t port = dial_port(leg, profile, settings);
  switch (leg.ports.form) {
    case PortForm::None:
      return "none";
    case PortForm::Dynamic:
      if (leg.protocol == Protocol::Rpc && settings.rpc_range())
        return fmt::format("{}-{}", settings.rpc_range()->first, settings.rpc_range()->last);
      return "dynamic";
    case PortForm::Both:
      return fmt::format("{} and {}", port, leg.ports.second + (port - leg.ports.first));
    case PortForm::One:
    case PortForm::Either:
      break;
  }
  return std::to_string(port);
}

std::string kind_text(const Leg& leg) {
  if (leg.kind == LegKind::Required) return "required";
  if (leg.kind == LegKind::Quirk) return "quirk";
  return fmt::format("alternative ({})", leg.set);
}

std::string note_text(const Leg& leg) {
  const std::uint8_t of_connection = connection_of(leg.connection).note;
  if (leg.note == 0 && of_connection == 0) return "";
  if (leg.note == 0) return std::to_string(of_connection);
  if (of_connection == 0) return std::to_string(leg.note);
  return fmt::format("{}, {}", leg.note, of_connection);
}

std::string note_text(const Leg& leg, const PortSettings& settings) {
  const auto database = settings.database_port();
  if (leg.to != Role::SiteDatabase || !database || *database == leg.ports.first)
    return note_text(leg);
  return fmt::format("deviation from {}", leg.ports.first);
}

PortRow row_of(const Leg& leg, std::string role, Profile profile, const PortSettings& settings) {
  const bool fixed = leg.setting == PortSetting::Fixed;
  return {to_text(leg.connection),
          std::string(role_name(leg.from)),
          std::string(role_name(leg.to)),
          std::string(protocol_name(leg.protocol)),
          std::string(transport_name(leg.transport)),
          port_text(leg, profile, settings),
          fixed ? "no" : std::string(setting_name(leg.setting)),
          note_text(leg, settings),
          kind_text(leg),
          std::move(role)};
}

std::string ends_text(const Connection& connection) {
  return fmt::format("{} {} {}", role_name(connection.from),
                     connection.direction == Direction::Both ? "↔" : "→", role_name(connection.to));
}

// The table's own spelling of a port: both ports of "80 or 8530", whatever is chosen.
std::string table_port(const Leg& leg, Profile profile) {
  if (leg.ports.form != PortForm::Either) return port_text(leg, profile, {});
  const std::uint16_t first = dial_port(leg, profile, {});
  return fmt::format("{} or {}", first, leg.ports.second + (first - leg.ports.first));
}

constexpr std::string_view kIntroduction =
    R"(<!-- Generated from src/topology/*.inc; change those, then run tools/check --regenerate. -->
# Connections

Who talks to whom, over which protocol and port: the 37 connections of the reference product's
port list, and muster's own additions (E1 and on). `muster ports list` prints the same table for
the roles of a host, `muster ports export` makes firewall rules of it, and `muster ports check` asks
each leg over TCP that starts at the host whether its other end answers:

    muster ports export --format nftables --role "management point" --with client "site server"
    muster ports check --role client --peer "management point=mp1.example.com"

Rules are for any host at the other end unless `--peer ROLE=ADDRESS` names it; an alternative that
the site has not chosen is closed by `--without "17 HTTP"`, and a required leg is never. A leg with a
dynamic port opens all ports above 1023 unless `rpc.port_range` is set.

**From → to**: the end on the left starts; with ↔ either end does.
**Leg**: *required*: the connection fails without it; *alternative*: any one leg of the named set
carries the connection, and a set is the same set wherever its name stands beside the same ends;
*quirk*: the port list names it, no real peer needs it, and it is off by default (Kerberos stands
in the list as UDP only, so its TCP leg is E4; LDAPS and the endpoint mapper stand there as UDP
too, and need TCP only).
**Unprivileged**: the port in the profile for trying muster without root; ports of foreign peers do
not shift.
**State**: *built* with the peer that the leg's test last passed against, or *planned*.

## Notes
1. The port is fixed, but the traffic can go through a configured proxy.
2. The port can be changed in the site's settings; every client and firewall rule follows it.
3. Only when an address uses a dial-in or VPN sender; then TCP 1723 and GRE.
4. HTTP 80 pairs with HTTPS 443, any other HTTP port with exactly the next one (8530 with 8531).
   The HTTP port stays open under TLS, since licence texts travel over it.
5. The server answers from a port of its choice above 1023.
6. The site server starts, to configure the role; the role connects back with status. With "only
   site-server-initiated transfers" set, it never opens a connection to the site server.

A database server that the site is pointed at may listen on another port than 1433; that is a
deviation of connections 21 to 24, 28 and 37, and `muster ports list` prints it as one.
)";

constexpr std::string_view kColumns =
    "| connection | from → to | protocol | transport | port | unprivileged | configurable | note | "
    "leg | state |\n|---|---|---|---|---|---|---|---|---|---|\n";

std::string state_text(const std::vector<BuiltLeg>& built, const Leg& leg) {
  const BuiltLeg* const found = find_built(built, leg);
  return found == nullptr ? "planned" : fmt::format("built: {}", found->peer);
}

void append_legs(std::string& out, const std::vector<BuiltLeg>& built, bool extensions) {
  out += kColumns;
  for (const Leg& leg : legs()) {
    if (leg.connection.extension != extensions) continue;
    const PortRow row = row_of(leg, "", Profile::Standard, {});
    out += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", row.connection,
                       ends_text(connection_of(leg.connection)), row.protocol, row.transport,
                       table_port(leg, Profile::Standard), table_port(leg, Profile::Unprivileged),
                       row.configurable, row.note, row.leg, state_text(built, leg));
  }
}

// "built" when every required leg and one of each alternative set is.
bool is_built(const std::vector<BuiltLeg>& built, ConnectionId id) {
  std::set<std::string_view> wanted, reached;
  for (const Leg& leg : legs_of(id)) {
    const bool has = find_built(built, leg) != nullptr;
    if (leg.kind == LegKind::Required && !has) return false;
    if (leg.kind != LegKind::Alternative) continue;
    wanted.insert(leg.set);
    if (has) reached.insert(leg.set);
  }
  return wanted == reached;
}

std::string protocols_text(ConnectionId id) {
  std::vector<std::string_view> names;
  for (const Leg& leg : legs_of(id))
    if (const auto name = protocol_name(leg.protocol);
        std::ranges::find(names, name) == names.end())
      names.push_back(name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::vector<PortRow> ports_list(RoleSet roles, Profile profile, const PortSettings& settings) {
  std::vector<PortRow> out;
  const auto append = [&](const Leg& leg, Role role, std::string_view does) {
    out.push_back(row_of(leg, fmt::format("{}: {}", does, role_name(role)), profile, settings));
  };
  for (const Leg& leg : legs()) {
    const bool to = roles.has(leg.to);
    const bool from = roles.has(leg.from) || (leg.from == Role::AnyHost && !roles.empty());
    if (to) {
      append(leg, leg.to, "listens");
    } else if (from && listens(leg, leg.from)) {
      append(leg, leg.from, "listens");
    }
    if (from) {
      append(leg, leg.from, "dials");
    } else if (to && dials(leg, leg.to)) {
      append(leg, leg.to, "dials");
    }
  }
  return out;
}

std::vector<PortRow> ports_list_all(Profile profile, const PortSettings& settings) {
  std::vector<PortRow> out;
  for (const Leg& leg : legs())
    out.push_back(row_of(leg, fmt::format("listens: {}", role_name(leg.to)), profile, settings));
  return out;
}

std::string connections_markdown(const std::vector<BuiltLeg>& built) {
  std::string out(kIntroduction);
  out += "\n## The 37 connections\n\n";
  append_legs(out, built, false);
  out += "\n## Muster's own additions\n\n";
  append_legs(out, built, true);
  out += "\n## What flows\n\n| connection | from → to | what flows |\n|---|---|---|\n";
  for (const Connection& each : connections())
    out += fmt::format("| {} | {} | {} |\n", to_text(each.id), ends_text(each), each.flows);
  out += "\n## What muster speaks\n\n| protocol | muster |\n|---|---|\n";
  for (std::size_t i = 0; i < kProtocolCount; ++i)
    out += fmt::format("| {} | {} |\n", protocol_name(static_cast<Protocol>(i)),
                       protocol_spoken(static_cast<Protocol>(i)));
  return out;
}

std::string readme_table(const std::vector<BuiltLeg>& built) {
  std::string out = "| connection | from → to | protocols | state |\n|---|---|---|---|\n";
  for (const Connection& each : connections())
    out += fmt::format("| {} | {} | {} | {} |\n", to_text(each.id), ends_text(each),
                       protocols_text(each.id), is_built(built, each.id) ? "built" : "planned");
  return out;
}

}  // namespace muster::topology
