// The configuration of a PostgreSQL server that a site has to itself: pure text, no server needed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace muster::store {

// What an administrator decides; the rest is muster's.
struct ClusterChoice {
  // Numeric addresses beside the loopback, or "*" alone for all; empty: the loopback alone.
  std::vector<std::string> addresses{};
  std::uint16_t port = 0;
  friend bool operator==(const ClusterChoice&, const ClusterChoice&) = default;
};

// As ClusterChoice takes them, the loopback's left out: it is always listened on. Error:
// kBadClusterAddress, for anything but numeric addresses of a host, and for "*" beside others.
Result<std::vector<std::string>> cluster_addresses(const std::vector<std::string>& given);

// `conf.d/muster.conf`: where the server listens, TLS, passwords, durability, memory. A quarter of
// the machine's memory is the server's cache, as the next power of two, from 128 MiB to 8 GiB.
// `folder` holds the key and the certificate.
std::string cluster_settings(const ClusterChoice& choice, std::string_view folder,
                             std::uint64_t memory_bytes);
// Of what cluster_settings() has written; nothing when it says neither.
std::optional<ClusterChoice> read_cluster_settings(std::string_view text);

// `pg_hba.conf`: the operating system's own user over the socket, and over TCP the site's database
// alone, with TLS and SCRAM.
std::string cluster_access(std::string_view database);

// The value of a line `name = value` or `name = 'value'`, the last one; empty without one.
std::string conf_value(std::string_view text, std::string_view name);

}  // namespace muster::store
