// One call over D-Bus, made by a short-lived busctl so that the agent itself maps no bus library.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace muster::client {

struct BusCall {
  std::string address{};               // "unix:path=..."; empty: the system's bus
  std::optional<std::uint32_t> uid{};  // as this user, where this process is root
  std::string destination{};
  std::string path{};
  std::string interface {};
  std::string member{};
  std::vector<std::string> arguments{};  // as busctl(1) takes them: the signature first
  Duration patience = std::chrono::seconds(5);
};

// Returns once the service has answered. Error: kBusCallFailed.
Result<void> make_bus_call(const BusCall& call);

}  // namespace muster::client
