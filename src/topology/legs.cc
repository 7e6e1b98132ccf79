#include "topology/legs.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/check.h"
#include "topology/errors.h"

namespace muster::topology {
namespace {

constexpr ConnectionId c(std::uint8_t number) { return connection(number); }
constexpr ConnectionId e(std::uint8_t number) { return extension(number); }

constexpr Ports port(std::uint16_t number) { return {PortForm::One, number, 0}; }
constexpr Ports either(std::uint16_t a, std::uint16_t b) { return {PortForm::Either, a, b}; }
constexpr Ports both(std::uint16_t a, std::uint16_t b) { return {PortForm::Both, a, b}; }
constexpr Ports dynamic{PortForm::Dynamic, 0, 0};
constexpr Ports none{PortForm::None, 0, 0};

struct Kind {
  LegKind kind;
  std::string_view set;
};
constexpr Kind required{LegKind::Required, {}};
constexpr Kind quirk{LegKind::Quirk, {}};
constexpr Kind alternative(std::string_view set) { return {LegKind::Alternative, set}; }

#define CONNECTION(id, from, direction, to, note, flows) \
  Connection{id, Role::from, Direction::direction, Role::to, note, flows},
#define LEG(row, id, protocol, transport, ports, note, kind, setting)
constexpr Connection kConnections[] = {
#include "topology/connections.inc"
#include "topology/extensions.inc"
};
#undef CONNECTION
#undef LEG

constexpr std::size_t index_of(ConnectionId id) {
  std::size_t i = 0;
  while (kConnections[i].id != id)
    ++i;  // past the end is a compile error, as all uses are constexpr
  return i;
}

constexpr Leg make_leg(std::uint8_t row, ConnectionId id, Protocol protocol, Transport transport,
                       Ports ports, std::uint8_t note, Kind kind, PortSetting setting) {
  const Connection& of = kConnections[index_of(id)];
  return {row,       id,    of.from, of.direction, of.to,    protocol,
          transport, ports, note,    kind.kind,    kind.set, setting};
}

#define CONNECTION(id, from, direction, to, note, flows)
#define LEG(row, id, protocol, transport, ports, note, kind, setting)            \
  make_leg(row, id, Protocol::protocol, Transport::transport, ports, note, kind, \
           PortSetting::setting),
constexpr Leg kLegs[] = {
#include "topology/connections.inc"
#include "topology/extensions.inc"
};
#undef CONNECTION
#undef LEG

constexpr std::uint8_t kSeedConnections = 37;
constexpr std::uint8_t kSeedRows = 83;

// Numbers ascend without a gap, and legs stand in the order of their connections.
constexpr bool table_is_in_order() {
  for (std::size_t i = 0; i < std::size(kConnections); ++i) {
    const bool added = i >= kSeedConnections;
    const std::size_t number = added ? i - kSeedConnections + 1 : i + 1;
    if (kConnections[i].id != ConnectionId{added, static_cast<std::uint8_t>(number)}) return false;
  }
  std::uint8_t row = 0;
  for (std::size_t i = 0; i < std::size(kLegs); ++i) {
    const Leg& leg = kLegs[i];
    if (i > 0 && leg.connection < kLegs[i - 1].connection) return false;
    if (leg.connection.extension != (leg.row == 0)) return false;
    if (leg.row != 0 && leg.row != row && leg.row != ++row) return false;
  }
  return row == kSeedRows;
}
static_assert(std::size(kConnections) > kSeedConnections && table_is_in_order());

bool is_in_table(ConnectionId id) {
  for (const Connection& each : kConnections)
    if (each.id == id) return true;
  return false;
}

const Leg* find_leg(LegRef ref) {
  const Leg* found = nullptr;
  for (const Leg& leg : kLegs)
    if (leg.connection == ref.connection && leg.protocol == ref.protocol &&
        (found == nullptr || found->kind == LegKind::Quirk))
      found = &leg;
  return found;
}

}  // namespace

std::string to_text(ConnectionId id) {
  return fmt::format("{}{}", id.extension ? "E" : "", id.number);
}

Result<ConnectionId> parse_connection(std::string_view text) {
  std::string_view digits = text;
  const bool added = digits.starts_with('E');
  if (added) digits.remove_prefix(1);
  std::uint8_t number = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const ConnectionId id{added, number};
  const bool whole = error == std::errc() && stop == digits.data() + digits.size();
  if (!whole || digits.starts_with('0') || !is_in_table(id))
    return fail(kUnknownConnection, "connection '{}'", text.substr(0, 20));
  return id;
}

std::string_view transport_name(Transport transport) {
  constexpr std::string_view kNames[] = {"udp", "tcp", "gre"};
  return kNames[static_cast<std::size_t>(transport)];
}

std::span<const Connection> connections() { return kConnections; }
std::span<const Leg> legs() { return kLegs; }

const Connection& connection_of(ConnectionId id) {
  MUSTER_CHECK(is_in_table(id));
  return kConnections[index_of(id)];
}

std::span<const Leg> legs_of(ConnectionId id) {
  std::size_t first = 0;
  while (first < std::size(kLegs) && kLegs[first].connection != id) ++first;
  std::size_t last = first;
  while (last < std::size(kLegs) && kLegs[last].connection == id) ++last;
  MUSTER_CHECK(last > first);
  return std::span(kLegs).subspan(first, last - first);
}

const Leg& leg_of(LegRef ref) {
  const Leg* const found = find_leg(ref);
  MUSTER_CHECK(found != nullptr);
  return *found;
}

Result<LegRef> parse_leg(std::string_view connection, std::string_view protocol) {
  const ConnectionId id = TRY(parse_connection(connection));
  const std::optional<Protocol> known = find_protocol(protocol);
  if (known && find_leg({id, *known}) != nullptr) return LegRef{id, *known};
  std::string listed;
  for (const Leg& leg : legs_of(id)) {
    if (leg.kind == LegKind::Quirk) continue;
    if (!listed.empty()) listed += ", ";
    listed += protocol_name(leg.protocol);
  }
  return fail(kUnknownProtocol, "'{}' on connection {}, which has {}", protocol.substr(0, 40),
              to_text(id), listed);
}

std::string leg_name(const Leg& leg) {
  std::string out = fmt::format("{} {}", to_text(leg.connection), protocol_name(leg.protocol));
  for (const Leg& other : legs_of(leg.connection))
    if (other.protocol == leg.protocol && other.transport != leg.transport)
      return fmt::format("{}/{}", out, transport_name(leg.transport));
  return out;
}

Result<const Leg*> find_leg_named(std::string_view text) {
  const std::size_t blank = std::min(text.find(' '), text.size());
  const ConnectionId id = TRY(parse_connection(text.substr(0, blank)));
  const std::string_view rest = text.substr(std::min(blank + 1, text.size()));
  for (const Leg& leg : legs_of(id)) {
    const std::string name = leg_name(leg);
    const auto same = [](char a, char b) {
      return std::tolower(static_cast<unsigned char>(a)) ==
             std::tolower(static_cast<unsigned char>(b));
    };
    if (std::ranges::equal(std::string_view(name).substr(name.find(' ') + 1), rest, same))
      return &leg;
  }
  return &leg_of(TRY(parse_leg(text.substr(0, blank), rest)));
}

bool listens(const Leg& leg, Role role) {
  if (role == leg.to) return true;
  const bool web = leg.protocol == Protocol::Http || leg.protocol == Protocol::Https;
  return role == leg.from && leg.direction == Direction::Both && !web;
}

bool dials(const Leg& leg, Role role) {
  if (role == leg.from || (leg.from == Role::AnyHost && !is_foreign(role))) return true;
  return role == leg.to && listens(leg, leg.from);
}

}  // namespace muster::topology
