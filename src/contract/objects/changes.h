// Which fields of two documents differ: `diff`, dry runs and the plan of an apply speak of these.
#pragma once

#include <string>
#include <vector>

#include "wire/node.h"

namespace muster::contract {

// One field. Values are JSON; empty where the field is absent.
struct FieldChange {
  std::string path;  // "spec.programs[0].runAs"
  std::string before;
  std::string after;
  friend bool operator==(const FieldChange&, const FieldChange&) = default;
};

// In the order of `after`, then what only `before` has. A value of another kind, and a list or
// mapping that one side lacks, is one change.
std::vector<FieldChange> field_changes(const wire::Node& before, const wire::Node& after,
                                       const std::string& path);

}  // namespace muster::contract
