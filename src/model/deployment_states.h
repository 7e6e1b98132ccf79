// The states that a device is in about a deployment: topic 301 in words, for lists and filters.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "model/status_ids.h"

namespace muster::model {

struct DeploymentStateName {
  unsigned state;
  std::string_view name;  // "waiting-for-window"
  std::string_view key;   // "waitingForWindow", as a member of an answer
};
// In the order in which a deployment goes through them.
std::span<const DeploymentStateName> deployment_states();

// "state 77" has no name: "".
std::string_view deployment_state_name(unsigned state);
std::optional<unsigned> parse_deployment_state(std::string_view name);

}  // namespace muster::model
