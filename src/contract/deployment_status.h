// How a deployment stands: counts by state, and its devices with their state. Members of answers
// that api/openapi.yaml describes.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "wire/node.h"

namespace muster::contract {

// Adds the count of one state, "succeeded": 12.
void add_state_count(wire::Node& status, std::string_view key, std::int64_t devices);
inline constexpr std::string_view kTargetsKey = "targets";

struct DeploymentDeviceView {
  std::string device;  // its name
  std::string state;   // "failed"; "silent" for one that has not said anything yet
  std::optional<Timestamp> at;
  std::string package_version;
  std::optional<std::int64_t> exit_code;
  std::string detail;
  std::optional<Timestamp> next;
};
Bytes encode_deployment_device(const DeploymentDeviceView& view);

// One as the console prints it: device, state, since, version, exit code, next time, cause.
std::vector<std::string> deployment_device_row(const wire::Node& item);
std::vector<std::string> deployment_device_headings();

}  // namespace muster::contract
