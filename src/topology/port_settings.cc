#include "topology/port_settings.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/check.h"
#include "topology/errors.h"

namespace muster::topology {
namespace {

constexpr std::uint16_t kUnprivilegedShift = 20000;
constexpr std::uint16_t kFirstDynamic = 1024;  // the description: "a port above 1024"
constexpr std::uint16_t kLeastRange = 16;      // each RPC interface of a host takes one

struct Declaration {
  std::string_view name;
  std::string_view sentence;
};

constexpr std::array<Declaration, kPortSettingCount> kDeclarations = {{
    {"", ""},
    {"ports.http", "The HTTP port between clients and site systems."},
    {"ports.https", "The HTTPS port between clients and site systems."},
    {"ports.update_http",
     "The HTTP port of the software update point; its HTTPS port is the next one, or 443 for 80."},
    {"ports.update_https", "The HTTPS port of the software update point; see ports.update_http."},
    {"ports.report_http", "The HTTP port of the reporting point."},
    {"ports.report_https", "The HTTPS port of the reporting point."},
    {"ports.provider", "The HTTPS port of the provider, for browsers and the console."},
    {"ports.wake_on_lan", "The UDP port that wake-on-LAN packets are sent to."},
}};

const Leg& first_leg_with(PortSetting setting) {
  const auto found = std::ranges::find(legs(), setting, &Leg::setting);
  MUSTER_CHECK(found != legs().end());
  return *found;
}

// The settings' defaults come from the table, so their texts are made once at first use.
struct DeclaredPorts {
  std::array<std::string, kPortSettingCount> standard;
  std::vector<Setting> table;

