// What a simulated fleet does, written by people in YAML: how many virtual clients of which
// systems, for how long, and what happens meanwhile. docs/simulator.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace muster::contract {

using muster::to_text;  // else the overload below would hide those of times and durations

enum class SimulatedSystem { Debian, Ubuntu, Rocky };
std::string_view to_text(SimulatedSystem system);  // "debian"

struct SystemShare {
  SimulatedSystem system = SimulatedSystem::Debian;
  unsigned weight = 1;
};

struct ScenarioEvent {
  // Patch: clients bring their software up to date and look at their inventory. PowerOff, PowerOn:
  // without a word, as machines do. Run: a command of this machine, such as the restart of a
  // management point. Hostile: one client polls without a pause. Mark: nothing; what is measured
  // from here on is told apart.
  enum class Kind { Patch, PowerOff, PowerOn, Run, Hostile, Mark };
  Kind kind = Kind::Mark;
  std::string name{};  // of the phase that it begins
  Duration at{0};
  // False: `at` alone. True: not before every client that is on is connected.
  bool when_connected = false;
  Duration over{0};                      // Patch, PowerOff, PowerOn: spread over this time
  unsigned percent = 100;                // of the clients, likewise
  std::optional<std::uint64_t> count{};  // so many of them in place of a percentage
  bool whole = false;                    // Patch: the inventory is sent whole, not what changed
  std::vector<std::string> command{};    // Run
  unsigned rate = 1000;                  // Hostile: polls a second
  Duration lasts{0};                     // Hostile
};

struct Scenario {
  std::string name{};
  std::uint64_t seed = 1;
  std::uint64_t clients = 0;
  Duration lasts{0};
  // How many times faster than the clock the clients' own cycles go: with 60 an hour's poll comes
  // each minute. What the site says of the moment (nudges, retries) is not hastened.
  unsigned pace = 1;
  Duration power_on_over{0};
  // False: clients only come as their cycles want it, on a connection each time that they close
  // when nothing more is due. There may be far more of them than connections.
  bool hold = true;
  std::vector<SystemShare> systems{{SimulatedSystem::Debian, 1}};
  std::vector<ScenarioEvent> events{};  // by time
};

inline constexpr std::uint64_t kMostVirtualClients = 1'000'000;
inline constexpr std::size_t kMostScenarioEvents = 1000;

// `file` stands in errors, which name line and column. Errors: kBadMember, kTooMuch and YAML's own.
Result<Scenario> decode_scenario(ByteView yaml, std::string_view file);

}  // namespace muster::contract
