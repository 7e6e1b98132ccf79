#include "model/order_cycle.h"

#include <fmt/format.h>

#include <set>

namespace muster::model {
namespace {

// One name on the way from the start.
struct Stop {
  std::string name;
  std::vector<std::string> before;
  std::size_t next = 0;
};

}  // namespace

Result<std::string> find_order_cycle(const std::string& start, std::string_view verb,
                                     const Before& before) {
  std::set<std::string> seen = {start};
  std::vector<Stop> way;
  way.push_back({start, TRY(before(start)), 0});
  while (!way.empty()) {
    Stop& stop = way.back();
    if (stop.next == stop.before.size()) {
      way.pop_back();
      continue;
    }
    const std::string name = stop.before[stop.next++];
    if (name == start) {
      std::string out;
      for (const Stop& each : way)
        out += fmt::format("{}{} {} {}", out.empty() ? "" : ", ", each.name, verb,
                           each.before[each.next - 1]);
      return out;
    }
    if (!seen.insert(name).second) continue;
    auto next = TRY(before(name));
    way.push_back({name, std::move(next), 0});
  }
  return std::string();
}

}  // namespace muster::model
