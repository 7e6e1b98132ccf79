// A collection: the devices that its rules name, within the collection that limits it.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "model/agent_settings.h"
#include "model/maintenance_window.h"

namespace muster::model {

// The collection of all devices. It is built in and limited by none.
inline constexpr std::string_view kAllSystems = "all-systems";

inline constexpr std::size_t kMostRules = 1000;
inline constexpr std::size_t kLongestRuleQuery = 16'384;

// All devices that the query answers with.
struct QueryRule {
  std::string query;
  friend bool operator==(const QueryRule&, const QueryRule&) = default;
};
// One device: by name as an operator writes it, by id as the site keeps it.
struct DeviceRule {
  std::string device;
  friend bool operator==(const DeviceRule&, const DeviceRule&) = default;
};
// All members of another collection.
struct IncludeRule {
  std::string collection;
  friend bool operator==(const IncludeRule&, const IncludeRule&) = default;
};
// No member of another collection, whatever the other rules name.
struct ExcludeRule {
  std::string collection;
  friend bool operator==(const ExcludeRule&, const ExcludeRule&) = default;
};
using Rule = std::variant<QueryRule, DeviceRule, IncludeRule, ExcludeRule>;

struct Collection {
  std::string name;
  std::string limited_to = std::string(kAllSystems);
  // A device is a member when any of the rules names it, no exclude rule does and the limit has it;
  // none without rules.
  std::vector<Rule> rules{};
  // When programs may start by themselves on its members; those of all collections of a device
  // count together.
  std::vector<MaintenanceWindow> windows{};
  // For the agents of its members.
  AgentSection agent{};
  friend bool operator==(const Collection&, const Collection&) = default;
};

// 1 to 253 of letters, digits and "-._", starting with a letter or digit. Error: kBadCollection.
Result<void> check_device_name(std::string_view name);
// Not empty, UTF-8, at most kLongestRuleQuery bytes; whether it is a query is told by query/.
// Error: kBadCollection.
Result<void> check_query_text(std::string_view query);
// No collection takes the place of all-systems or names itself. Error: kBadCollection.
Result<void> check_names(const Collection& collection);

}  // namespace muster::model
