// The fleet index at size: what a device costs in memory, what rules cost in full and a change
// beside many of them; one process, one core. 20,000 devices beside 1,000 rules, or what
// MUSTER_DEVICES and MUSTER_RULES say. With MUSTER_LONG 1,000,000 beside 10,000, which is what
// fleet.resident_per_device, fleet.collections10000 and fleet.rules10000_full are of.

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>

#include "bench/fleet_model.h"
#include "bench/measuring.h"
#include "model/query/parse.h"

using namespace muster;
using bench::cpu_seconds;
using bench::must;

namespace {

double resident_bytes() {
  ::malloc_trim(0);
  std::ifstream file("/proc/self/statm");
  double pages = 0, resident = 0;
  file >> pages >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

void print(std::string_view id, double value, std::string_view unit) {
  std::printf("%.*s\t%.3f\t%.*s\t\t\t1\n", static_cast<int>(id.size()), id.data(), value,
              static_cast<int>(unit.size()), unit.data());
  std::fflush(stdout);
}

std::uint64_t wanted(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
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

void change_devices(fleet::Fleet& fleet, const bench::FleetModel& model,
                    fleet::DeviceNumber devices) {
  // As many changes as matter, spread over the fleet, each device's one after the other.
  const std::uint64_t changes = wanted("MUSTER_CHANGES", 3000);
  const std::uint64_t changed = std::min<std::uint64_t>(devices, 3000);
  double making = 0;
  std::uint64_t moved = 0, rows = 0;
  const double start = cpu_seconds();
  auto longest = std::chrono::steady_clock::duration::zero();
  for (std::uint64_t i = 0; i < changes; ++i) {
    const double before = cpu_seconds();
    const auto device = static_cast<fleet::DeviceNumber>(1 + i % changed * devices / changed);
    auto change = model.update(device, i / changed);
    rows += change.added[0].rows.size();
    making += cpu_seconds() - before;
    const auto begin = std::chrono::steady_clock::now();
    moved += must(fleet.apply(change, bench::FleetModel::kNow)).size();
    longest = std::max(longest, std::chrono::steady_clock::now() - begin);
  }
  print("fleet.change", (cpu_seconds() - start - making) * 1e6 / static_cast<double>(changes),
        "CPU-us");
  print("fleet.change_longest", std::chrono::duration<double, std::milli>(longest).count(), "ms");
  std::fprintf(stderr, "%llu changes of %.1f rows, %llu memberships moved\n",
               static_cast<unsigned long long>(changes),
               static_cast<double>(rows) / static_cast<double>(changes),
               static_cast<unsigned long long>(moved));
}

}  // namespace

int main() {
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
  double making = 0;
  double start = cpu_seconds();
  for (fleet::DeviceNumber device = 1; device <= devices; ++device) {
    const double before = cpu_seconds();
    auto change = model.device(device);
    making += cpu_seconds() - before;
    must(fleet.apply(change, bench::FleetModel::kNow));
  }
  print(id("first_inventory"), devices / (cpu_seconds() - start - making), "devices/CPU-s");
  const double full = resident_bytes();
  print(id("resident_per_device"), (full - empty) / devices, "bytes");
  for (const fleet::ClassCounts& each : fleet.counts().classes)
    if (each.rows > 0)
      std::fprintf(stderr, "%s: %llu rows, %llu distinct\n", std::string(each.name).c_str(),
                   static_cast<unsigned long long>(each.rows),
                   static_cast<unsigned long long>(each.distinct_rows));

  print(id("rules10000_full"), ask_rules(fleet, model, rules), "s");
  start = cpu_seconds();
  set_rules(fleet, model, 0, rules);
  print(id("new_rule"), (cpu_seconds() - start) * 1e3 / static_cast<double>(rules), "CPU-ms");
  print(id("collections10000"), (resident_bytes() - full) / 1e9, "GB");
  change_devices(fleet, model, devices);
  return 0;
}
