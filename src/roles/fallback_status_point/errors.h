// The failures of the fallback status point: numbers 2800 to 2899.
#pragma once

#include "base/result.h"

namespace muster::fallback_status_point {

inline constexpr ErrorKind kQuotaUsed{
    2800, "quota-used", "Wait as Retry-After says; one address may bring so many an hour"};

}  // namespace muster::fallback_status_point
