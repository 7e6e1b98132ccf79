// Counters, gauges and histograms of a program, rendered as Prometheus text.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

// Only ever grows. Any thread may add; nothing is locked.
class Counter {
 public:
  void add(std::uint64_t amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  // What another part has counted.
  void show(std::uint64_t total) { value_.store(total, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Goes up and down.
class Gauge {
 public:
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// Counts values by the first bound that is not less than them.
class Histogram {
 public:
  // `bounds` ascend.
  explicit Histogram(std::span<const std::uint64_t> bounds);
  void observe(std::uint64_t value);

  std::span<const std::uint64_t> bounds() const { return bounds_; }
  // Values in bucket `i` alone; the bucket after the last bound holds all greater ones.
  std::uint64_t count_in(std::size_t i) const { return counts_[i].load(std::memory_order_relaxed); }
  std::uint64_t sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  std::vector<std::uint64_t> bounds_;
  std::vector<std::atomic<std::uint64_t>> counts_;
  std::atomic<std::uint64_t> sum_{0};
};

struct Label {
  std::string_view key;
  std::string_view value;
};
using Labels = std::initializer_list<Label>;

// How whole numbers are written. Prometheus wants seconds where programs count microseconds.
enum class Shown { Whole, Millionths };

// Holds all metrics of a program. Asking for one takes a lock: ask once, keep the reference, which
// stays valid while the registry lives. The same name and labels give the same metric; a name that
// was asked for as another kind, and a name or key that Prometheus would refuse, is a broken
// invariant (MUSTER_CHECK).
class Metrics {
 public:
  Counter& counter(std::string_view name, std::string_view help, Labels labels = {},
                   Shown shown = Shown::Whole);
  Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {},
               Shown shown = Shown::Whole);
  Histogram& histogram(std::string_view name, std::string_view help,
                       std::span<const std::uint64_t> bounds, Labels labels = {},
                       Shown shown = Shown::Whole);

  // The text exposition format 0.0.4, by name and then by labels.
  std::string render() const;

  struct Described {
    std::string name;
    std::string_view kind;  // "counter", "gauge", "histogram"
    std::string help;
    std::string label_keys;  // of its first series: "class, outcome"
  };
  std::vector<Described> describe() const;

 private:
  enum class Kind { Counter, Gauge, Histogram };
  struct Series {
    std::unique_ptr<Counter> counter;
    std::unique_ptr<Gauge> gauge;
    std::unique_ptr<Histogram> histogram;
  };
  struct Family {
    Kind kind;
    std::string help;
    std::string label_keys;
    Shown shown;
    std::map<std::string, Series> series;  // by rendered labels, without braces
  };
  Series& series_of(Kind kind, std::string_view name, std::string_view help, Labels labels,
                    Shown shown);

  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
};

}  // namespace muster
