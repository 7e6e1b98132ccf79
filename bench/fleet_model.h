// A fleet that is like real ones in what counts for an index: most devices share most of their
// rows. About 300 rows a device, 253 of them software with names that Debian has; by a seed.
#pragma once

#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "base/random.h"
#include "bench/fleet_rules.h"
#include "fleet/fleet.h"
#include "model/inventory.h"

namespace muster::bench {

class FleetModel {
 public:
  // `names`: of packages, the commonest first.
  explicit FleetModel(std::vector<std::string> names) : names_(std::move(names)) {}

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

  static constexpr Timestamp kNow{1'800'000'000'000};

  // All that the device is. `patches`: how often it was brought up to date.
  fleet::DeviceChange device(fleet::DeviceNumber number, std::uint64_t patches = 0) const {
    const Machine machine = machine_of(number, patches);
    fleet::DeviceChange out;
    out.device = number;
    out.added = others(machine);
    out.added.push_back(software(machine));
    return out;
  }

  // What bringing it up to date once more changes: some packages' versions.
  fleet::DeviceChange update(fleet::DeviceNumber number, std::uint64_t patches) const {
    model::ClassRows before = software(machine_of(number, patches));
    model::ClassRows after = software(machine_of(number, patches + 1));
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
    const Machine machine = machine_of(number, 0);
    if (type == "InstalledSoftware") return software(machine);
    for (const model::ClassRows& each : others(machine))
      if (each.type->name == type) return each;
    return {model::find_inventory_class(type), {}};
  }

  model::ClassRows software_after_update(fleet::DeviceNumber number) const {
    return software(machine_of(number, 1));
  }

  const std::vector<std::string>& names() const { return names_; }

 private:
  struct Machine {
    fleet::DeviceNumber number;
    std::uint64_t patches;
    std::uint64_t os, role, model, cohort, seed;
  };
  Machine machine_of(fleet::DeviceNumber number, std::uint64_t patches) const {
    SeededRandom random(number);
    Machine out{number, patches, 0, 0, 0, 0, 0};
    const std::uint64_t os = random.below(100);
    out.os = os < 45 ? 2 : os < 70 ? 1 : os < 88 ? 3 : 0;
    out.role = random.below(8);
    out.model = random.below(40);
    out.cohort = random.below(6);  // how far behind it is
    out.seed = random.below(UINT64_MAX);
    return out;
  }

  class Rows {
   public:
    explicit Rows(std::string_view name) : rows_{model::find_inventory_class(name), {}} {}
    void add(std::initializer_list<std::pair<std::string_view, model::Value>> values) {
      model::Row row(rows_.type->columns.size());
      for (const auto& [column, value] : values) row[*rows_.type->column(column)] = value;
      rows_.rows.push_back(std::move(row));
    }
    model::ClassRows take() { return std::move(rows_); }

   private:
    model::ClassRows rows_;
  };
  using Text = std::string;
  using Number = std::int64_t;

  std::vector<model::ClassRows> others(const Machine& m) const {
    std::vector<model::ClassRows> out;
    out.push_back(identity(m));
    out.push_back(system(m));
    out.push_back(hardware(m));
    out.push_back(memory(m));
    out.push_back(disks(m));
    out.push_back(adapters(m));
    out.push_back(addresses(m));
    out.push_back(services(m));
    out.push_back(accounts(m));
    return out;
  }

