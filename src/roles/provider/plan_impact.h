// Who a deployment hits, told before it is made.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "contract/plan.h"
#include "hosting/site.h"

namespace muster::provider {

// The devices of a deployment, found where its collection may only be planned yet.
struct Target {
  std::vector<store::DeviceNumber> members;  // ascending
  std::map<std::string, std::uint64_t> exclusions;
  std::uint64_t succeeded = 0;
  std::uint64_t bytes_per_device = 0;
};

// By the rules of the collection as `reader` has them. Errors: those of the fleet and the store.
Result<Target> deployment_target(hosting::Site& site, store::Reader& reader,
                                 std::string_view collection, Timestamp now);

// Counts by operating system, what is offline, and a sample of names.
Result<contract::Impact> impact_of(hosting::Site& site, store::Reader& reader, const Target& target,
                                   Timestamp now);

}  // namespace muster::provider
