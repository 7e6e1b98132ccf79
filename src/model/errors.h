// The failures of model/: numbers 1300 to 1399.
#pragma once

#include "base/result.h"

namespace muster::model {

inline constexpr ErrorKind kBadId{1300, "bad-id", "Use the id as muster printed it"};
inline constexpr ErrorKind kBadName{1301, "bad-name",
                                    "Use 1 to 63 of a-z, 0-9, '-' and '.', starting with a letter or digit"};

}  // namespace muster::model