  static model::ClassRows identity(const Machine& m) {
    Rows out("Device");
    out.add({{"Name", fmt::format("pc{:07}", m.number)},
             {"Kind", Text(m.role < 4 ? "Server" : "Desktop")},
             {"Architecture", Text("x86_64")},
             {"Manufacturer", fmt::format("Maker {}", m.model % 6)},
             {"Model", fmt::format("Model {}", m.model)},
             {"SerialNumber", fmt::format("SN{:010}", m.seed % 10'000'000'000)}});
    return out.take();
  }
  static model::ClassRows system(const Machine& m) {
    Rows out("OperatingSystem");
    out.add(
        {{"Name", fmt::format("Debian GNU/Linux {}", 10 + m.os)},
         {"Id", Text("debian")},
         {"VersionId", model::Version{model::VersionScheme::Dotted, fmt::format("{}", 10 + m.os)}},
         {"KernelRelease", fmt::format("6.{}.0-{}-amd64", m.os, m.cohort + m.patches)},
         {"Architecture", Text("amd64")},
         {"InstallTime", FleetModel::kNow.ms - static_cast<Number>(m.seed % 900) * 86'400'000},
         {"BootTime", FleetModel::kNow.ms - static_cast<Number>(m.seed % 90) * 86'400'000}});
    return out.take();
  }
  static model::ClassRows hardware(const Machine& m) {
    Rows out("Processor");
    out.add({{"Name", fmt::format("Processor {}", m.model % 12)},
             {"Sockets", Number(1)},
             {"Cores", Number(4 + 4 * static_cast<Number>(m.model % 3))}});
    return out.take();
  }
  static model::ClassRows memory(const Machine& m) {
    Rows out("PhysicalMemory");
    for (int i = 0; i < 2; ++i)
      out.add({{"Locator", fmt::format("DIMM {}", i)},
               {"CapacityMB", Number(8192) << (m.model % 3)},
               {"Type", Text("DDR4")},
               {"SerialNumber", fmt::format("{:08x}", (m.seed >> i) & 0xffffffff)}});
    return out.take();
  }
  static model::ClassRows disks(const Machine& m) {
    Rows out("LogicalDisk");
    for (const char* mount : {"/", "/var", "/home"})
      out.add({{"Name", Text(mount)},
               {"FileSystem", Text("ext4")},
               {"SizeMB", Number(20'000) << (m.model % 4)},
               {"FreeMB", static_cast<Number>((m.seed >> (mount[1] % 7)) % 20'000)},
               {"ReadOnly", Number(0)}});
    return out.take();
  }
  static model::ClassRows adapters(const Machine& m) {
    Rows out("NetworkAdapter");
    for (int i = 0; i < 2; ++i)
      out.add(
          {{"Name", fmt::format("eth{}", i)},
           {"Type", Text("Ethernet")},
           {"MacAddress", fmt::format("52:54:{:02x}:{:02x}:{:02x}:{:02x}", i, m.number >> 16 & 255,
                                      m.number >> 8 & 255, m.number & 255)},
           {"MTU", Number(1500)}});
    return out.take();
  }
  static model::ClassRows addresses(const Machine& m) {
    Rows out("IPAddress");
    for (int i = 0; i < 2; ++i)
      out.add({{"Adapter", fmt::format("eth{}", i)},
               {"Address", fmt::format("10.{}.{}.{}", m.number >> 16 & 255, m.number >> 8 & 255,
                                       m.number & 255)},
               {"PrefixLength", Number(16)},
               {"Network", fmt::format("10.{}.0.0/16", m.number >> 16 & 255)}});
    return out.take();
  }
  model::ClassRows services(const Machine& m) const {
    Rows out("Service");
    for (std::size_t i = 0; i < 24; ++i)
      out.add({{"Name", names_[i * 5 + m.role % 5] + ".service"},
               {"State", Text((m.seed >> i) % 10 == 0 ? "disabled" : "enabled")},
               {"Type", Text("simple")}});
    return out.take();
  }
  static model::ClassRows accounts(const Machine& m) {
    Rows out("UserAccount");
    for (Number i = 0; i < 8; ++i)
      out.add(
          {{"Name", i < 7 ? fmt::format("service{}", i) : fmt::format("user{}", m.seed % 50'000)},
           {"Uid", 100 + i},
           {"Shell", Text(i < 7 ? "/usr/sbin/nologin" : "/bin/bash")}});
    return out.take();
  }
  // 180 of the system, 50 of the role, 23 of the machine's own; a fifth of them has patches.
  model::ClassRows software(const Machine& m) const {
    Rows out("InstalledSoftware");
    SeededRandom own(m.seed);
    for (std::uint64_t i = 0; i < 253; ++i) {
      const std::size_t place = i < 180   ? i
                                : i < 230 ? 200 + m.role * 60 + (i - 180)
                                          : 1000 + skewed(own, names_.size() - 1000);
      const std::string& name = names_[place];
      const bool patched = place % 5 == 0;
      const std::uint64_t level = patched ? (m.cohort + m.patches) % 12 : 0;
      out.add({{"Name", name},
               {"Version", model::Version{model::VersionScheme::Dpkg,
                                          fmt::format("{}.{}.{}-1", place % 9, m.os, level)}},
               {"Architecture", Text(place % 3 == 0 ? "all" : "amd64")},
               {"Publisher", fmt::format("Debian Team {}", place % 700)},
               {"Section", fmt::format("section{}", place % 30)},
               {"InstalledSizeKB", static_cast<Number>(place * 37 % 9000)},
               {"PackageManager", Text("dpkg")}});
    }
    return out.take();
  }

  std::vector<std::string> names_;
};

}  // namespace muster::bench
