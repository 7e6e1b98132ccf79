// What is kept of virtual clients from run to run: identities, and which inventory the site has.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "model/ids.h"

namespace muster::simulator {

struct KeptClient {
  std::uint64_t number = 0;  // of the machine template
  model::DeviceId device;
  std::string key_pem{};
  std::string certificate_pem{};  // empty: not enrolled yet
  std::string password{};         // of the token that is its own until it is enrolled
  std::uint64_t patches = 0;
  std::optional<std::uint64_t> reported{};  // the patches that the site knows of
};

struct FleetState {
  // Of the site's CA and of 1.root.json, as the tokens named them; empty before there was one.
  Bytes ca_sha256, root_sha256;
  std::vector<KeptClient> clients;  // by number
};

// An empty state where there is no file. Error: kBadFleetState.
Result<FleetState> load_fleet_state(const std::filesystem::path& file);
// Private: keys are in it.
Result<void> save_fleet_state(const std::filesystem::path& file, const FleetState& state);

// Machines `first` to `first + count` are there afterwards; those that were not enrolled have the
// tokens' passwords. `tokens`: one a line. Errors: kTooFewTokens, and those of reading a token.
Result<void> add_clients(FleetState& state, std::uint64_t first, std::uint64_t count,
                         ByteView tokens, Random& random);

}  // namespace muster::simulator
