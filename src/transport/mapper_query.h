// Asks a host's endpoint mapper where an RPC interface is.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "base/time.h"
#include "wire/rpc/uuid.h"

namespace muster::transport {

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

// "rpc://HOST" or "rpc://HOST:PORT", the host as in net::parse_url(). Error: net::kBadUrl.
bool is_mapper_url(std::string_view text);
Result<HostPort> parse_mapper_url(std::string_view text, std::uint16_t usual_port);

// What an interface is called where it could not be found.
struct WantedInterface {
  wire::rpc::SyntaxId id;
  std::string name;
};

// The host is that of `mapper` as it was given, unless the mapper names another one: then it is
// numeric. The answer is a hint: who answers there must still prove who it is. `clock` and `stop`
// are used during the call. Errors: kNotRegistered, kMapperAnswer, those of net.
Result<HostPort> ask_mapper(const HostPort& mapper, const WantedInterface& wanted, Duration time,
                            const Clock& clock, const std::atomic<bool>* stop = nullptr);

}  // namespace muster::transport
