// What the virtual clients saw, in phases: how long answers took, and what they cost the servers.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>

#include "base/time.h"
#include "contract/simulation_result.h"
#include "simulator/server_watch.h"
#include "simulator/time_tally.h"

namespace muster::simulator {

using muster::to_text;  // else the overload below would hide those of times and durations

// Round: from the begin of the phase until a client that was nudged has looked and asks again.
enum class Exchange { Enrolment, Poll, Document, Message, Round, Handshake, Hostile };
std::string_view to_text(Exchange exchange);  // "poll"

class Report {
 public:
  // Both outlive it.
  Report(const Clock& clock, ServerWatch& servers) : clock_(&clock), servers_(&servers) {}

  // What comes belongs to this phase from now on.
  void begin_phase(std::string name);
  void end();

  void answered(Exchange exchange, Duration time);
  void failed(Exchange exchange, const Error& error);
  void shook_hands(Duration time, bool resumed);
  void looked();
  // How many clients are on and how many of them the management point holds a request of.
  void connected(std::uint64_t connected, std::uint64_t on);

  std::vector<contract::SimulationPhase> take() { return std::move(phases_); }

 private:
  struct Times {
    TimeTally tally{};
    std::uint64_t failed = 0;
    std::string first_failure{};
  };
  Times& times(Exchange exchange);

  const Clock* clock_;
  ServerWatch* servers_;
  std::vector<contract::SimulationPhase> phases_;
  std::map<Exchange, Times> times_;
  std::optional<contract::SimulationPhase> phase_;
  Duration began_{0};
  std::uint64_t connected_ = 0;
  bool all_connected_ = false;
};

// One line a kind, for people.
std::string to_table(const contract::SimulationResult& result);

}  // namespace muster::simulator
