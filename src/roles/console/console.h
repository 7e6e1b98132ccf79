// The console on the command line: muster VERB KIND [NAME].
#pragma once

#include "base/random.h"
#include "base/time.h"

namespace muster::console {

// The exit code: 0 done, 1 failed, 2 misused; `diff`-like verbs document their own.
int run(int argc, const char* const* argv, const Clock& clock, Random& random);

}  // namespace muster::console
