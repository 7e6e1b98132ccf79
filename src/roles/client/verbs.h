// muster-client's commands for those who sit at the machine.
#pragma once

#include <string>
#include <vector>

namespace muster::client {

// The words behind the program's name. Returns the exit code: 0 done, 1 refused or not reached, 2
// not understood, 3 for the status of a machine that is not managed.
int run_verb(const std::vector<std::string>& words);

}  // namespace muster::client
