// The management point (connection 17): the one role that clients talk to for policy and reports.
#pragma once

#include <vector>

#include "hosting/route_table.h"
#include "hosting/site.h"

namespace muster::management_point {

// The routes of connection 17's legs.
struct Legs {
  std::vector<hosting::Route> https;  // EST enrolment, policy, messages
  std::vector<hosting::Route> http;   // documents that prove themselves; policy and messages sealed
  std::vector<hosting::Route> nudge;  // of E2, on the port of https
};

// `site` outlives them.
Legs legs(hosting::Site& site);

}  // namespace muster::management_point
