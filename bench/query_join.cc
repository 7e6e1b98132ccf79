// What joins cost: 200 rows a device, 20,000 devices, or 100,000 with MUSTER_LONG. CPU seconds of
// each question, and of the changes of single devices beside rules with joins.

#include <cstdio>
#include <cstdlib>

#include "base/random.h"
#include "bench/measuring.h"
#include "fleet/fleet.h"
#include "model/query/parse.h"
#include "simulator/named_rows.h"

using namespace muster;
using bench::cpu_seconds;
using bench::must;

namespace {

constexpr Timestamp kNow{1'800'000'000'000};

// 196 packages, of which most devices have the same, two disks, and the device and its system.
fleet::DeviceChange machine(fleet::DeviceNumber device) {
  SeededRandom random(device);
  simulator::NamedRows self("Device"), system("OperatingSystem"), software("InstalledSoftware"),
      disks("LogicalDisk");
  self.add({{"Name", fmt::format("pc{}", device)},
            {"Kind", std::string(device % 3 == 0 ? "Server" : "Desktop")}});
  system.add({{"Name", std::string("Debian GNU/Linux 12 (bookworm)")},
              {"BootTime", kNow.ms - static_cast<std::int64_t>(random.below(90)) * 86'400'000}});
  std::uint64_t name = 0;
  for (int i = 0; i < 196; ++i) {
    name += 1 + random.below(4);
    software.add({{"Name", fmt::format("lib-package-{}", name)},
                  {"Version", model::Version{model::VersionScheme::Dpkg,
                                             fmt::format("{}.{}-1", name % 9, random.below(3))}},
                  {"Section", std::string("libs")}});
  }
  for (int i = 0; i < 2; ++i)
    disks.add({{"Name", fmt::format("/data{}", i)},
               {"SizeMB", std::int64_t{10'000}},
               {"FreeMB", static_cast<std::int64_t>(random.below(10'000))}});
  return {.device = device,
          .name = {},
          .extent = fleet::Extent::Full,
          .added = {self.take(), system.take(), software.take(), disks.take()},
          .removed = {},
          .updated = {}};
}

void print(std::string_view id, double value, std::string_view unit) {
  std::printf("%.*s\t%.3f\t%.*s\n", static_cast<int>(id.size()), id.data(), value,
              static_cast<int>(unit.size()), unit.data());
  std::fflush(stdout);
}

struct Question {
  std::string_view id;
  std::string_view text;
};
constexpr Question kQuestions[] = {
    {"query.join.within_device",
     "InstalledSoftware | where Name == 'lib-package-40' | join kind=inner (LogicalDisk "
     "| where FreeMB < 500) on Device | summarize count() by Version"},
    {"query.join.every_row",
     "InstalledSoftware | join kind=inner (Device) on Device | summarize count() by Kind"},
    {"query.join.absence",
     "Device | join kind=leftanti (InstalledSoftware | where Name == 'lib-package-40') on Device "
     "| summarize count()"},
    {"query.join.other_column",
     "InstalledSoftware | join kind=inner (InstalledSoftware | where Device == 'pc1') on Name "
     "| summarize count() by Version1"},
    {"query.join.other_absence",
     "InstalledSoftware | join kind=leftanti (InstalledSoftware | where Device in ('pc1', 'pc2')) "
     "on Name, Version | summarize count()"},
    {"query.join.of_groups",
     "InstalledSoftware | distinct Name, Version | join kind=inner (InstalledSoftware "
     "| summarize count() by Name) on Name | top 5 by count_"},
};

}  // namespace

int main() {
  const fleet::DeviceNumber devices = std::getenv("MUSTER_LONG") != nullptr ? 100'000 : 20'000;
  fleet::Fleet fleet;
  double start = cpu_seconds();
  for (fleet::DeviceNumber device = 1; device <= devices; ++device)
    must(fleet.apply(machine(device), kNow));
  print("query.join.ingest", cpu_seconds() - start, "CPU-s");
  for (const Question& question : kQuestions) {
    start = cpu_seconds();
    const auto query = must(model::parse_query(question.text));
    must(fleet.evaluate(query, {.now = kNow, .devices = {}}));
    print(question.id, cpu_seconds() - start, "CPU-s");
  }
  constexpr int kRules = 100;
  start = cpu_seconds();
  for (int i = 0; i < kRules; ++i) {
    const auto rule = must(model::parse_query(
        fmt::format("Device | join kind=leftanti (InstalledSoftware | where Name == "
                    "'lib-package-{}') on Device",
                    i)));
    must(fleet.set_collection(fmt::format("c{}", i), {{rule}, {}, {}}, kNow));
  }
  print("query.join.new_rule", (cpu_seconds() - start) / kRules, "CPU-s");
  constexpr fleet::DeviceNumber kChanges = 1000;
  start = cpu_seconds();
  for (fleet::DeviceNumber device = 1; device <= kChanges; ++device) {
    fleet::DeviceChange change = machine(device);
    change.added[2].rows.pop_back();
    must(fleet.apply(change, kNow));
  }
  print("query.join.change_beside_100_rules", (cpu_seconds() - start) * 1e6 / kChanges, "CPU-us");
  return 0;
}
