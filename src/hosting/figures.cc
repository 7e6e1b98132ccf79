#include "hosting/figures.h"

namespace muster::hosting {
namespace {

constexpr std::array<std::uint64_t, 12> kTimes = {1'000,   2'000,     5'000,     10'000,
                                                  25'000,  50'000,    100'000,   250'000,
                                                  500'000, 1'000'000, 2'500'000, 10'000'000};

// Received is noted in milliseconds; twenty of them are the goal.
constexpr std::array<std::uint64_t, 15> kVisibleTimes = {
    2'000,  3'000,   5'000,   7'000,     10'000,    14'000,     20'000,    30'000,
    50'000, 100'000, 250'000, 1'000'000, 2'500'000, 10'000'000, 60'000'000};

DatabaseFigures database_figures(Metrics& metrics, std::string_view kind) {
  const auto count = [&](std::string_view outcome) -> Counter& {
    return metrics.counter("muster_database_transactions_total",
                           "Transactions of the site's database.",
                           {{"kind", kind}, {"outcome", outcome}});
  };
  return {count("done"), count("failed"),
          metrics.histogram("muster_database_transaction_duration_seconds",
                            "How long transactions took, with their wait for the writer's turn.",
                            kTimes, {{"kind", kind}}, Shown::Millionths)};
}

std::array<Histogram*, kTrafficClasses> times_by_class(Metrics& metrics) {
  std::array<Histogram*, kTrafficClasses> out{};
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = &metrics.histogram(
        "muster_http_request_duration_seconds",
        "From a request's head to its answer, without the time that the answer is on its way.",
        kTimes, {{"class", to_text(static_cast<TrafficClass>(i))}}, Shown::Millionths);
  return out;
}

}  // namespace

Figures::Figures()
    : request_times(times_by_class(metrics_)),
      reads(database_figures(metrics_, "read")),
      writes(database_figures(metrics_, "write")),
      messages_taken(metrics_.counter("muster_messages_taken_total",
                                      "Clients' messages that were taken out of the inbox.")),
      messages_quarantined(
          metrics_.counter("muster_messages_quarantined_total",
                           "Clients' messages that were refused, and kept with the reason.")),
      collections_evaluated(
          metrics_.counter("muster_collection_evaluations_total",
                           "Collections whose rule was evaluated over all devices.")),
      memberships_changed(metrics_.counter("muster_collection_membership_changes_total",
                                           "Devices that joined or left a collection.")),
      facts_visible(metrics_.histogram(
          "muster_fact_visible_duration_seconds",
          "From a client's message about its inventory, as the management point received it, until "
          "queries and collections know of it.",
          kVisibleTimes, {}, Shown::Millionths)),
      policy_headers(metrics_.counter("muster_policy_headers_made_total",
                                      "Policy headers of devices that were made and signed.")),
      signer_calls(metrics_.counter("muster_signer_calls_total", "Calls of muster-signer.")),
      signer_failures(metrics_.counter("muster_signer_failures_total",
                                       "Calls of muster-signer that failed or were refused.")),
      inbox_unread_bytes(metrics_.gauge("muster_inbox_unread_bytes",
                                        "Messages that wait in the inbox to be taken.")),
      fleet_load_bytes(metrics_.gauge(
          "muster_fleet_load_resident_bytes",
          "By how much memory grew while the fleet index was loaded at the start.")) {}

RouteFigures Figures::of_route(std::string_view connection, std::string_view method,
                               std::string_view pattern) {
  constexpr std::array<std::string_view, 4> kStatus = {"2xx", "3xx", "4xx", "5xx"};
  RouteFigures out;
  for (std::size_t i = 0; i < kStatus.size(); ++i)
    out.by_status[i] = &metrics_.counter("muster_http_requests_total",
                                         "Answers, by route of the allowlist and kind of status.",
                                         {{"connection", connection},
                                          {"method", method},
                                          {"route", pattern},
                                          {"status", kStatus[i]}});
  return out;
}

}  // namespace muster::hosting
