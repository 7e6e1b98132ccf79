#include "roles/client/platform/own_addresses.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace muster::client {
namespace {

constexpr std::size_t kV4Bytes = 4;
constexpr std::size_t kV6Bytes = 16;

Bytes bytes_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    Bytes out(kV4Bytes, '\0');
    std::memcpy(out.data(), &v4.sin_addr, kV4Bytes);
    return out;
  }
  if (address.sa_family != AF_INET6) return {};
  sockaddr_in6 v6;
  std::memcpy(&v6, &address, sizeof v6);
  if (IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr)) return {};
  Bytes out(kV6Bytes, '\0');
  std::memcpy(out.data(), &v6.sin6_addr, kV6Bytes);
  return out;
}

}  // namespace

std::vector<model::IpAddress> own_addresses(std::size_t limit) {
  std::vector<model::IpAddress> out;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return out;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, ::freeifaddrs);
  for (const ifaddrs* each = list; each && out.size() < limit; each = each->ifa_next) {
    if (!each->ifa_addr || (each->ifa_flags & IFF_LOOPBACK) != 0 || (each->ifa_flags & IFF_UP) == 0)
      continue;
    const Bytes bytes = bytes_of(*each->ifa_addr);
    if (bytes.empty()) continue;
    const auto address = model::IpAddress::from_bytes(bytes);
    if (std::ranges::find(out, address) == out.end()) out.push_back(address);
  }
  return out;
}

}  // namespace muster::client
