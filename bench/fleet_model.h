// A fleet that is like real ones in what counts for an index (simulator/machine_template.h), with
// names of packages that Debian has.
#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "bench/fleet_rules.h"
#include "fleet/fleet.h"
#include "model/inventory.h"
#include "simulator/machine_template.h"

namespace muster::bench {

class FleetModel {
 public:
  // `names`: of packages, the commonest first.
  explicit FleetModel(std::vector<std::string> names) : machines_(std::move(names)) {}

  // The names of the packages that this machine's archive has; made-up ones where it has few.
  static std::vector<std::string> package_names() {
    std::vector<std::string> out;
    if (FILE* list = ::popen("apt-cache pkgnames 2>/dev/null | sort | head -60000", "r")) {
      std::array<char, 256> line{};
      while (std::fgets(line.data(), line.size(), list) != nullptr) {
        std::string name(line.data());
        if (!name.empty() && name.back() == '\n') name.pop_back();
        if (!name.empty()) out.push_back(std::move(name));
      }
      ::pclose(list);
    }
    for (std::size_t i = out.size(); i < 20'000; ++i) out.push_back(fmt::format("package-{}", i));
    SeededRandom random(7);
    for (std::size_t i = out.size() - 1; i > 0; --i) std::swap(out[i], out[random.below(i + 1)]);
    return out;
  }

  static constexpr Timestamp kNow = simulator::MachineTemplate::kNow;

  // All that the device is. `patches`: how often it was brought up to date.
  fleet::DeviceChange device(fleet::DeviceNumber number, std::uint64_t patches = 0) const {
    fleet::DeviceChange out;
    out.device = number;
    out.added = machines_.rows(number, patches);
    return out;
  }

  // What bringing it up to date once more changes: some packages' versions.
  fleet::DeviceChange update(fleet::DeviceNumber number, std::uint64_t patches) const {
    model::ClassRows before = machines_.software(number, patches);
    model::ClassRows after = machines_.software(number, patches + 1);
    fleet::DeviceChange out;
    out.device = number;
    out.extent = fleet::Extent::Delta;
    out.removed = {{before.type, {}}};
    out.added = {{after.type, {}}};
    for (std::size_t i = 0; i < before.rows.size(); ++i)
      if (before.rows[i] != after.rows[i]) {
        out.removed[0].rows.push_back(std::move(before.rows[i]));
        out.added[0].rows.push_back(std::move(after.rows[i]));
      }
    return out;
  }

  // The device's rows of one class.
  model::ClassRows rows(std::string_view type, fleet::DeviceNumber number) const {
    for (model::ClassRows& each : machines_.rows(number, 0))
      if (each.type->name == type) return std::move(each);
    return {model::find_inventory_class(type), {}};
  }

  model::ClassRows software_after(fleet::DeviceNumber number, std::uint64_t patches) const {
    return machines_.software(number, patches);
  }

  const std::vector<std::string>& names() const { return machines_.names(); }

 private:
  simulator::MachineTemplate machines_;
};

// Where a fleet of that many devices is kept, to be used again.
inline std::filesystem::path snapshot_in(const std::filesystem::path& folder,
                                         fleet::DeviceNumber devices) {
  return folder / fmt::format("fleet-{}.snapshot", devices);
}
// Nothing without MUSTER_BENCH_FOLDER.
inline std::optional<std::filesystem::path> kept_snapshot(fleet::DeviceNumber devices) {
  const char* folder = std::getenv("MUSTER_BENCH_FOLDER");
  if (folder == nullptr) return std::nullopt;
  return snapshot_in(folder, devices);
}

}  // namespace muster::bench
