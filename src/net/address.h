// Socket addresses, and names resolved to them in bounded time.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/os/fd.h"
#include "base/result.h"
#include "base/time.h"
#include "net/url.h"

namespace muster::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  // Numeric; an IPv4 address mapped into IPv6 reads as IPv4.
  std::string text() const;
  std::uint16_t port() const;
  // The four bytes of an IPv4 address, also of one mapped into IPv6; else nothing.
  Bytes v4_octets() const;
};

// The two ends of a socket. Empty where it has none.
SocketAddress own_end_of(const os::Fd& fd);
SocketAddress peer_of(const os::Fd& fd);

// A numeric address. Error: kBadUrl.
Result<SocketAddress> parse_address(const std::string& address, std::uint16_t port);

// Numeric addresses at once; names by the system's resolver, for at most `time`.
// Errors: kConnectFailed, kDeadlinePassed.
Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port,
                                           Duration time);

}  // namespace muster::net
