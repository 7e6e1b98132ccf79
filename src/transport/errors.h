// The failures of transport/: numbers 1800 to 1899.
#pragma once

#include "base/result.h"

namespace muster::transport {

inline constexpr ErrorKind kMapperAnswer{
    1800, "mapper-answer",
    "Look who listens on the endpoint mapper's port of that host: muster's own is wanted there"};
inline constexpr ErrorKind kNotRegistered{
    1801, "not-registered",
    "Look whether the role that the text names runs on that host, and at its log"};

}  // namespace muster::transport
