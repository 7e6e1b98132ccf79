// The rules that a package's entry keeps, whoever made it.
#pragma once

#include "contract/catalogue.h"

namespace muster::contract {

// The rules of model/ for names, argument vectors, exit codes and run times. Error:
// kCatalogueMalformed, naming the program.
Result<void> check_entry(const PackageEntry& entry);

}  // namespace muster::contract