  DeclaredPorts() {
    for (std::size_t i = 1; i < kPortSettingCount; ++i) {
      standard[i] = std::to_string(first_leg_with(static_cast<PortSetting>(i)).ports.first);
      table.push_back({kDeclarations[i].name, SettingType::Integer, standard[i], "", "1", "65535",
                       "", kDeclarations[i].sentence});
    }
  }
};

bool is_own_listener(const Leg& leg) {
  // The network card of a sleeping machine listens for wake-on-LAN, not muster.
  return !is_foreign(leg.to) && leg.protocol != Protocol::WakeOnLan;
}

std::uint16_t port_of(const Leg& leg, Profile profile, const PortSettings& settings) {
  if (const auto moved = settings.get(leg.setting)) return *moved;
  if (leg.to == Role::SiteDatabase && settings.database_port()) return *settings.database_port();
  if (leg.ports.first == 0 || profile == Profile::Standard || !is_own_listener(leg))
    return leg.ports.first;
  return static_cast<std::uint16_t>(leg.ports.first + kUnprivilegedShift);
}

std::optional<PortSetting> find_setting(std::string_view name) {
  for (std::size_t i = 1; i < kPortSettingCount; ++i)
    if (kDeclarations[i].name == name) return static_cast<PortSetting>(i);
  return std::nullopt;
}

// The protocol names of the table without blanks, as a setting's name may spell them.
std::string spaced(std::string_view text) {
  std::string out(text);
  std::ranges::replace(out, '_', ' ');
  return out;
}

// Any other HTTP port than the table's first pairs with exactly the next one.
Result<void> check_update_pair(const PortSettings& settings) {
  const auto effective = [&](PortSetting setting) {
    return settings.get(setting).value_or(first_leg_with(setting).ports.first);
  };
  const std::uint16_t http = effective(PortSetting::UpdateHttp);
  const std::uint16_t https = effective(PortSetting::UpdateHttps);
  const std::uint16_t first_http = first_leg_with(PortSetting::UpdateHttp).ports.first;
  const std::uint16_t wanted = http == first_http
                                   ? first_leg_with(PortSetting::UpdateHttps).ports.first
                                   : static_cast<std::uint16_t>(http + 1);
  if (https != wanted || wanted == 0)
    return fail(kPortPair, "ports.update_http {} with ports.update_https {} (connections 3, 6, 33)",
                http, https);
  return {};
}

}  // namespace

Result<PortRange> parse_range(std::string_view text) {
  const auto bad = [&] {
    return fail(kBadPort, "rpc.port_range '{}' is not FIRST-LAST above {} with {} ports or more",
                text.substr(0, 40), kFirstDynamic, kLeastRange);
  };
  PortRange out;
  const char* const end = text.data() + text.size();
  const auto [dash, first_error] = std::from_chars(text.data(), end, out.first);
  if (first_error != std::errc() || dash == end || *dash != '-') return bad();
  const auto [stop, last_error] = std::from_chars(dash + 1, end, out.last);
  if (last_error != std::errc() || stop != end) return bad();
  if (out.first <= kFirstDynamic || out.last < out.first || out.last - out.first + 1 < kLeastRange)
    return bad();
  return out;
}

PortRange high_ports() { return {kFirstDynamic, std::numeric_limits<std::uint16_t>::max()}; }

std::string_view profile_name(Profile profile) {
  return profile == Profile::Standard ? "standard" : "unprivileged";
}

SettingTable port_setting_table() {
  static const DeclaredPorts* const declared = new DeclaredPorts;
  return declared->table;
}

std::string_view setting_name(PortSetting setting) {
  return kDeclarations[static_cast<std::size_t>(setting)].name;
}

Result<void> set_port(Settings& settings, std::string_view name, std::string_view text) {
  constexpr std::string_view kPrefix = "ports.";
  if (find_setting(name) || !name.starts_with(kPrefix)) return settings.set(name, text);
  const std::string_view rest = name.substr(kPrefix.size());
  const std::size_t dot = rest.find('.');
  if (dot == std::string_view::npos || !parse_connection(rest.substr(0, dot)))
    return settings.set(name, text);
  const LegRef ref =
      TRY_IN(parse_leg(rest.substr(0, dot), spaced(rest.substr(dot + 1))), "setting {}", name);
  const Leg& leg = leg_of(ref);
  if (leg.setting != PortSetting::Fixed)
    return fail(kBadPort, "{}: connection {} follows {}", name, leg_name(leg),
                setting_name(leg.setting));
  return fail(kPortFixed, "{}: connection {} ({} to {}) has a fixed port", name, leg_name(leg),
              role_name(leg.from), role_name(leg.to));
}

Result<PortSettings> PortSettings::from(const Settings& settings, std::string_view rpc_range) {
  PortSettings out;
  for (std::size_t i = 1; i < kPortSettingCount; ++i) {
    const std::string_view name = kDeclarations[i].name;
    if (settings.is_set(name)) out.moved_[i] = static_cast<std::uint16_t>(settings.integer(name));
  }
  if (!rpc_range.empty()) out.rpc_range_ = TRY(parse_range(rpc_range));
  TRY(check_update_pair(out));
  return out;
}

std::optional<std::uint16_t> PortSettings::get(PortSetting setting) const {
  return moved_[static_cast<std::size_t>(setting)];
}

Result<void> PortSettings::set_database_port(std::uint32_t port) {
  if (port == 0 || port > std::numeric_limits<std::uint16_t>::max())
    return fail(kBadPort, "the database's port {} is not 1 to 65535", port);
  database_port_ = static_cast<std::uint16_t>(port);
  return {};
}

std::uint16_t listen_port(const Leg& leg, Profile profile, const PortSettings& settings) {
  MUSTER_CHECK(is_own_listener(leg));
  return port_of(leg, profile, settings);
}

std::uint16_t dial_port(const Leg& leg, Profile profile, const PortSettings& settings) {
  return port_of(leg, profile, settings);
}

std::vector<Listener> listeners_of(RoleSet roles, Profile profile, const PortSettings& settings) {
  std::vector<Listener> out;
  for (const Leg& leg : legs()) {
    if (leg.kind == LegKind::Quirk || !is_own_listener(leg)) continue;
    for (Role role : {leg.to, leg.from}) {
      if (!roles.has(role) || !listens(leg, role)) continue;
      out.push_back({&leg, role, port_of(leg, profile, settings)});
      break;
    }
  }
  return out;
}

Result<void> check_listeners(RoleSet roles, Profile profile, const PortSettings& settings) {
  const std::vector<Listener> all = listeners_of(roles, profile, settings);
  const auto range = settings.rpc_range();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Leg& leg = *all[i].leg;
    if (all[i].port == 0) continue;
    if (range && leg.transport == Transport::Tcp && all[i].port >= range->first &&
        all[i].port <= range->last)
      return fail(kPortClash, "rpc.port_range {}-{} covers port {} of connection {}", range->first,
                  range->last, all[i].port, leg_name(leg));
    for (std::size_t j = 0; j < i; ++j) {
      const Leg& other = *all[j].leg;
      if (all[j].port == all[i].port && other.transport == leg.transport &&
          other.protocol != leg.protocol)
        return fail(kPortClash, "{} port {} is wanted by connection {} and by connection {}",
                    transport_name(leg.transport), all[i].port, leg_name(other), leg_name(leg));
    }
  }
  return {};
}

}  // namespace muster::topology
