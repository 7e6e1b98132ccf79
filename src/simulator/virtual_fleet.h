// The virtual clients of one process and the course of their scenario, on one event loop.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "contract/scenario.h"
#include "net/loop_client.h"
#include "simulator/virtual_client.h"

namespace muster::simulator {

struct VirtualFleetSettings {
  std::string management_point;
  std::string sources;  // the first address that clients dial from; empty: the system's choice
};

class VirtualFleet final : private net::Timed {
 public:
  // All outlive it. Errors: those of net/ about the management point, and of trust/.
  static Result<std::unique_ptr<VirtualFleet>> create(const VirtualFleetSettings& settings,
                                                      const contract::Scenario& scenario,
                                                      FleetState& state, Report& report,
                                                      const Clock& clock, Random& random);
  ~VirtualFleet() override;

  // Until the scenario is over. Errors: kNotAllConnected, kCommandFailed.
  Result<void> run();

 private:
  VirtualFleet(const contract::Scenario& scenario, FleetState& state, Report& report,
               const Clock& clock, Random& random);
  Result<void> open(const VirtualFleetSettings& settings);
  Result<trust::Certificate> check(ByteView leaf, std::span<const Bytes> chain);

  void on_deadline() override;
  void wake_due();
  void look_after_commands();
  void later(Duration time, std::function<void()> what);
  Duration elapsed() const;

  void begin_due_events();
  Result<void> begin(const contract::ScenarioEvent& event);
  void spread(const contract::ScenarioEvent& event,
              const std::function<void(VirtualClient&)>& what);
  Result<void> start_command(const std::vector<std::string>& command);
  void play_hostile(const contract::ScenarioEvent& event);
  void poll_hostile(VirtualClient& client, const contract::ScenarioEvent& event, Duration began,
                    std::uint64_t sent);

  const contract::Scenario& scenario_;
  FleetState& state_;
  Report& report_;
  const Clock& clock_;
  Random& random_;
  net::EventLoop loop_;
  net::DeadlineList ticks_;
  MachineTemplate machines_;
  DocumentPool documents_;
  std::string host_;
  Bytes checked_leaf_;
  std::optional<trust::Certificate> ca_;
  std::unique_ptr<net::LoopClient> http_;
  std::optional<Surroundings> around_;
  std::vector<std::unique_ptr<VirtualClient>> clients_;
  std::set<std::pair<Duration, std::size_t>> due_;
  std::vector<std::optional<Duration>> wake_times_;  // by client
  std::multimap<Duration, std::function<void()>> agenda_;
  std::deque<const contract::ScenarioEvent*> events_;
  std::vector<std::pair<int, std::string>> commands_;  // that run: process id and first word
  std::uint64_t on_ = 0, connected_ = 0, in_flight_ = 0;
  Duration began_{0}, waited_{0};
  std::optional<Duration> waiting_since_;  // for all to be connected
  std::optional<Error> ended_by_;
};

}  // namespace muster::simulator
