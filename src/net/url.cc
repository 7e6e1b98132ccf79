#include "net/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

#include "net/errors.h"
#include "net/http_parser.h"

namespace muster::net {
namespace {

// What a URL without a port means (RFC 9110 4.2).
constexpr std::uint16_t scheme_port(bool tls) {
  return tls ? 443 : 80;  // check-allow: ports, those of the schemes
}

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_';
  });
}

}  // namespace

std::string Url::authority() const {
  if (port != scheme_port(tls)) return host_and_port();
  return host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
}

std::string Url::host_and_port() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

Result<Url> parse_url(std::string_view text) {
  const std::string_view whole = text;
  Url url;
  if (text.starts_with("https://"))
    url.tls = true;
  else if (!text.starts_with("http://"))
    return fail(kBadUrl, "{}: neither http:// nor https://", whole);
  text.remove_prefix(url.tls ? 8 : 7);
  const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
  std::string_view authority = text.substr(0, end);
  text.remove_prefix(end);
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return fail(kBadUrl, "{}: bracket without end", whole);
    url.host = authority.substr(1, close - 1);
    in6_addr ignored;
    if (::inet_pton(AF_INET6, url.host.c_str(), &ignored) != 1)
      return fail(kBadUrl, "{}: no IPv6 address in the brackets", whole);
    port = authority.substr(close + 1);
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    if (!is_host(url.host)) return fail(kBadUrl, "{}: malformed host", whole);
    port = authority.substr(colon);
  }
  url.port = scheme_port(url.tls);
  if (!port.empty()) {
    const auto number = parse_decimal(port.substr(1));
    if (port.front() != ':' || !number || *number < 1 || *number > 65535)
      return fail(kBadUrl, "{}: malformed port", whole);
    url.port = static_cast<std::uint16_t>(*number);
  }
  text = text.substr(0, text.find('#'));
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; }))
    return fail(kBadUrl, "{}: a character of the path must be escaped", whole);
  if (!text.starts_with('/')) url.target.assign(1, '/');
  url.target.append(text);
  return url;
}

}  // namespace muster::net
