#include "hosting/metrics_page.h"

#include "base/os/file.h"
#include "base/version.h"
#include "hosting/errors.h"

namespace muster::hosting {
namespace {

constexpr std::size_t kTokenBytes = 32;

std::int64_t whole(std::uint64_t value) { return static_cast<std::int64_t>(value); }

void show_server(const Snapshot& now, Metrics& metrics) {
  const auto counter = [&](std::string_view name, std::string_view help, std::uint64_t total) {
    metrics.counter(name, help).show(total);
  };
  metrics.gauge("muster_http_connections_open", "Connections that are open.")
      .set(whole(now.server.connections_open));
  counter("muster_http_connections_total", "Connections that were accepted.",
          now.server.connections_accepted);
  counter("muster_http_connections_refused_total",
          "Connections that were closed at once, over a limit of number or rate.",
          now.server.connections_refused);
  counter("muster_tls_handshakes_failed_total", "TLS handshakes that came to nothing.",
          now.server.handshakes_failed);
  counter("muster_http_requests_malformed_total",
          "Requests that were malformed, over a limit of size or time, or found a full queue.",
          now.server.requests_refused);
  metrics.gauge("muster_http_requests_held", "Requests that wait for their answer to come.")
      .set(whole(now.server.requests_held));
  metrics.gauge("muster_nudge_requests_held", "Clients that are connected for nudges.")
      .set(whole(now.nudges.held));
  counter("muster_nudges_told_total", "Answers that told a client to look at something.",
          now.nudges.told);
  counter("muster_nudge_requests_turned_total",
          "Requests for nudges that were not held because there were too many.", now.nudges.turned);
}

void show_admission(const Snapshot& now, Metrics& metrics) {
  for (std::size_t i = 0; i < kTrafficClasses; ++i) {
    const std::string_view traffic = to_text(static_cast<TrafficClass>(i));
    const auto count = [&](std::string_view outcome, std::uint64_t total) {
      metrics
          .counter("muster_admission_requests_total",
                   "Requests that were let in or put off with 503. Polls that are answered from "
                   "memory are not counted: they are always let in.",
                   {{"class", traffic}, {"outcome", outcome}})
          .show(total);
    };
    count("admitted", now.admission.admitted[i]);
    count("refused", now.admission.refused[i]);
    metrics
        .gauge("muster_admission_requests_present", "Requests between their head and their answer.",
               {{"class", traffic}})
        .set(whole(now.admission.present[i]));
    metrics
        .gauge("muster_http_pool_waiting", "Requests that wait for a thread.", {{"class", traffic}})
        .set(whole(now.load.waiting[i]));
    metrics
        .gauge("muster_http_pool_oldest_wait_seconds", "How long the oldest of them waits.",
               {{"class", traffic}}, Shown::Millionths)
        .set(now.load.oldest_wait[i].count() * 1000);
  }
  metrics
      .counter(
          "muster_admission_client_refusals_total",
          "Requests that were refused with 429: one client over its rate or its number at once.")
      .show(now.admission.too_fast);
  metrics.gauge("muster_admission_body_bytes", "Bodies of requests that are on their way.")
      .set(whole(now.admission.body_bytes));
  metrics
      .gauge("muster_admission_stretch_ratio",
             "By how much clients are told to lengthen the time between polls.", {},
             Shown::Millionths)
      .set(std::int64_t{now.admission.stretch} * 10'000);
}

void show_site(const Snapshot& now, Metrics& metrics) {
  metrics.gauge("muster_inbox_stored_bytes", "Size of the inbox's journal.")
      .set(whole(now.inbox_end - now.inbox_begin));
  metrics.counter("muster_inbox_appended_bytes_total", "Bytes that were ever put into the inbox.")
      .show(now.inbox_end);
  metrics.gauge("muster_fleet_devices", "Active devices in the fleet index.")
      .set(whole(now.fleet.devices));
  metrics.gauge("muster_fleet_collections", "Collections in the fleet index, besides all-systems.")
      .set(whole(now.fleet.collections));
  std::uint64_t rows = 0;
  std::uint64_t distinct = 0;
  for (const fleet::ClassCounts& each : now.fleet.classes) {
    if (each.origin != model::Origin::Client) continue;
    rows += each.rows;
    distinct += each.distinct_rows;
  }
  metrics.gauge("muster_fleet_rows", "Inventory rows of all devices.").set(whole(rows));
  metrics.gauge("muster_fleet_distinct_rows", "Those that are kept once, whoever has them.")
      .set(whole(distinct));
}

void show_process(const Snapshot& now, Metrics& metrics) {
  metrics
      .counter("process_cpu_seconds_total", "User and system time of this process.", {},
               Shown::Millionths)
      .show(now.process.cpu_us);
  metrics.gauge("process_resident_memory_bytes", "Resident memory of this process.")
      .set(whole(now.process.resident_bytes));
  metrics.gauge("process_open_fds", "Files and sockets that are open.")
      .set(whole(now.process.open_files));
  metrics.gauge("process_max_fds", "How many may be open.")
      .set(whole(now.process.open_files_limit));
  metrics.gauge("process_start_time_seconds", "When this process began, in Unix time.")
      .set(now.process.started_s);
  metrics.gauge("muster_build_info", "1, with the version.", {{"version", kVersion}}).set(1);
}

Snapshot snapshot_of(Site& site) {
  Snapshot out;
  if (site.server != nullptr) {
    out.server = site.server->counters();
    out.load = site.server->load();
  }
  out.admission = site.admission->counts();
  out.nudges = site.nudges.counts();
  out.inbox_begin = site.inbox->begin();
  out.inbox_end = site.inbox->end();
  out.fleet = site.fleet.counts();
  out.process = os::process_use();
  return out;
}

// Not for people: a scraper keeps it, and it opens nothing but this page.
Result<std::string> load_token(Site& site) {
  const auto folder = site.folder("metrics");
  TRY(os::make_private_folder(folder));
  const auto file = folder / "token";
  if (!os::file_exists(file))
    TRY(os::replace_file(file, to_hex(site.random.bytes(kTokenBytes)) + "\n",
                         os::FileMode::Private));
  std::string token = TRY(os::read_file(file));
  while (token.ends_with('\n') || token.ends_with('\r')) token.pop_back();
  if (const auto bytes = from_hex(token); !bytes || bytes->size() != kTokenBytes)
    return fail(kBadConfiguration, "{} does not hold {} hex digits; remove it for a new one",
                file.string(), 2 * kTokenBytes);
  return token;
}

}  // namespace

void show(const Snapshot& snapshot, Metrics& metrics) {
  show_server(snapshot, metrics);
  show_admission(snapshot, metrics);
  show_site(snapshot, metrics);
  show_process(snapshot, metrics);
}

Result<Route> metrics_route(Site& site) {
  Route route;
  route.connection = "E1";
  route.method = "GET";
  route.pattern = "/metrics";
  route.traffic = TrafficClass::Policy;  // of a busy site above all
  route.bearer = TRY(load_token(site));
  route.handler = [&site](Call&) {
    show(snapshot_of(site), site.figures->metrics());
    net::Response response;
    response.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.headers.add("Cache-Control", "no-store");
    response.body = site.figures->metrics().render();
    return response;
  };
  return route;
}

}  // namespace muster::hosting
