// Class IPAddress: addresses, networks and default gateways out of /proc/net. Loopback,
// link-local and temporary (RFC 8981) addresses are left out: they identify nothing, and the
// latter change daily.
#include <algorithm>
#include <set>

#include "roles/client/inventory/address_text.h"
#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/row_builder.h"
#include "roles/client/inventory/text.h"

namespace muster::client {
namespace {

constexpr std::int64_t kGatewayFlag = 2;    // linux/route.h: RTF_GATEWAY
constexpr std::int64_t kTemporaryFlag = 1;  // linux/if_addr.h: IFA_F_TEMPORARY
constexpr std::size_t kTableLimit = 16 * kFactLimit;

struct Route {
  std::string adapter;
  Bytes network;
  unsigned prefix_length = 0;
  Bytes gateway;  // empty on a connected network
  std::int64_t metric = 0;
};

// /proc/net/route prints addresses as numbers of this machine's byte order, which is little
// endian wherever muster runs.
std::optional<Bytes> reversed_address(std::string_view text) {
  const auto value = text.size() == 8 ? to_number(text, 16) : std::nullopt;
  if (!value || *value < 0) return std::nullopt;
  Bytes out;
  for (std::int64_t rest = *value, i = 0; i < 4; ++i, rest /= 256)
    out += static_cast<char>(rest % 256);
  return out;
}

unsigned ones_in(ByteView mask) {
  unsigned out = 0;
  for (char c : mask)
    for (unsigned bits = static_cast<std::uint8_t>(c); bits != 0; bits /= 2) out += bits % 2;
  return out;
}

std::vector<Route> ipv4_routes(const Source& source) {
  std::vector<Route> out;
  const auto table = source.read("/proc/net/route", kTableLimit);
  if (!table) return out;
  std::string_view rest = *table;
  for (std::string_view line; next_line(rest, line);) {
    const auto words = fields(line);
    if (words.size() < 8) continue;
    const auto network = reversed_address(words[1]);
    const auto gateway = reversed_address(words[2]);
    const auto flags = to_number(words[3], 16);
    const auto metric = to_number(words[6]);
    const auto mask = reversed_address(words[7]);
    if (!network || !gateway || !flags || !metric || !mask) continue;  // the heading too
    out.push_back({std::string(words[0]), *network, ones_in(*mask),
                   (*flags & kGatewayFlag) != 0 ? *gateway : Bytes(), *metric});
  }
  return out;
}

std::vector<Route> ipv6_routes(const Source& source) {
  std::vector<Route> out;
  const auto table = source.read("/proc/net/ipv6_route", kTableLimit);
  if (!table) return out;
  std::string_view rest = *table;
  for (std::string_view line; next_line(rest, line);) {
    const auto words = fields(line);
    if (words.size() < 10) continue;
    const auto network = from_hex(words[0]);
    const auto prefix = to_number(words[1], 16);
    const auto gateway = from_hex(words[4]);
    const auto metric = to_number(words[5], 16);
    const auto flags = to_number(words[8], 16);
    if (!network || network->size() != 16 || !gateway || !prefix || !metric || !flags) continue;
    out.push_back({std::string(words[9]), *network, static_cast<unsigned>(*prefix),
                   (*flags & kGatewayFlag) != 0 ? *gateway : Bytes(), *metric});
  }
  return out;
}

std::string gateway_of(const std::vector<Route>& routes, const std::string& adapter) {
  const Route* best = nullptr;
  for (const Route& route : routes)
    if (route.adapter == adapter && route.prefix_length == 0 && !route.gateway.empty() &&
        (best == nullptr || route.metric < best->metric))
      best = &route;
  return best == nullptr ? std::string() : address_text(best->gateway);
}

// The local addresses of /proc/net/fib_trie, which names no adapter: "|-- ADDRESS" and below it
// "/32 host LOCAL".
std::set<Bytes> local_ipv4(const Source& source) {
  std::set<Bytes> out;
  const auto table = source.read("/proc/net/fib_trie", kTableLimit);
  if (!table) return out;
  Bytes last;
  std::string_view rest = *table;
  for (std::string_view line; next_line(rest, line);) {
    const auto words = fields(line);
    if (words.size() == 2 && words[0] == "|--") {
      last.clear();
      std::string_view text = words[1];
      while (!text.empty()) {
        const std::size_t dot = std::min(text.find('.'), text.size());
        const auto part = to_number(text.substr(0, dot));
        if (!part || *part < 0 || *part > 255) break;
        last += static_cast<char>(*part);
        text.remove_prefix(std::min(dot + 1, text.size()));
      }
    } else if (words.size() == 3 && words[0] == "/32" && words[2] == "LOCAL" && last.size() == 4) {
      out.insert(last);
    }
  }
  return out;
}

// A recorded tree: the adapter is that of the narrowest connected network around the address.
std::vector<AdapterAddress> ipv4_from_tables(const Source& source,
                                             const std::vector<Route>& routes) {
  std::vector<AdapterAddress> out;
  for (const Bytes& address : local_ipv4(source)) {
    const Route* best = nullptr;
    for (const Route& route : routes)
      if (route.gateway.empty() && route.prefix_length > 0 &&
          network_of(address, route.prefix_length) == route.network &&
          (best == nullptr || route.prefix_length > best->prefix_length))
        best = &route;
    if (best != nullptr) out.push_back({best->adapter, address, best->prefix_length});
  }
  return out;
}

std::vector<AdapterAddress> ipv6_addresses(const Source& source) {
  std::vector<AdapterAddress> out;
  const auto table = source.read("/proc/net/if_inet6", kTableLimit);
  if (!table) return out;
  std::string_view rest = *table;
  for (std::string_view line; next_line(rest, line);) {
    const auto words = fields(line);
    if (words.size() != 6) continue;
    const auto address = from_hex(words[0]);
    const auto prefix = to_number(words[2], 16);
    const auto flags = to_number(words[4], 16);
    if (!address || address->size() != 16 || !prefix || *prefix > 128 || !flags) continue;
    if ((*flags & kTemporaryFlag) != 0) continue;
    out.push_back({std::string(words[5]), *address, static_cast<unsigned>(*prefix)});
  }
  return out;
}

bool identifies_nothing(ByteView address) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(address[i]); };
  if (address.size() == 4) return byte(0) == 127 || (byte(0) == 169 && byte(1) == 254);
  if (byte(0) == 0xfe && byte(1) >= 0x80 && byte(1) <= 0xbf) return true;
  return address.substr(0, 15).find_first_not_of('\0') == ByteView::npos && byte(15) <= 1;
}

}  // namespace

Result<Collected> collect_ip_address(const Source& source) {
  Collected out;
  const auto routes4 = ipv4_routes(source);
  const auto routes6 = ipv6_routes(source);
  auto addresses = source.ipv4_addresses().value_or(ipv4_from_tables(source, routes4));
  std::ranges::move(ipv6_addresses(source), std::back_inserter(addresses));
  for (const AdapterAddress& found : addresses) {
    if (identifies_nothing(found.address)) continue;
    const bool ipv4 = found.address.size() == 4;
    RowBuilder row("IPAddress");
    row.text("Adapter", found.adapter);
    row.text("Address", address_text(found.address));
    row.number("PrefixLength", found.prefix_length);
    row.text("Family", ipv4 ? "IPv4" : "IPv6");
    row.text("Network",
             fmt::format("{}/{}", address_text(network_of(found.address, found.prefix_length)),
                         found.prefix_length));
    row.text("Gateway", gateway_of(ipv4 ? routes4 : routes6, found.adapter));
    out.rows.push_back(std::move(row).take());
    if (out.rows.size() >= model::kMostRowsPerClass) break;
  }
  return out;
}

}  // namespace muster::client
