// The page /metrics: what the site counts, in Prometheus' text form, for who shows an operator's
// certificate or the token of the state folder. docs/metrics.md lists the figures.
#pragma once

#include "base/os/process.h"
#include "fleet/fleet.h"
#include "hosting/route_table.h"
#include "hosting/site.h"
#include "net/http_server.h"

namespace muster::hosting {

// What other parts count, at one moment.
struct Snapshot {
  net::ServerCounters server;
  net::ServerLoad load;
  AdmissionControl::Counts admission;
  Nudges::Counts nudges;
  store::JournalPosition inbox_begin = 0;
  store::JournalPosition inbox_end = 0;
  fleet::FleetCounts fleet;
  os::ProcessUse process;
};
// Puts them among the figures.
void show(const Snapshot& snapshot, Metrics& metrics);

// GET /metrics on E1. Makes the token, a file of mode 0600 in metrics/ of the state folder, if
// there is none. Error: kBadConfiguration for a token that is no such.
Result<Route> metrics_route(Site& site);

}  // namespace muster::hosting
