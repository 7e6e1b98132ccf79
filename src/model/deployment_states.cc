#include "model/deployment_states.h"

namespace muster::model {
namespace {

constexpr DeploymentStateName kNames[] = {
    {kStateReceived, "received", "received"},
    {kStateDownloading, "downloading", "downloading"},
    {kStateRetrying, "retrying", "retrying"},
    {kStateRequirementsUnmet, "requirements-unmet", "requirementsUnmet"},
    {kStateWaitingForWindow, "waiting-for-window", "waitingForWindow"},
    {kStateWaitingForProgram, "waiting-for-program", "waitingForProgram"},
    {kStateWaitingForRestart, "waiting-for-restart", "waitingForRestart"},
    {kStateHeld, "held", "held"},
    {kStateInstalling, "running", "running"},
    {kStatePendingRestart, "restart-pending", "restartPending"},
    {kStateSucceeded, "succeeded", "succeeded"},
    {kStateFailed, "failed", "failed"},
};

}  // namespace

std::span<const DeploymentStateName> deployment_states() { return kNames; }

std::string_view deployment_state_name(unsigned state) {
  for (const DeploymentStateName& each : kNames)
    if (each.state == state) return each.name;
  return {};
}

std::optional<unsigned> parse_deployment_state(std::string_view name) {
  for (const DeploymentStateName& each : kNames)
    if (each.name == name) return each.state;
  return std::nullopt;
}

}  // namespace muster::model
