// How often, and after which pauses, a step that failed is tried again. Every retry has a bound.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace muster::client {

struct RetryRule {
  Duration first;       // pause after the first failure; each further one doubles it
  Duration longest;     // up to this
  std::uint32_t limit;  // retries; one failure more ends the attempt

  // The pause after `failures` failures in a row, 1 and up.
  Duration pause(std::uint32_t failures) const {
    Duration out = first;
    for (std::uint32_t i = 1; i < failures && out < longest; ++i) out *= 2;
    return std::min(out, longest);
  }
  bool used_up(std::uint32_t failures) const { return failures > limit; }
};

}  // namespace muster::client
