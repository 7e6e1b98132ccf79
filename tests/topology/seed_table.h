// The description's table as tests/topology/connections.csv has it, and muster's names in its
// words.
#pragma once

#include <string>
#include <vector>

#include "topology/legs.h"

namespace muster::topology {

// One line of the CSV without its newline, heading left out.
std::vector<std::string> seed_lines();

// The line that muster's table would write for row 1 to 83.
std::string line_of_row(std::uint8_t row);

// What the description calls this end of the connection.
std::string seed_role(Role role, ConnectionId id);

}  // namespace muster::topology
