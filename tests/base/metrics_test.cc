#include "base/metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

namespace muster {
namespace {

constexpr std::array<std::uint64_t, 3> kBounds = {10, 100, 1000};

TEST(Metrics, AreRenderedAsPrometheusText) {
  Metrics metrics;
  metrics.counter("muster_requests_total", "Requests answered.", {{"connection", "17"}}).add(3);
  metrics.counter("muster_requests_total", "Requests answered.", {{"connection", "15"}}).add();
  metrics.gauge("muster_connections", "Connections open now.").set(-2);
  Histogram& wait = metrics.histogram("muster_wait_ms", "Time in the queue.", kBounds);
  wait.observe(10);
  wait.observe(11);
  wait.observe(5000);
  EXPECT_EQ(metrics.render(),
            "# HELP muster_connections Connections open now.\n"
            "# TYPE muster_connections gauge\n"
            "muster_connections -2\n"
            "# HELP muster_requests_total Requests answered.\n"
            "# TYPE muster_requests_total counter\n"
            "muster_requests_total{connection=\"15\"} 1\n"
            "muster_requests_total{connection=\"17\"} 3\n"
            "# HELP muster_wait_ms Time in the queue.\n"
            "# TYPE muster_wait_ms histogram\n"
            "muster_wait_ms_bucket{le=\"10\"} 1\n"
            "muster_wait_ms_bucket{le=\"100\"} 2\n"
            "muster_wait_ms_bucket{le=\"1000\"} 2\n"
            "muster_wait_ms_bucket{le=\"+Inf\"} 3\n"
            "muster_wait_ms_sum 5021\n"
            "muster_wait_ms_count 3\n");
}

TEST(Metrics, OfAHistogramWithLabelsKeepThemBesideTheBound) {
  Metrics metrics;
  metrics.histogram("h", "H.", kBounds, {{"a", "b"}}).observe(1);
  EXPECT_NE(metrics.render().find("h_bucket{a=\"b\",le=\"10\"} 1\n"), std::string::npos);
  EXPECT_NE(metrics.render().find("h_sum{a=\"b\"} 1\n"), std::string::npos);
}

TEST(Metrics, ShowMillionthsAsTheUnitThatPrometheusWants) {
  Metrics metrics;
  metrics.counter("a_seconds_total", "A.", {}, Shown::Millionths).show(12'000'340);
  metrics.gauge("b_ratio", "B.", {}, Shown::Millionths).set(-1'500'000);
  metrics.gauge("c_ratio", "C.", {}, Shown::Millionths).set(3'000'000);
  Histogram& wait = metrics.histogram("d_seconds", "D.", kBounds, {}, Shown::Millionths);
  wait.observe(11);
  const std::string page = metrics.render();
  for (const char* line : {"a_seconds_total 12.00034\n", "b_ratio -1.5\n", "c_ratio 3\n",
                           "d_seconds_bucket{le=\"0.0001\"} 1\n", "d_seconds_sum 0.000011\n"})
    EXPECT_NE(page.find(line), std::string::npos) << line << page;
}

TEST(Metrics, DescribeThemselvesForTheirPage) {
  Metrics metrics;
  metrics.counter("b_total", "B.", {{"kind", "x"}, {"outcome", "y"}});
  metrics.gauge("a", "A.");
  const auto described = metrics.describe();
  ASSERT_EQ(described.size(), 2u);
  EXPECT_EQ(described[0].name, "a");
  EXPECT_EQ(described[1].kind, "counter");
  EXPECT_EQ(described[1].label_keys, "kind, outcome");
}

TEST(Metrics, EscapeLabelsAndHelp) {
  Metrics metrics;
  metrics.gauge("g", "a\\b\nc \"d\"", {{"k", "x\"y\\z\n"}}).set(1);
  EXPECT_EQ(metrics.render(),
            "# HELP g a\\\\b\\nc \"d\"\n# TYPE g gauge\ng{k=\"x\\\"y\\\\z\\n\"} 1\n");
}

TEST(Metrics, GiveTheSameMetricForTheSameNameAndLabels) {
  Metrics metrics;
  Counter& first = metrics.counter("c", "C.", {{"k", "1"}});
  for (int i = 0; i < 100; ++i) metrics.counter("c", "C.", {{"k", std::to_string(i)}});
  EXPECT_EQ(&metrics.counter("c", "C.", {{"k", "1"}}), &first);
  EXPECT_NE(&metrics.counter("c", "C."), &first);
}

TEST(Metrics, LoseNoIncrementOfConcurrentThreads) {
  Metrics metrics;
  Counter& counter = metrics.counter("c", "C.");
  Gauge& gauge = metrics.gauge("g", "G.");
  Histogram& histogram = metrics.histogram("h", "H.", kBounds);
  const auto work = [&] {
    for (int i = 0; i < 10'000; ++i) {
      counter.add();
      gauge.add(i % 2 == 0 ? 1 : -1);
      histogram.observe(50);
    }
  };
  std::thread first(work), second(work);
  work();
  first.join();
  second.join();
  EXPECT_EQ(counter.value(), 30'000u);
  EXPECT_EQ(gauge.value(), 0);
  EXPECT_EQ(histogram.count_in(1), 30'000u);
  EXPECT_EQ(histogram.sum(), 1'500'000u);
}

TEST(MetricsDeathTest, StopAProgramThatNamesThemWrongly) {
  Metrics metrics;
  metrics.counter("c", "C.");
  EXPECT_DEATH(metrics.gauge("c", "C."), "broken invariant");
  EXPECT_DEATH(metrics.gauge("1c", "C."), "broken invariant");
  EXPECT_DEATH(metrics.gauge("a-b", "C."), "broken invariant");
  EXPECT_DEATH(metrics.gauge("", "C."), "broken invariant");
  EXPECT_DEATH(metrics.gauge("g", "C.", {{"a b", "c"}}), "broken invariant");
  constexpr std::array<std::uint64_t, 2> kFalling = {2, 1};
  EXPECT_DEATH(metrics.histogram("h", "H.", kFalling), "broken invariant");
}

}  // namespace
}  // namespace muster
