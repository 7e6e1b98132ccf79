#include "base/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <concepts>

#include "base/check.h"

namespace muster {
namespace {

bool is_metric_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && letter(name[0]) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '\\' || (quotes && c == '"')) out += '\\';
      out += c;
    }
  }
  return out;
}

constexpr std::string_view kKinds[] = {"counter", "gauge", "histogram"};

std::string shown_as(std::integral auto value, Shown shown) {
  if (shown == Shown::Whole) return fmt::format("{}", value);
  const bool below = value < 0;
  const auto size =
      below ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  std::string out = fmt::format("{}{}.{:06}", below ? "-" : "", size / 1'000'000, size % 1'000'000);
  while (out.back() == '0') out.pop_back();
  if (out.back() == '.') out.pop_back();
  return out;
}

std::string braced(std::string_view labels) {
  return labels.empty() ? std::string() : fmt::format("{{{}}}", labels);
}

void render_histogram(std::string& out, std::string_view name, std::string_view labels,
                      const Histogram& histogram, Shown shown) {
  const std::string_view comma = labels.empty() ? "" : ",";
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= histogram.bounds().size(); ++i) {
    total += histogram.count_in(i);
    const std::string bound =
        i < histogram.bounds().size() ? shown_as(histogram.bounds()[i], shown) : "+Inf";
    out += fmt::format("{}_bucket{{{}{}le=\"{}\"}} {}\n", name, labels, comma, bound, total);
  }
  out += fmt::format("{}_sum{} {}\n", name, braced(labels), shown_as(histogram.sum(), shown));
  out += fmt::format("{}_count{} {}\n", name, braced(labels), total);
}

}  // namespace

Histogram::Histogram(std::span<const std::uint64_t> bounds)
    : bounds_(bounds.begin(), bounds.end()), counts_(bounds.size() + 1) {
  MUSTER_CHECK(std::ranges::is_sorted(bounds_));
}

void Histogram::observe(std::uint64_t value) {
  const auto at = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  counts_[static_cast<std::size_t>(at)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

Metrics::Series& Metrics::series_of(Kind kind, std::string_view name, std::string_view help,
                                    Labels labels, Shown shown) {
  MUSTER_CHECK(is_metric_name(name));
  std::string key;
  std::string keys;
  for (const Label& label : labels) {
    MUSTER_CHECK(is_metric_name(label.key));
    if (!key.empty()) key += ',';
    keys += fmt::format("{}{}", keys.empty() ? "" : ", ", label.key);
    key += fmt::format("{}=\"{}\"", label.key, escaped(label.value, true));
  }
  auto [family, added] = families_.try_emplace(
      std::string(name), Family{kind, std::string(help), std::move(keys), shown, {}});
  MUSTER_CHECK(added || family->second.kind == kind);
  return family->second.series[key];
}

Counter& Metrics::counter(std::string_view name, std::string_view help, Labels labels,
                          Shown shown) {
  const std::lock_guard lock(mutex_);
  auto& place = series_of(Kind::Counter, name, help, labels, shown).counter;
  if (!place) place = std::make_unique<Counter>();
  return *place;
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, Labels labels, Shown shown) {
  const std::lock_guard lock(mutex_);
  auto& place = series_of(Kind::Gauge, name, help, labels, shown).gauge;
  if (!place) place = std::make_unique<Gauge>();
  return *place;
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help,
                              std::span<const std::uint64_t> bounds, Labels labels, Shown shown) {
  const std::lock_guard lock(mutex_);
  auto& place = series_of(Kind::Histogram, name, help, labels, shown).histogram;
  if (!place) place = std::make_unique<Histogram>(bounds);
  return *place;
}

std::string Metrics::render() const {
  std::string out;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, family] : families_) {
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escaped(family.help, false), name,
                       kKinds[static_cast<std::size_t>(family.kind)]);
    for (const auto& [labels, series] : family.series) {
      if (series.counter) {
        out += fmt::format("{}{} {}\n", name, braced(labels),
                           shown_as(series.counter->value(), family.shown));
      } else if (series.gauge) {
        out += fmt::format("{}{} {}\n", name, braced(labels),
                           shown_as(series.gauge->value(), family.shown));
      } else {
        render_histogram(out, name, labels, *series.histogram, family.shown);
      }
    }
  }
  return out;
}

std::vector<Metrics::Described> Metrics::describe() const {
  std::vector<Described> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, family] : families_)
    out.push_back(
        {name, kKinds[static_cast<std::size_t>(family.kind)], family.help, family.label_keys});
  return out;
}

}  // namespace muster
