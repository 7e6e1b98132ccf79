// What a run of the simulator measured, as one JSON file. docs/simulator.md.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace muster::contract {

// Times of one kind of exchange, in milliseconds.
struct AnswerTimes {
  std::string kind;
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  double p50_ms = 0, p90_ms = 0, p99_ms = 0, longest_ms = 0;
  std::string first_failure{};
};

// From one event to the next.
struct SimulationPhase {
  std::string name;
  double seconds = 0;
  std::vector<AnswerTimes> answers{};
  std::uint64_t full_handshakes = 0, resumed_handshakes = 0;
  // How long it took until all that are on were connected; negative: they never were.
  double connected_after_s = -1;
  std::uint64_t connected = 0;  // at its end
  // Of the servers that were named.
  double server_cpu_s = 0;
  std::uint64_t server_resident_bytes = 0, server_peak_bytes = 0;
  std::uint64_t database_bytes = 0;
};

struct SimulationResult {
  std::string scenario;
  Timestamp began;
  std::uint64_t clients = 0;
  unsigned pace = 1;
  // The machine that it ran on.
  std::string processor, system;
  unsigned cores = 0;
  std::uint64_t memory_bytes = 0;
  double own_cpu_s = 0;  // of the simulator itself
  std::vector<SimulationPhase> phases{};
};
Bytes encode_simulation_result(const SimulationResult& result);

}  // namespace muster::contract
