// Times that a query writes with the calendar's words, in UTC.
#pragma once

#include "base/time.h"
#include "model/query/ast.h"

namespace muster::model {

inline constexpr Duration kLongestShift{36'525LL * 86'400'000};  // 100 years

// The start of the day, week or month of `time`, `start.periods` of them away, and shifted.
Timestamp start_of(const StartOf& start, Timestamp time);

Timestamp time_of(const FromNow& from_now, Timestamp now);

// Whether datetime() can spell it: the years 1970 to 9999.
bool is_query_time(Timestamp time);

}  // namespace muster::model
