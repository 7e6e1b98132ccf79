// Which legs have a passing test and against which peer: tests/connections/built.csv, checked
// against the table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "topology/legs.h"

namespace muster::topology {

struct BuiltLeg {
  const Leg* leg;
  std::string peer;  // "curl 7.88.1"
  std::string test;  // what runs it
};

// Lines "connection,protocol,transport,peer,test" after a heading that says so. Each leg stands
// once. Error: kBadBuiltList with the line's number.
Result<std::vector<BuiltLeg>> parse_built(std::string_view csv);

// Nothing where no test of the leg passes.
const BuiltLeg* find_built(const std::vector<BuiltLeg>& built, const Leg& leg);

}  // namespace muster::topology
