// The failures of the distribution point: numbers 2100 to 2199.
#pragma once

#include "base/result.h"

namespace muster::distribution_point {

inline constexpr ErrorKind kNoContent{
    2100, "no-content", "Ask for a hash of the package's manifest under the folder of your policy"};

}  // namespace muster::distribution_point
