// The table of connections: who may talk to whom, over which protocol and port. Everything about
// ports in muster derives from it.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "topology/protocols.h"
#include "topology/roles.h"

namespace muster::topology {

// 1 to 37 of connections.inc, or E1 and on of extensions.inc.
struct ConnectionId {
  bool extension = false;
  std::uint8_t number = 0;
  friend constexpr auto operator<=>(const ConnectionId&, const ConnectionId&) = default;
};
constexpr ConnectionId connection(std::uint8_t number) { return {false, number}; }
constexpr ConnectionId extension(std::uint8_t number) { return {true, number}; }

// "17" or "E1".
std::string to_text(ConnectionId id);
// Error: kUnknownConnection.
Result<ConnectionId> parse_connection(std::string_view text);

// Both: either end starts, so both ends listen.
enum class Direction : std::uint8_t { Forward, Both };

struct Connection {
  ConnectionId id;
  Role from;
  Direction direction;
  Role to;
  std::uint8_t note;  // 6, or 0 for none
  std::string_view flows;
};

enum class Transport : std::uint8_t { Udp, Tcp, Gre };
std::string_view transport_name(Transport transport);

// Either: `first` unless the settings say `second`. Both: the server's end, then the client's.
enum class PortForm : std::uint8_t { One, Either, Both, Dynamic, None };
struct Ports {
  PortForm form = PortForm::None;
  std::uint16_t first = 0;
  std::uint16_t second = 0;
  friend constexpr bool operator==(const Ports&, const Ports&) = default;
};

// Required: the connection fails without it. Alternative: any one leg of the set carries the
// connection. Quirk: listed by the description, needed by no real peer, off by default.
enum class LegKind : std::uint8_t { Required, Alternative, Quirk };

// Which setting of the site moves a port. Fixed: none.
enum class PortSetting : std::uint8_t {
  Fixed,
  Http,
  Https,
  UpdateHttp,
  UpdateHttps,
  ReportHttp,
  ReportHttps,
  Provider,
  WakeOnLan,
};
inline constexpr std::size_t kPortSettingCount =
    static_cast<std::size_t>(PortSetting::WakeOnLan) + 1;

// One protocol of a connection over one transport.
struct Leg {
  std::uint8_t row;  // 1 to 83: the description's line; 0 in an extension
  ConnectionId connection;
  Role from;
  Direction direction;
  Role to;
  Protocol protocol;
  Transport transport;
  Ports ports;
  std::uint8_t note;  // 1 to 5, or 0 for none
  LegKind kind;
  std::string_view set;  // of an alternative; the same set in two connections is one set
  PortSetting setting;
};

// All connections and legs, the 37 first, in the order of the two .inc files.
std::span<const Connection> connections();
std::span<const Leg> legs();

// The id must be in the table (MUSTER_CHECK): for text from outside use parse_connection.
const Connection& connection_of(ConnectionId id);
std::span<const Leg> legs_of(ConnectionId id);

// How code names a leg. Where two transports carry the protocol, it means the one that is no quirk.
struct LegRef {
  ConnectionId connection;
  Protocol protocol;
};
const Leg& leg_of(LegRef ref);
// The text form of the same question. Errors: kUnknownConnection, kUnknownProtocol.
Result<LegRef> parse_leg(std::string_view connection, std::string_view protocol);

// "17 HTTPS", "E3 DNS/udp": the transport stands only where the protocol has two.
std::string leg_name(const Leg& leg);
// In any case, and without the transport where one of two is no quirk. Errors: kUnknownConnection,
// kUnknownProtocol.
Result<const Leg*> find_leg_named(std::string_view text);

// Whether a host with this role answers on the leg. On a leg of direction Both the starting end
// answers too, except HTTP and HTTPS of the update point, which has no web client's other half.
bool listens(const Leg& leg, Role role);
// Whether a host with this role opens connections on the leg.
bool dials(const Leg& leg, Role role);

}  // namespace muster::topology
