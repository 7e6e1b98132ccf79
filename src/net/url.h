// URLs as the HTTP client takes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

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

}  // namespace muster::net
