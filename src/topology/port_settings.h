// The ports that a site may move, their rules, and the refusal of every other change.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/settings.h"
#include "topology/legs.h"

namespace muster::topology {

// Standard: the table's ports. Unprivileged: what muster itself listens on is shifted above 20000,
// so that a site can be tried without root; foreign peers keep their ports.
enum class Profile { Standard, Unprivileged };
std::string_view profile_name(Profile profile);

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  friend bool operator==(const PortRange&, const PortRange&) = default;
};

// The settings `ports.*`, with the table's ports as defaults; for the site's Settings object.
SettingTable port_setting_table();

// "ports.https"; empty for Fixed.
std::string_view setting_name(PortSetting setting);

// Sets a name that starts with "ports." in `settings`, which must hold port_setting_table(). Beside
// the declared names it knows "ports.CONNECTION.PROTOCOL" ("ports.14.smb") only to refuse it: with
// the declared name where the port can be moved, with kPortFixed and the connection where not.
Result<void> set_port(Settings& settings, std::string_view name, std::string_view text);

// All from which a dynamic port may come.
PortRange high_ports();

// The ports that a site has moved. What is not set here is the table's.
class PortSettings {
 public:
  PortSettings() = default;

  // Takes what was set of `ports.*`, and `rpc.port_range` of `rpc_range` ("49152-49407" or empty).
  // Errors: kPortPair for the update point's ports, kBadPort.
  static Result<PortSettings> from(const Settings& settings, std::string_view rpc_range);

  std::optional<std::uint16_t> get(PortSetting setting) const;
  // Where dynamic RPC listens; nothing when the kernel chooses.
  std::optional<PortRange> rpc_range() const { return rpc_range_; }
  // An existing database server that listens elsewhere: a deviation of the rows to the database.
  std::optional<std::uint16_t> database_port() const { return database_port_; }
  // Error: kBadPort for 0.
  Result<void> set_database_port(std::uint32_t port);

 private:
  friend Result<PortRange> parse_range(std::string_view text);
  std::array<std::optional<std::uint16_t>, kPortSettingCount> moved_{};
  std::optional<PortRange> rpc_range_;
  std::optional<std::uint16_t> database_port_;
};

// What a role listens on for the leg; 0 where the port is dynamic (bind within rpc_range(), or to
// port 0). A port that the site has set is taken as it stands in both profiles. The leg must have
// a listener that is muster's own (MUSTER_CHECK).
std::uint16_t listen_port(const Leg& leg, Profile profile, const PortSettings& settings);
inline std::uint16_t listen_port(LegRef ref, Profile profile, const PortSettings& settings) {
  return listen_port(leg_of(ref), profile, settings);
}

// What a role dials on the leg; 0 where the endpoint mapper has to be asked. A foreign peer keeps
// the table's port.
std::uint16_t dial_port(const Leg& leg, Profile profile, const PortSettings& settings);
inline std::uint16_t dial_port(LegRef ref, Profile profile, const PortSettings& settings) {
  return dial_port(leg_of(ref), profile, settings);
}

// One thing that a host must listen on. `port` 0: dynamic.
struct Listener {
  const Leg* leg;
  Role role;  // the one of the host's roles that answers
  std::uint16_t port;
};

// All that a host with these roles listens on, in the table's order; quirks are left out. Legs of
// several connections that share a protocol and a port share a listener.
std::vector<Listener> listeners_of(RoleSet roles, Profile profile, const PortSettings& settings);

// Refuses two protocols on one port of a host, and a dynamic range that covers a fixed port of it.
// Error: kPortClash, naming both connections.
Result<void> check_listeners(RoleSet roles, Profile profile, const PortSettings& settings);

}  // namespace muster::topology
