#include "net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

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

Result<std::vector<SocketAddress>> look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error != 0) return fail(kConnectFailed, "{}: {}", host, ::gai_strerror(error));
  std::vector<SocketAddress> found;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    SocketAddress address;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.size = entry->ai_addrlen;
    found.push_back(address);
  }
  ::freeaddrinfo(list);
  return found;
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

std::string SocketAddress::text() const {
  char out[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(storage).sin_addr, out, sizeof out);
  } else if (storage.ss_family == AF_INET6) {
    const in6_addr& address = reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&address))
      ::inet_ntop(AF_INET, address.s6_addr + 12, out, sizeof out);
    else
      ::inet_ntop(AF_INET6, &address, out, sizeof out);
  }
  return out;
}

std::uint16_t SocketAddress::port() const {
  // At the same place in both families.
  return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
}

Result<SocketAddress> parse_address(const std::string& address, std::uint16_t port) {
  SocketAddress out;
  auto& v4 = reinterpret_cast<sockaddr_in&>(out.storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out.storage);
  if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    out.size = sizeof v4;
    return out;
  }
  if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    out.size = sizeof v6;
    return out;
  }
  return fail(kBadUrl, "{} is no numeric address", address);
}

Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port,
                                           Duration time) {
  if (auto numeric = parse_address(host, port)) return std::vector{*numeric};
  // getaddrinfo cannot be interrupted; past the deadline its thread is left to end by itself.
  struct Answer {
    std::mutex mutex;
    std::condition_variable ready;
    std::optional<Result<std::vector<SocketAddress>>> result;
  };
  const auto answer = std::make_shared<Answer>();
  std::thread([answer, host, port] {
    auto result = look_up(host, port);
    const std::lock_guard lock(answer->mutex);
    answer->result = std::move(result);
    answer->ready.notify_one();
  }).detach();
  std::unique_lock lock(answer->mutex);
  if (!answer->ready.wait_for(lock, time, [&] { return answer->result.has_value(); }))
    return fail(kDeadlinePassed, "the name {} was not resolved in {} ms", host, time.count());
  return std::move(*answer->result);
}

}  // namespace muster::net
