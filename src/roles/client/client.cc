#include "roles/client/client.h"

#include <thread>

#include "base/log.h"
#include "roles/client/agent.h"
#include "roles/client/platform/supervisor.h"

namespace muster::client {
namespace {
constexpr Duration kStopCheck = std::chrono::milliseconds(250);
}

Result<void> run_client(const contract::ClientConfig& config, const Clock& clock, Random& random,
                        const std::atomic<bool>& stop) {
  auto agent = TRY(Agent::open(config, clock, random, stop));
  log::info("client.started", "the client runs");
  while (!stop) {
    const Timestamp next = TRY(agent->step());
    while (!stop && !agent->reassignment_asked()) {
      const Duration left = next - clock.now();
      if (left <= Duration(0) || agent->is_asked()) break;
      std::this_thread::sleep_for(std::min(left, kStopCheck));
    }
  }
  log::info("client.stopped", "the client ends");
  return {};
}

int supervise_program(const char* run_folder, const Clock& clock) {
  return supervise(run_folder, clock);
}

}  // namespace muster::client
