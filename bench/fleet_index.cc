// The fleet index at size: what a device costs in memory, what rules cost in full and a change
// beside many of them. 20,000 devices, or as many as MUSTER_DEVICES says; one process, one core.

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
    must(fleet.set_collection(fmt::format("c{}", i),
                              {{must(model::parse_query(model.rule(i)))}, {}, {}},
                              bench::FleetModel::kNow));
}

}  // namespace

int main() {
  const auto devices = static_cast<fleet::DeviceNumber>(wanted("MUSTER_DEVICES", 20'000));
  const std::uint64_t rules = wanted("MUSTER_RULES", 1000);
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
  print("fleet.first_inventory", devices / (cpu_seconds() - start - making), "devices/CPU-s");
  const double full = resident_bytes();
  print("fleet.resident_per_device", (full - empty) / devices, "bytes");
  for (const fleet::ClassCounts& each : fleet.counts().classes)
    if (each.rows > 0)
      std::fprintf(stderr, "%s: %llu rows, %llu distinct\n", std::string(each.name).c_str(),
                   static_cast<unsigned long long>(each.rows),
                   static_cast<unsigned long long>(each.distinct_rows));

  start = cpu_seconds();
  set_rules(fleet, model, 0, rules);
  print("fleet.new_rule", (cpu_seconds() - start) * 1e3 / static_cast<double>(rules), "CPU-ms");
  print("fleet.rules_resident", (resident_bytes() - full) / 1e6, "MB");

  // As many changes as matter, spread over the fleet.
  const std::uint64_t changes = std::min<std::uint64_t>(devices, 3000);
  making = 0;
  std::uint64_t moved = 0, rows = 0;
  start = cpu_seconds();
  auto longest = std::chrono::steady_clock::duration::zero();
  for (std::uint64_t i = 0; i < changes; ++i) {
    const double before = cpu_seconds();
    const auto device = static_cast<fleet::DeviceNumber>(1 + i * devices / changes);
    auto change = model.update(device, 0);
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
  return 0;
}
