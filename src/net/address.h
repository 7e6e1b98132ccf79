// Addresses: URLs as the HTTP client takes them, socket addresses, names resolved in bounded time.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace muster::net {

struct Url {
  bool tls = false;
  std::string host;  // without the brackets of an IPv6 address
  std::uint16_t port = 0;
  std::string target;  // starts with '/', as it goes on the wire; without fragment

  // HOST, HOST:PORT or [V6]:PORT, the port only where it is not the scheme's own.
  std::string authority() const;
  // HOST:PORT or [V6]:PORT.
  std::string host_and_port() const;
};

// http:// and https:// only; no user part, no control character or space. Error: kBadUrl.
Result<Url> parse_url(std::string_view text);

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  // Numeric; an IPv4 address mapped into IPv6 reads as IPv4.
  std::string text() const;
  std::uint16_t port() const;
};

// A numeric address. Error: kBadUrl.
Result<SocketAddress> parse_address(const std::string& address, std::uint16_t port);

// Numeric addresses at once; names by the system's resolver, for at most `time`.
// Errors: kConnectFailed, kDeadlinePassed.
Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port,
                                           Duration time);

}  // namespace muster::net
