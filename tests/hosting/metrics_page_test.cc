#include "hosting/metrics_page.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "base/os/file.h"

namespace muster::hosting {
namespace {

std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.insert(at, 1, '\\');
  return text;
}

std::string metrics_page() {
  Figures figures;
  figures.of_no_route();
  show({}, figures.metrics());
  std::string out =
      "<!-- Generated from the figures' declarations; run tools/check --regenerate. -->\n"
      "# Metrics\n\n"
      "`GET /metrics` of the provider's port (E1) in Prometheus' text form, for an operator's "
      "certificate or the token in `metrics/token` of the state folder "
      "(docs/decisions/0023-metrics.md):\n\n"
      "```yaml\nscrape_configs:\n  - job_name: muster\n    scheme: https\n    tls_config: "
      "{ca_file: "
      "ca.pem}\n    authorization: {credentials_file: token}\n    static_configs: [{targets: "
      "['site.example.org:8443']}]\n```\n\n"
      "Times are in seconds. `class` is one of docs/protocols/pace.md; routes are those of the "
      "allowlist.\n\n| name | kind | labels | what it is |\n|---|---|---|---|\n";
  for (const Metrics::Described& each : figures.metrics().describe())
    out += fmt::format("| `{}` | {} | {} | {} |\n", each.name, each.kind, each.label_keys,
                       cell(each.help));
  return out;
}

TEST(GeneratedDocs, TheMetricsPageIsFresh) {
  const auto file = std::filesystem::path(MUSTER_SOURCE_DIR) / "docs/metrics.md";
  if (std::getenv("MUSTER_REGENERATE") != nullptr) {
    ASSERT_TRUE(os::replace_file(file, metrics_page(), os::FileMode::Public).has_value());
    return;
  }
  const auto page = os::read_file(file);
  ASSERT_TRUE(page.has_value()) << "docs/metrics.md is missing; run tools/check --regenerate";
  EXPECT_TRUE(*page == metrics_page()) << "docs/metrics.md is stale; run tools/check --regenerate";
}

TEST(MetricsPage, NamesFollowPrometheusConventions) {
  Figures figures;
  figures.of_no_route();
  show({}, figures.metrics());
  for (const Metrics::Described& each : figures.metrics().describe()) {
    EXPECT_EQ(each.kind == "counter", each.name.ends_with("_total")) << each.name;
    EXPECT_TRUE(each.name.starts_with("muster_") || each.name.starts_with("process_")) << each.name;
    EXPECT_TRUE(each.help.ends_with('.') || each.help == "1, with the version.") << each.name;
    for (const char* unit : {"_ms", "_us", "_kb", "_mb", "milliseconds"})
      EXPECT_FALSE(each.name.ends_with(unit)) << each.name;
  }
}

TEST(MetricsPage, ShowsWhatTheOtherPartsCount) {
  Figures figures;
  Snapshot now;
  now.server.connections_open = 7;
  now.load.oldest_wait[2] = std::chrono::milliseconds(1250);
  now.admission.refused[3] = 11;
  now.admission.stretch = 150;
  now.inbox_begin = 100;
  now.inbox_end = 350;
  now.fleet.devices = 3;
  now.fleet.classes = {{.name = "a", .distinct_rows = 2, .rows = 5},
                       {.name = "b", .distinct_rows = 1, .rows = 4},
                       {.name = "c", .origin = model::Origin::Site, .distinct_rows = 1, .rows = 3}};
  now.process.cpu_us = 2'500'000;
  show(now, figures.metrics());
  const std::string page = figures.metrics().render();
  for (const char* line :
       {"muster_http_connections_open 7\n",
        "muster_http_pool_oldest_wait_seconds{class=\"inventory\"} 1.25\n",
        "muster_admission_requests_total{class=\"content\",outcome=\"refused\"} 11\n",
        "muster_admission_stretch_ratio 1.5\n", "muster_inbox_stored_bytes 250\n",
        "muster_fleet_rows 9\n", "muster_fleet_distinct_rows 3\n",
        "process_cpu_seconds_total 2.5\n"})
    EXPECT_NE(page.find(line), std::string::npos) << line << page;
  // A later look shows the later numbers, and as many lines.
  now.server.connections_open = 8;
  show(now, figures.metrics());
  EXPECT_NE(figures.metrics().render().find("muster_http_connections_open 8\n"), std::string::npos);
}

TEST(MetricsPage, ATransactionIsCountedWithItsTime) {
  Figures figures;
  figures.writes.time.observe(3'000);
  figures.writes.done.add();
  const std::string page = figures.metrics().render();
  EXPECT_NE(
      page.find("muster_database_transaction_duration_seconds_bucket{kind=\"write\",le=\"0.005\"} "
                "1\n"),
      std::string::npos)
      << page;
  EXPECT_NE(page.find("duration_seconds_sum{kind=\"write\"} 0.003\n"), std::string::npos);
}

}  // namespace
}  // namespace muster::hosting
