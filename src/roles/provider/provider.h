// The provider (extension E1, connections 26 and 32): the operators' interface to the site.
#pragma once

#include <functional>
#include <vector>

#include "hosting/route_table.h"
#include "hosting/site.h"

namespace muster::provider {

// What the provider asks of the host that it runs on.
struct HostPorts {
  std::function<bool()> ready;
  // Tries a quarantined message again.
  std::function<Result<void>(std::int64_t number)> replay;
};

// All routes of api/openapi.yaml. `site` outlives them.
std::vector<hosting::Route> routes(hosting::Site& site, const HostPorts& ports);

// The same for connection 26 (contract::kProviderInterface): each for operators alone.
std::vector<hosting::Route> rpc_routes(hosting::Site& site, const HostPorts& ports);

}  // namespace muster::provider
