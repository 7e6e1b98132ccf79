// Which folder an error is of: ranges of CONTRIBUTING.md's table of error numbers, for those who
// treat all failures of a folder alike.
#pragma once

#include "base/result.h"

namespace muster {

struct ErrorRange {
  std::uint16_t first;
  std::uint16_t last;
  constexpr bool holds(const ErrorKind& kind) const {
    return kind.number >= first && kind.number <= last;
  }
};

inline constexpr ErrorRange kNetErrors{1200, 1299};
inline constexpr ErrorRange kTrustErrors{1500, 1599};

}  // namespace muster
