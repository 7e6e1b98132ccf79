// The fleet index at size: what a device costs in memory, what rules cost in full and a change
// beside many of them, how long a change waits for queries, how soon a snapshot is a fleet again.
// 20,000 devices beside 1,000 rules, or what MUSTER_DEVICES and MUSTER_RULES say. With MUSTER_LONG
// 1,000,000 beside 10,000, which is what fleet.resident_per_device, fleet.collections10000,
// fleet.rules10000_full, fleet.snapshot_start and fleet.writer_stall_max are of. A fleet that bench_fleet_durable
// keeps in MUSTER_BENCH_FOLDER is used in place of one that is made.

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/os/file.h"
#include "base/os/mapped_file.h"
#include "bench/fleet_model.h"
#include "bench/measuring.h"
#include "model/query/parse.h"

using namespace muster;
using bench::cpu_seconds;
using bench::must;
using bench::wanted;

namespace {

double thread_cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double resident_bytes() {
  ::malloc_trim(0);
  std::ifstream file("/proc/self/statm");
  double pages = 0, resident = 0;
  file >> pages >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

void print(std::string_view id, double value, std::string_view unit, int rounds = 1) {
  std::printf("%.*s\t%.3f\t%.*s\t\t\t%d\n", static_cast<int>(id.size()), id.data(), value,
              static_cast<int>(unit.size()), unit.data(), rounds);
  std::fflush(stdout);
}

// First inventories; devices a CPU second.
double fill(fleet::Fleet& fleet, const bench::FleetModel& model, fleet::DeviceNumber devices) {
  double making = 0;
  const double start = cpu_seconds();
  for (fleet::DeviceNumber device = 1; device <= devices; ++device) {
    const double before = cpu_seconds();
    auto change = model.device(device);
    making += cpu_seconds() - before;
    must(fleet.apply(change, bench::FleetModel::kNow));
  }
  return devices / (cpu_seconds() - start - making);
}

void set_rules(fleet::Fleet& fleet, const bench::FleetModel& model, std::uint64_t from,
               std::uint64_t to) {
  for (std::uint64_t i = from; i < to; ++i)
    must(fleet.set_collection(
        fmt::format("c{}", i),
        {{must(model::parse_query(bench::generated_rule(model.names(), i).query))}, {}, {}},
        bench::FleetModel::kNow));
}

// Who satisfies each rule, from its text.
double ask_rules(const fleet::Fleet& fleet, const bench::FleetModel& model, std::uint64_t rules) {
  const double start = cpu_seconds();
  std::uint64_t found = 0;
  for (std::uint64_t i = 0; i < rules; ++i) {
    const auto query = must(model::parse_query(bench::generated_rule(model.names(), i).query));
    found += must(fleet.devices_matching(query, bench::FleetModel::kNow)).size();
  }
  const double used = cpu_seconds() - start;
  std::fprintf(stderr, "%llu memberships\n", static_cast<unsigned long long>(found));
  return used;
}

// Changes that matter, spread over the fleet, each device's one after the other. `from`: how often
// they have been brought up to date.
class Changes {
 public:
  Changes(fleet::Fleet& fleet, const bench::FleetModel& model, fleet::DeviceNumber devices)
      : fleet_(fleet), model_(model), devices_(devices), changed_(std::min(devices, 3000u)) {}

  // The longest of all, in ms.
  double apply(std::string_view kind, std::uint64_t count) {
    double making = 0;
    std::uint64_t moved = 0, rows = 0;
    std::vector<double> times;
    const double start = thread_cpu_seconds();
    for (std::uint64_t i = 0; i < count; ++i, ++done_) {
      const double before = thread_cpu_seconds();
      const auto device =
          static_cast<fleet::DeviceNumber>(1 + done_ % changed_ * devices_ / changed_);
      auto change = model_.update(device, done_ / changed_);
      rows += change.added[0].rows.size() + change.removed[0].rows.size();
      making += thread_cpu_seconds() - before;
      const auto begin = std::chrono::steady_clock::now();
      moved += must(fleet_.apply(change, bench::FleetModel::kNow)).size();
      times.push_back(
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
              .count());
    }
    print(fmt::format("fleet.{}", kind),
          (thread_cpu_seconds() - start - making) * 1e6 / static_cast<double>(count), "CPU-us");
    std::ranges::sort(times);
    std::fprintf(stderr,
                 "%llu changes of %.1f rows, %llu memberships moved; ms p50 %.3f p99 %.3f\n",
                 static_cast<unsigned long long>(count),
                 static_cast<double>(rows) / static_cast<double>(count),
                 static_cast<unsigned long long>(moved), times[times.size() / 2],
                 times[times.size() * 99 / 100]);
    return times.back();
  }

 private:
  fleet::Fleet& fleet_;
  const bench::FleetModel& model_;
  fleet::DeviceNumber devices_;
  fleet::DeviceNumber changed_;
  std::uint64_t done_ = 0;
};

// The longest pause of the writer while queries of every kind run beside it without a pause.
double change_beside_readers(fleet::Fleet& fleet, const bench::FleetModel& model, Changes& changes,
                             std::uint64_t count) {
  std::atomic<bool> done = false;
  std::atomic<std::uint64_t> answers = 0;
  std::thread reader([&] {
    while (!done)
      for (const bench::FleetRule& rule : bench::fixed_rules(model.names())) {
        if (done) break;
        must(fleet.devices_matching(must(model::parse_query(rule.query)), bench::FleetModel::kNow));
        ++answers;
      }
  });
  const double longest = changes.apply("change_beside_reader", count);
  done = true;
  reader.join();
  std::fprintf(stderr, "%llu queries meanwhile\n", static_cast<unsigned long long>(answers));
  return longest;
}

// Seconds until a fleet answers that is read from its snapshot; it is the one from then on.
double start_from_snapshot(fleet::Fleet& fleet) {
  const auto path =
      std::filesystem::temp_directory_path() / fmt::format("muster-bench-{}.snapshot", ::getpid());
  must(os::replace_file(
      path, [&](const os::FileSink& sink) { return fleet.state().save("", sink); },
      os::FileMode::Private));
  const auto file = must(os::MappedFile::open(path));
  std::filesystem::remove(path);
  std::fprintf(stderr, "snapshot of %zu MB\n", file.view().size() >> 20);
  const model::Schema schema = fleet.schema();
  std::vector<double> times;
  for (int round = 0; round < 3; ++round) {
    fleet = fleet::Fleet();
    ::malloc_trim(0);
    const auto begin = std::chrono::steady_clock::now();
    fleet = std::move(must(fleet::Fleet::load(schema, file.view())).fleet);
    times.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  std::ranges::sort(times);
  return times[1];
}

}  // namespace

int main(int count, char** words) {
  // Of benches that are named, only its own.
  if (count > 1 && std::none_of(words + 1, words + count, [](std::string_view id) {
        return id.starts_with("fleet.") && !id.ends_with("_vs_postgres");
      }))
    return 0;
  const bool is_long = std::getenv("MUSTER_LONG") != nullptr;
  const auto devices =
      static_cast<fleet::DeviceNumber>(wanted("MUSTER_DEVICES", is_long ? 1'000'000 : 20'000));
  const std::uint64_t rules = wanted("MUSTER_RULES", is_long ? 10'000 : 1000);
  // A figure of another size is no figure of this id.
  const auto id = [&](const char* name) {
    return devices == 1'000'000 && rules == 10'000 ? fmt::format("fleet.{}", name)
                                                   : fmt::format("fleet.small.{}", name);
  };
  const bench::FleetModel model(bench::FleetModel::package_names());
  fleet::Fleet fleet;
  const double empty = resident_bytes();
  if (const auto kept = bench::kept_snapshot(devices); kept && std::filesystem::exists(*kept)) {
    const auto file = must(os::MappedFile::open(*kept));
    fleet = std::move(must(fleet::Fleet::load(model::Schema(), file.view())).fleet);
  } else {
    print(id("first_inventory"), fill(fleet, model, devices), "devices/CPU-s");
  }
  const double full = resident_bytes();
  print(id("resident_per_device"), (full - empty) / devices, "bytes");
  for (const fleet::ClassCounts& each : fleet.counts().classes)
    if (each.rows > 0)
      std::fprintf(stderr, "%s: %llu rows, %llu distinct\n", std::string(each.name).c_str(),
                   static_cast<unsigned long long>(each.rows),
                   static_cast<unsigned long long>(each.distinct_rows));

  print(id("snapshot_start"), start_from_snapshot(fleet), "s", 3);
  print(id("rules10000_full"), ask_rules(fleet, model, rules), "s");
  const double start = cpu_seconds();
  set_rules(fleet, model, 0, rules);
  print(id("new_rule"), (cpu_seconds() - start) * 1e3 / static_cast<double>(rules), "CPU-ms");
  print(id("collections10000"), (resident_bytes() - full) / 1e9, "GB");
  Changes changes(fleet, model, devices);
  const std::uint64_t some = wanted("MUSTER_CHANGES", 3000);
  print("fleet.change_longest", changes.apply("change", some), "ms");
  print(id("writer_stall_max"), change_beside_readers(fleet, model, changes, some), "ms");
  return 0;
}
