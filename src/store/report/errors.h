// The failures of the tables for reports: numbers 1640 to 1649.
#pragma once

#include "store/errors.h"

namespace muster::store {

inline constexpr ErrorKind kReportsAstray{
    1640, "reports-astray", "Begin the tables for reports anew: muster database rebuild-views"};

}  // namespace muster::store
