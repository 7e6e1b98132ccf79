#include "topology/https_only.h"

#include <algorithm>

namespace muster::topology {

bool is_closed_by_https_only(const Leg& leg) {
  if (leg.setting != PortSetting::Http) return false;
  return std::ranges::any_of(legs_of(leg.connection), [](const Leg& other) {
    return other.protocol == Protocol::Https && other.kind != LegKind::Quirk;
  });
}

void close_http(std::vector<PortRow>& rows) {
  for (PortRow& row : rows) {
    const auto leg = parse_leg(row.connection, row.protocol);
    if (leg && is_closed_by_https_only(leg_of(*leg))) row.port = "closed";
  }
}

}  // namespace muster::topology
