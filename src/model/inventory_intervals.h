// How often each class of the inventory is collected.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace muster::model {

// By class name. What is not in it follows the interval of the whole inventory.
using ClassIntervals = std::map<std::string, Duration, std::less<>>;

inline constexpr Duration kShortestClassInterval = std::chrono::hours(1);
inline constexpr Duration kLongestClassInterval = std::chrono::hours(24 * 90);

// "InstalledSoftware PT12H, Service P1D", as the setting inventory.intervals has it. Error:
// kBadSetting for a class that does not exist or stands twice and for an interval out of bounds.
Result<ClassIntervals> parse_class_intervals(std::string_view text);

}  // namespace muster::model
