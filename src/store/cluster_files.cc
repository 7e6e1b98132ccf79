#include "store/cluster_files.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <bit>
#include <charconv>

#include "store/errors.h"

namespace muster::store {
namespace {

constexpr std::string_view kLoopback = "localhost";
constexpr std::string_view kEverywhere = "*";
constexpr std::uint64_t kMebibyte = 1u << 20;
constexpr std::uint64_t kLeastCache = 128;  // MiB: PostgreSQL's own default
constexpr std::uint64_t kMostCache = 8192;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string unquoted(std::string_view value) {
  if (!value.starts_with('\'')) return std::string(trimmed(value.substr(0, value.find('#'))));
  const std::size_t end = value.find('\'', 1);
  return std::string(value.substr(1, end == std::string_view::npos ? end : end - 1));
}

std::vector<std::string> words_of(std::string_view list) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    out.emplace_back(trimmed(list.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

// MemTotal is a little less than what a machine is sold with: from three quarters of a power of two
// on it counts as that power, so that the number stays when a kernel takes some more for itself.
std::uint64_t cache_mib(std::uint64_t memory_bytes) {
  const std::uint64_t quarter = memory_bytes / kMebibyte / 4;
  return std::clamp(std::bit_floor(quarter + quarter / 3), kLeastCache, kMostCache);
}

enum class AddressKind { Host, Loopback, None };

AddressKind kind_of(const std::string& text) {
  in_addr four{};
  in6_addr six{};
  if (::inet_pton(AF_INET, text.c_str(), &four) == 1) {
    if (four.s_addr == INADDR_ANY) return AddressKind::None;
    return (ntohl(four.s_addr) >> 24) == IN_LOOPBACKNET ? AddressKind::Loopback : AddressKind::Host;
  }
  if (::inet_pton(AF_INET6, text.c_str(), &six) != 1 || IN6_IS_ADDR_UNSPECIFIED(&six))
    return AddressKind::None;
  return IN6_IS_ADDR_LOOPBACK(&six) ? AddressKind::Loopback : AddressKind::Host;
}

}  // namespace

Result<std::vector<std::string>> cluster_addresses(const std::vector<std::string>& given) {
  std::vector<std::string> out;
  for (const std::string& address : given) {
    if (address == kEverywhere && given.size() > 1)
      return fail(kBadClusterAddress, "'*' beside others");
    const AddressKind kind = address == kEverywhere ? AddressKind::Host : kind_of(address);
    if (kind == AddressKind::None)
      return fail(kBadClusterAddress, "'{}' is no address of a host", address);
    if (kind == AddressKind::Host) out.push_back(address);
  }
  return out;
}

std::string cluster_settings(const ClusterChoice& choice, std::string_view folder,
                             std::uint64_t memory_bytes) {
  const bool everywhere =
      std::ranges::find(choice.addresses, kEverywhere) != choice.addresses.end();
  std::string addresses(everywhere ? kEverywhere : kLoopback);
  if (!everywhere)
    for (const std::string& address : choice.addresses) addresses += ", " + address;
  return fmt::format(
      R"(# Written by `muster database provision`, which writes it anew when it differs. What you set yourself
# belongs into a file of this folder that sorts behind this one.
listen_addresses = '{0}'
port = {1}
ssl = on
ssl_cert_file = '{2}/muster.crt'
ssl_key_file = '{2}/muster.key'
ssl_ca_file = ''
ssl_crl_file = ''
ssl_min_protocol_version = 'TLSv1.2'
password_encryption = 'scram-sha-256'
fsync = on
full_page_writes = on
synchronous_commit = on
wal_compression = lz4
max_wal_size = '2GB'
shared_buffers = '{3}MB'
)",
      addresses, choice.port, folder, cache_mib(memory_bytes));
}

std::optional<ClusterChoice> read_cluster_settings(std::string_view text) {
  ClusterChoice out;
  const std::string port = conf_value(text, "port");
  std::from_chars(port.data(), port.data() + port.size(), out.port);
  const std::string addresses = conf_value(text, "listen_addresses");
  if (out.port == 0 || addresses.empty()) return std::nullopt;
  for (std::string& each : words_of(addresses))
    if (each != kLoopback) out.addresses.push_back(std::move(each));
  return out;
}

std::string cluster_access(std::string_view database) {
  return fmt::format(
      R"(# Written by `muster database provision`, which writes it anew when it differs.
# Nobody comes in without TLS or without a password, and to no other database than the site's.
local    all      postgres        peer
host     all      postgres  all   reject
hostssl  {0}  all  all  scram-sha-256
)",
      database);
}

std::string conf_value(std::string_view text, std::string_view name) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = trimmed(text.substr(at, end - at));
    at = end + 1;
    if (!line.starts_with(name)) continue;
    const std::string_view rest = trimmed(line.substr(name.size()));
    if (rest.starts_with('=')) out = unquoted(trimmed(rest.substr(1)));
  }
  return out;
}

}  // namespace muster::store
