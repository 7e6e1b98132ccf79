// The failures of the server locator point: numbers 2700 to 2799.
#pragma once

#include "base/result.h"

namespace muster::server_locator_point {

inline constexpr ErrorKind kTooManyQuestions{
    2700, "too-many-questions", "Wait as Retry-After says; one address gets so many a minute"};

}  // namespace muster::server_locator_point
