// Random recurrence rules of those that both muster and its judges understand alike.
#pragma once

#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.h"
#include "model/schedule.h"

namespace muster::model {

inline std::string one_of(Random& random, std::initializer_list<const char*> texts) {
  return texts.begin()[random.below(texts.size())];
}

inline std::string random_days(Random& random, bool with_order) {
  const bool ordered = with_order && random.below(2) == 0;
  std::vector<std::string> days;
  for (std::size_t left = 1 + random.below(3); left > 0; --left) {
    std::string day = ordered ? one_of(random, {"1", "2", "3", "4", "-1", "-2"}) : "";
    day += one_of(random, {"MO", "TU", "WE", "TH", "FR", "SA", "SU"});
    if (std::ranges::find(days, day) == days.end()) days.push_back(day);
  }
  return fmt::format("{}", fmt::join(days, ","));
}

inline std::string random_rule(Random& random) {
  const std::string frequency = one_of(random, {"HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"});
  std::string rule = "FREQ=" + frequency;
  const auto add = [&](std::string_view key, const std::string& value) {
    rule += fmt::format(";{}={}", key, value);
  };
  const auto chance = [&](std::uint64_t in) { return random.below(in) == 0; };
  if (chance(2)) add("INTERVAL", std::to_string(1 + random.below(5)));
  if (chance(4))
    add("COUNT", std::to_string(1 + random.below(30)));
  else if (chance(4))
    add("UNTIL", one_of(random, {"20270101T000000", "20261231T235959", "20260715T120000"}));
  if (chance(3)) add("BYMONTH", one_of(random, {"1", "2", "6,7", "3,9,12", "10"}));
  const bool months = frequency == "MONTHLY" || frequency == "YEARLY";
  if (chance(2)) add("BYDAY", random_days(random, frequency == "MONTHLY"));
  if (frequency != "HOURLY") {
    const bool numbered = rule.find_first_of("1234", rule.find(";BYDAY")) != std::string::npos &&
                          rule.find(";BYDAY") != std::string::npos;
    const bool days = frequency == "DAILY" || frequency == "MONTHLY" ||
                      (frequency == "YEARLY" && rule.find(";BYMONTH") != std::string::npos);
    if (days && !numbered && chance(3))
      add("BYMONTHDAY", one_of(random, {"1", "15", "-1", "28,29,30,31", "13", "31"}));
    if (chance(3)) add("BYHOUR", one_of(random, {"2", "0,12", "23", "3,4,5"}));
    const bool one_hour =
        rule.find("BYHOUR") == std::string::npos || rule.find("BYHOUR=2") != std::string::npos;
    if (months && one_hour && rule.find("BYDAY") != std::string::npos && chance(3))
      add("BYSETPOS", one_of(random, {"1", "-1", "2", "1,-1"}));
  }
  if (rule.find("BYSETPOS") == std::string::npos && chance(3))
    add("BYMINUTE", one_of(random, {"0", "30", "15,45"}));
  if (chance(5)) add("WKST", one_of(random, {"SU", "MO"}));
  return rule;
}

inline std::string first_of(Random& random) {
  const Timestamp day = parse_timestamp("2026-01-01T00:00:00Z").value();
  const Timestamp moment =
      day + Duration(static_cast<std::int64_t>(random.below(365 * 24 * 60)) * 60'000);
  return to_text(moment);
}

}  // namespace muster::model
