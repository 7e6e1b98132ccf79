// What the site counts of itself while it works, for /metrics. docs/metrics.md lists all.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "base/time.h"
#include "hosting/admission_control.h"

namespace muster::hosting {

struct DatabaseFigures {
  Counter& done;
  Counter& failed;
  Histogram& time;  // in microseconds
};

// Answers of one route by the first digit of their status: 2xx to 5xx.
struct RouteFigures {
  std::array<Counter*, 4> by_status{};
};

class Figures {
 private:
  Metrics metrics_;

 public:
  Figures();

  Metrics& metrics() { return metrics_; }
  // No name of a metric and no label comes from a request.
  RouteFigures of_route(std::string_view connection, std::string_view method,
                        std::string_view pattern);
  // Requests for which there is no route.
  RouteFigures of_no_route() { return of_route("none", "none", "none"); }

  // In microseconds, by class.
  std::array<Histogram*, kTrafficClasses> request_times;
  DatabaseFigures reads;
  DatabaseFigures writes;
  Counter& messages_taken;
  Counter& messages_quarantined;
  Counter& collections_evaluated;
  Counter& memberships_changed;
  Histogram& facts_visible;  // in microseconds
  Counter& policy_headers;
  Counter& signer_calls;
  Counter& signer_failures;
  Gauge& inbox_unread_bytes;
  Gauge& fleet_load_bytes;
};

}  // namespace muster::hosting
