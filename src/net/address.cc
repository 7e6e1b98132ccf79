#include "net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "net/errors.h"

namespace muster::net {
namespace {

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

Bytes SocketAddress::v4_octets() const {
  in_addr_t octets = 0;
  if (storage.ss_family == AF_INET) {
    octets = reinterpret_cast<const sockaddr_in&>(storage).sin_addr.s_addr;
  } else {
    const in6_addr& address = reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr;
    if (storage.ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&address)) return {};
    std::memcpy(&octets, address.s6_addr + 12, sizeof octets);
  }
  return {reinterpret_cast<const char*>(&octets), sizeof octets};
}

SocketAddress own_end_of(const os::Fd& fd) {
  SocketAddress out;
  out.size = sizeof out.storage;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&out.storage), &out.size) != 0) return {};
  return out;
}

SocketAddress peer_of(const os::Fd& fd) {
  SocketAddress out;
  out.size = sizeof out.storage;
  if (::getpeername(fd.get(), reinterpret_cast<sockaddr*>(&out.storage), &out.size) != 0) return {};
  return out;
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
