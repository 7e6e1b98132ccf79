// Verbs about the table of connections: list, export as firewall rules, check from this host.
#include <algorithm>
#include <cstdio>
#include <future>

#include "base/settings_tables.h"
#include "contract/api.h"
#include "model/ip_address.h"
#include "net/url.h"
#include "roles/console/api_client.h"
#include "roles/console/commands.h"
#include "roles/console/doctor.h"
#include "roles/console/errors.h"
#include "roles/console/leg_probe.h"
#include "topology/firewall.h"
#include "topology/https_only.h"
#include "topology/render.h"

namespace muster::console {
namespace {

using topology::Leg;
using topology::Role;
using topology::RoleSet;

constexpr RoleSet kTrialRoles = {Role::PrimarySiteServer,  Role::ManagementPoint,
                                 Role::DistributionPoint,  Role::Provider,
                                 Role::ServerLocatorPoint, Role::FallbackStatusPoint};

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

// What the command line says, over what the configuration in the state folder says.
struct Host {
  ExaminedHost examined;
  RoleSet roles;
  topology::Profile profile = topology::Profile::Standard;
  HostPorts ports;
};

Result<RoleSet> parse_roles(const std::vector<std::string>& texts) {
  RoleSet out;
  for (const std::string& text : texts) out.add(TRY(topology::parse_role(text)));
  return out;
}

Result<topology::Profile> profile_of(const PortsRequest& request, const ExaminedHost& host) {
  if (request.profile.empty())
    return host.site ? host.site->profile : topology::Profile::Unprivileged;
  for (const auto each : {topology::Profile::Standard, topology::Profile::Unprivileged})
    if (topology::profile_name(each) == request.profile) return each;
  return fail(kUsage, "--profile '{}': standard or unprivileged", request.profile);
}

Result<Host> host_of(const Session& session, const PortsRequest& request) {
  Findings unread;
  Host out{.examined = examined_host(session, unread), .roles = {}, .ports = {}};
  out.roles = TRY(parse_roles(request.roles));
  if (out.roles.empty()) {
    out.roles = out.examined.site ? roles_of(out.examined) : kTrialRoles;
    out.roles.add(Role::Client);
    out.roles.add(Role::Console);
  }
  out.profile = TRY(profile_of(request, out.examined));
  SettingTexts over;
  for (const std::string& text : request.settings) {
    const std::size_t equal = text.find('=');
    const std::string name = text.substr(0, equal);
    if (equal == std::string::npos || (!name.starts_with("ports.") && name != "rpc.port_range"))
      return fail(kUsage, "--set '{}': write ports.NAME=PORT or rpc.port_range=FIRST-LAST", text);
    over.emplace_back(name, text.substr(equal + 1));
  }
  out.ports = TRY(ports_of(out.examined, over));
  return out;
}

// "management point=10.0.0.5,10.0.1.0/24": the role and what stands behind it.
Result<std::pair<Role, std::vector<std::string>>> parse_peer(const std::string& text) {
  const std::size_t equal = text.find('=');
  if (equal == std::string::npos)
    return fail(kUsage, "--peer '{}': write ROLE=ADDRESS, with commas between several", text);
  std::pair<Role, std::vector<std::string>> out{TRY(topology::parse_role(text.substr(0, equal))),
                                                {}};
  for (std::size_t at = equal + 1; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    out.second.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

// A firewall takes numbers: names would be looked up once, when its rules are read.
Result<void> check_network(const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto address = TRY(model::IpAddress::parse(text.substr(0, slash)));
  if (slash == std::string::npos) return {};
  const std::string bits = text.substr(slash + 1);
  const bool is_number =
      !bits.empty() && bits.size() < 4 && bits.find_first_not_of("0123456789") == std::string::npos;
  if (is_number && static_cast<unsigned>(std::stoi(bits)) <= address.bits()) return {};
  return fail(kUsage, "'{}': write ADDRESS or ADDRESS/BITS with at most {} bits", text,
              address.bits());
}

}  // namespace

Result<void> list_ports(const Session& session, const PortsRequest& request, bool all,
                        Format format) {
  std::vector<topology::PortRow> rows;
  if (all) {
    rows = topology::ports_list_all(topology::Profile::Standard, {});
  } else {
    const Host host = TRY(host_of(session, request));
    rows = topology::ports_list(host.roles, host.profile, host.ports.settings);
    if (host.ports.https_only) topology::close_http(rows);
  }
  if (format == Format::Json) {
    print(contract::encode_ports(rows) + "\n");
    return {};
  }
  TextTable table{{"CONNECTION", "FROM", "TO", "PROTOCOL", "TRANSPORT", "PORT", "CONFIGURABLE",
                   "NOTE", "LEG", "ROLE"},
                  {}};
  for (const auto& row : rows)
    table.rows.push_back({row.connection, row.from, row.to, row.protocol, row.transport, row.port,
                          row.configurable, row.note, row.leg, row.role});
  print(format == Format::Csv ? render_csv(table) : render_table(table));
  return {};
}

Result<void> export_ports(const Session& session, const PortsRequest& request,
                          const std::string& firewall, bool complete) {
  const auto format = TRY(topology::parse_firewall(firewall));
  const Host known = TRY(host_of(session, request));
  topology::FirewallHost host;
  host.roles = known.roles;
  host.profile = known.profile;
  host.settings = known.ports.settings;
  host.https_only = known.ports.https_only;
  if (!request.with.empty()) host.ends = TRY(parse_roles(request.with));
  for (const std::string& text : request.without)
    host.without.push_back(TRY(topology::find_leg_named(text)));
  for (const std::string& text : request.peers) {
    auto [role, addresses] = TRY(parse_peer(text));
    for (const std::string& each : addresses) TRY_IN(check_network(each), "--peer {}", text);
    host.addresses[role] = std::move(addresses);
  }
  print(TRY(topology::firewall_text(
      TRY(topology::firewall_rules(host)), format,
      complete ? topology::FirewallExtent::Complete : topology::FirewallExtent::Added)));
  return {};
}

namespace {

struct Peer {
  Role role;
  std::string host;
  std::optional<std::uint16_t> port{};  // that a URL names, of HTTPS
};

// Those that the command line names, or else those of the configuration.
Result<std::vector<Peer>> peers_of(const PortsRequest& request, const Host& host) {
  std::vector<Peer> out;
  for (const std::string& text : request.peers) {
    const auto [role, hosts] = TRY(parse_peer(text));
    for (const std::string& each : hosts) out.push_back({role, each});
  }
  if (!out.empty()) return out;
  const auto add = [&](Role role, const std::string& base) {
    if (const auto url = net::parse_url(base + "/"); url)
      out.push_back({role, url->host, url->port});
  };
  if (host.examined.client) add(Role::ManagementPoint, host.examined.client->management_point);
  if (host.examined.context) {
    const std::string& api = host.examined.context->api;
    const auto target = provider_target(api);
    if (target && transport::is_mapper_url(api))
      out.push_back({Role::Provider, target->mapper.host});
    else
      add(Role::Provider, api);
  }
  if (out.empty())
    return fail(kUsage,
                "nothing here says which peers there are: name them, "
                "--peer 'management point=HOST'");
  return out;
}

struct CheckedLeg {
  LegProbe probe;
  Role peer;
  LegAnswer answer{};
};

// A host that keeps the primary site's role keeps a site server's too.
bool has_role(const Peer& peer, Role role) { return RoleSet({peer.role}).has(role); }

// Each leg that starts here and can be asked: what becomes of a datagram, only its protocol shows,
// and a dynamic port is the endpoint mapper's to tell.
std::vector<CheckedLeg> legs_to_ask(const Host& host, const std::vector<Peer>& peers,
                                    const std::vector<const Leg*>& without) {
  std::vector<CheckedLeg> out;
  const auto add = [&](const Leg& leg, Role from) {
    const Role to = from == leg.to ? leg.from : leg.to;
    for (const Peer& peer : peers) {
      if (!has_role(peer, to)) continue;
      const std::uint16_t port = peer.port && leg.protocol == topology::Protocol::Https
                                     ? *peer.port
                                     : dial_port(leg, host.profile, host.ports.settings);
      const bool is_there = std::ranges::any_of(out, [&](const CheckedLeg& each) {
        return each.probe.leg == &leg && each.probe.host == peer.host && each.probe.port == port;
      });
      if (port != 0 && !is_there) out.push_back({{&leg, peer.host, port}, to});
    }
  };
  for (const Leg& leg : topology::legs()) {
    if (leg.transport != topology::Transport::Tcp || leg.kind == topology::LegKind::Quirk ||
        (host.ports.https_only && topology::is_closed_by_https_only(leg)) ||
        std::ranges::find(without, &leg) != without.end())
      continue;
    for (std::size_t i = 0; i < topology::kRoleCount; ++i)
      if (const auto role = static_cast<Role>(i); host.roles.has(role) && dials(leg, role))
        add(leg, role);
  }
  return out;
}

// Whether the connection to that host fails for want of the leg: another of its set may carry it.
bool is_missed(const CheckedLeg& checked, const std::vector<CheckedLeg>& all) {
  const Leg& leg = *checked.probe.leg;
  if (checked.answer.state == LegState::Answers) return false;
  if (leg.kind == topology::LegKind::Required) return true;
  return std::ranges::none_of(all, [&](const CheckedLeg& other) {
    return other.probe.leg->connection == leg.connection && other.probe.leg->set == leg.set &&
           other.probe.host == checked.probe.host && other.answer.state == LegState::Answers;
  });
}

std::string kind_text(const Leg& leg) {
  if (leg.kind == topology::LegKind::Required) return "required";
  return fmt::format("alternative ({})", leg.set);
}

}  // namespace

Result<int> check_ports(const Session& session, const PortsRequest& request, Format format) {
  Host host = TRY(host_of(session, request));
  const auto peers = TRY(peers_of(request, host));
  std::vector<const Leg*> without;
  for (const std::string& text : request.without)
    without.push_back(TRY(topology::find_leg_named(text)));
  const auto pinned = pinned_ca(session);
  const std::optional<Bytes> ca = pinned ? std::optional(*pinned) : std::nullopt;
  auto checked = legs_to_ask(host, peers, without);
  // All at once: one that is dropped takes its time.
  std::vector<std::future<LegAnswer>> answers;
  answers.reserve(checked.size());
  for (const CheckedLeg& each : checked)
    answers.push_back(
        std::async(std::launch::async, [&] { return probe_leg(each.probe, ca, session.clock); }));
  for (std::size_t i = 0; i < checked.size(); ++i) checked[i].answer = answers[i].get();

  bool all_well = true;
  TextTable table{{"CONNECTION", "PROTOCOL", "TO", "PEER", "LEG", "STATE", "WHY"}, {}};
  for (const CheckedLeg& each : checked) {
    const bool missed = is_missed(each, checked);
    all_well = all_well && !missed;
    const Leg& leg = *each.probe.leg;
    const std::string state(to_text(each.answer.state));
    table.rows.push_back({to_text(leg.connection), std::string(protocol_name(leg.protocol)),
                          std::string(role_name(each.peer)),
                          net::Url{false, each.probe.host, each.probe.port, ""}.host_and_port(),
                          kind_text(leg), missed ? state + ", blocked" : state,
                          each.answer.why ? each.answer.why->text() : ""});
  }
  if (format == Format::Json)
    print(render_json(table) + "\n");
  else
    print(format == Format::Csv ? render_csv(table) : render_table(table));
  return all_well ? 0 : 3;
}

}  // namespace muster::console
