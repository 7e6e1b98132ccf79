// One run of a scenario: enrols the virtual clients that have no identity yet, lets them do what
// the scenario says, and reports what was measured.
#pragma once

#include "base/random.h"
#include "base/time.h"
#include "simulator/options.h"

namespace muster::simulator {

// Prints the table and writes the result file. Errors: those of the scenario, kTooFewTokens,
// kTooFewDescriptors, kBadFleetState, kNotAllConnected, kCommandFailed.
Result<void> simulate(const Options& options, const Clock& clock, Random& random);

}  // namespace muster::simulator
