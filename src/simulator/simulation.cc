#include "simulator/simulation.h"

#include <algorithm>
#include <cstdio>

#include "base/log.h"
#include "base/os/file.h"
#include "base/os/file_limit.h"
#include "contract/scenario.h"
#include "simulator/errors.h"
#include "simulator/virtual_fleet.h"

namespace muster::simulator {
namespace {

// Beside the clients' connections: logs, the loop, and polls while a request is held.
constexpr std::uint64_t kOwnDescriptors = 200;
// Of clients that hold nothing only those have a connection that ask just now.
constexpr std::uint64_t kMostAtOnce = 10'000;
constexpr std::size_t kTokenFileLimit = 256u << 20;

Result<contract::Scenario> read_scenario(const Options& options) {
  auto scenario =
      TRY(contract::decode_scenario(TRY(os::read_file(options.scenario)), options.scenario));
  if (options.clients != 0) scenario.clients = options.clients;
  return scenario;
}

// The clients that this process plays; others of the folder stay as they are.
Result<FleetState> prepare(const Options& options, const contract::Scenario& scenario,
                           FleetState& all, const std::string& file, Random& random) {
  Bytes tokens;
  if (!options.tokens.empty()) tokens = TRY(os::read_file(options.tokens, kTokenFileLimit));
  TRY(add_clients(all, options.first, scenario.clients, tokens, random));
  // Before anybody enrols: a token that was used is its client's own from then on.
  TRY(save_fleet_state(file, all));
  FleetState out{all.ca_sha256, all.root_sha256, {}};
  for (const KeptClient& each : all.clients)
    if (each.number >= options.first && each.number < options.first + scenario.clients)
      out.clients.push_back(each);
  return out;
}

void put_back(FleetState& all, const FleetState& played) {
  auto next = played.clients.begin();
  for (KeptClient& each : all.clients)
    if (next != played.clients.end() && next->number == each.number) each = *next++;
}

}  // namespace

Result<void> simulate(const Options& options, const Clock& clock, Random& random) {
  const contract::Scenario scenario = TRY(read_scenario(options));
  const std::uint64_t wanted =
      kOwnDescriptors +
      (scenario.hold ? scenario.clients : std::min(scenario.clients, kMostAtOnce));
  if (const std::uint64_t limit = os::raise_file_limit(wanted); limit < wanted)
    return fail(kTooFewDescriptors, "{} clients want {}, {} are allowed", scenario.clients, wanted,
                limit);
  const std::string file = options.state + "/clients";
  FleetState all = TRY(load_fleet_state(file));
  FleetState state = TRY(prepare(options, scenario, all, file, random));

  ServerWatch servers(options.servers, options.database);
  Report report(clock, servers);
  contract::SimulationResult result;
  result.scenario = scenario.name;
  result.began = clock.now();
  result.clients = state.clients.size();
  result.pace = scenario.pace;
  describe_machine(result);
  auto fleet = TRY(VirtualFleet::create({options.management_point, options.sources}, scenario,
                                        state, report, clock, random));
  const auto done = fleet->run();
  put_back(all, state);
  TRY(save_fleet_state(file, all));
  result.own_cpu_s = own_cpu_s();
  result.phases = report.take();
  std::fputs(to_table(result).c_str(), stdout);
  if (!options.result.empty())
    TRY(os::replace_file(options.result, contract::encode_simulation_result(result) + "\n",
                         os::FileMode::Public));
  return done;
}

}  // namespace muster::simulator
