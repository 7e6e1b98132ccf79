// Rules as operators write them, each with the SQL that asks the same of one table per class (the
// device's number, then the class's columns; a version also as the bytes that sort as it does).
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "model/version.h"
#include "simulator/machine_template.h"

namespace muster::bench {

struct FleetRule {
  std::string query;
  std::string sql;  // gives a column d, the device's number, perhaps more than once
};

inline std::string sql_version(const std::string& version,
                               model::VersionScheme scheme = model::VersionScheme::Dpkg) {
  return "'\\x" + to_hex(model::version_key(scheme, version)) + "'::bytea";
}

// Each about a package, a version, a disk or a kind of machine. `names` as FleetModel has them.
inline FleetRule generated_rule(const std::vector<std::string>& names, std::uint64_t number) {
  SeededRandom random(1'000'000 + number);
  const std::string& name = names[simulator::skewed(random, 4000)];
  const auto version = fmt::format("{}.{}.{}-1", random.below(9), random.below(4), random.below(6));
  const auto software =
      fmt::format("SELECT device d FROM \"InstalledSoftware\" WHERE \"Name\" = '{}'", name);
  switch (random.below(8)) {
    case 0:
    case 1:
      return {fmt::format("InstalledSoftware | where Name == '{}'", name), software};
    case 2:
    case 3:
    case 4:
      return {
          fmt::format("InstalledSoftware | where Name == '{}' and Version < v'{}'", name, version),
          fmt::format("{} AND \"VersionKey\" < {}", software, sql_version(version))};
    case 5:
      return {
          fmt::format(
              "Device | join kind=leftanti (InstalledSoftware | where Name == '{}') on Device",
              name),
          fmt::format("SELECT x.device d FROM \"Device\" x WHERE NOT EXISTS (SELECT 1 FROM "
                      "\"InstalledSoftware\" s WHERE s.device = x.device AND s.\"Name\" = '{}')",
                      name)};
    case 6: {
      const std::string system = std::to_string(10 + random.below(4));
      return {fmt::format("OperatingSystem | where VersionId == v'{}' | join kind=inner "
                          "(InstalledSoftware | where Name == '{}') on Device",
                          system, name),
              fmt::format(
                  "SELECT o.device d FROM \"OperatingSystem\" o WHERE o.\"VersionIdKey\" = {} AND "
                  "EXISTS (SELECT 1 FROM \"InstalledSoftware\" s WHERE s.device = o.device AND "
                  "s.\"Name\" = '{}')",
                  sql_version(system, model::VersionScheme::Dotted), name)};
    }
    default: {
      const std::string service = names[random.below(120)] + ".service";
      return {
          fmt::format("Service | where Name == '{}' and State == 'enabled'", service),
          fmt::format(
              "SELECT device d FROM \"Service\" WHERE \"Name\" = '{}' AND \"State\" = 'enabled'",
              service)};
    }
  }
}

// What operators ask, of every kind.
inline std::vector<FleetRule> fixed_rules(const std::vector<std::string>& names) {
  const auto software = [](const std::string& rest) {
    return "SELECT device d FROM \"InstalledSoftware\" WHERE " + rest;
  };
  const std::string common = names[0], patched = names[5], rare = names[3000];
  const auto old_patched =
      fmt::format("\"Name\" = '{}' AND \"VersionKey\" < {}", patched, sql_version("5.2.6-1"));
  return {
      {fmt::format("InstalledSoftware | where Name == '{}'", common),
       software(fmt::format("\"Name\" = '{}'", common))},
      {fmt::format("InstalledSoftware | where Name == '{}'", rare),
       software(fmt::format("\"Name\" = '{}'", rare))},
      {fmt::format("InstalledSoftware | where Name == '{}' and Version < v'5.2.6-1'", patched),
       software(old_patched)},
      {fmt::format("InstalledSoftware | where Name == '{}' and Version >= v'5.1.0-1' and "
                   "Architecture == 'all'",
                   patched),
       software(fmt::format("\"Name\" = '{}' AND \"VersionKey\" >= {} AND \"Architecture\" = 'all'",
                            patched, sql_version("5.1.0-1")))},
      {"InstalledSoftware | where Name startswith 'lib' and Section == 'section7'",
       software("\"Name\" LIKE 'lib%' AND \"Section\" = 'section7'")},
      {"InstalledSoftware | where Name contains 'ssl'", software("\"Name\" LIKE '%ssl%'")},
      {"InstalledSoftware | where Publisher == 'Debian Team 77'",
       software("\"Publisher\" = 'Debian Team 77'")},
      {"InstalledSoftware | where InstalledSizeKB > 8990", software("\"InstalledSizeKB\" > 8990")},
      {fmt::format("Device | join kind=leftanti (InstalledSoftware | where Name == '{}') on Device",
                   names[20]),
       fmt::format("SELECT x.device d FROM \"Device\" x WHERE NOT EXISTS (SELECT 1 FROM "
                   "\"InstalledSoftware\" s "
                   "WHERE s.device = x.device AND s.\"Name\" = '{}')",
                   names[20])},
      {fmt::format("Device | where Kind == 'Server' | join kind=inner (InstalledSoftware | where "
                   "Name == '{}' "
                   "and Version < v'5.2.6-1') on Device",
                   patched),
       fmt::format("SELECT x.device d FROM \"Device\" x WHERE x.\"Kind\" = 'Server' AND EXISTS "
                   "(SELECT 1 FROM "
                   "\"InstalledSoftware\" s WHERE s.device = x.device AND s.\"Name\" = '{}' AND "
                   "s.\"VersionKey\" < {})",
                   patched, sql_version("5.2.6-1"))},
      {"OperatingSystem | where VersionId == v'12'",
       fmt::format("SELECT device d FROM \"OperatingSystem\" WHERE \"VersionIdKey\" = {}",
                   sql_version("12", model::VersionScheme::Dotted))},
      {"OperatingSystem | where Name == 'Debian GNU/Linux 12' and KernelRelease startswith '6.2'",
       "SELECT device d FROM \"OperatingSystem\" WHERE \"Name\" = 'Debian GNU/Linux 12' AND "
       "\"KernelRelease\" LIKE '6.2%'"},
      {"Device | where Manufacturer == 'Maker 3' and Kind == 'Desktop'",
       "SELECT device d FROM \"Device\" WHERE \"Manufacturer\" = 'Maker 3' AND \"Kind\" = "
       "'Desktop'"},
      {"Device | where Model in ('Model 3', 'Model 17', 'Model 39')",
       "SELECT device d FROM \"Device\" WHERE \"Model\" IN ('Model 3', 'Model 17', 'Model 39')"},
      {"LogicalDisk | where Name == '/' and FreeMB < 2000",
       "SELECT device d FROM \"LogicalDisk\" WHERE \"Name\" = '/' AND \"FreeMB\" < 2000"},
      {"LogicalDisk | where FreeMB < 300",
       "SELECT device d FROM \"LogicalDisk\" WHERE \"FreeMB\" < 300"},
      {"Service | where Name startswith 'lib' and State == 'disabled'",
       "SELECT device d FROM \"Service\" WHERE \"Name\" LIKE 'lib%' AND \"State\" = 'disabled'"},
      {"IPAddress | where Network == '10.0.0.0/16'",
       "SELECT device d FROM \"IPAddress\" WHERE \"Network\" = '10.0.0.0/16'"},
      {"UserAccount | where Name == 'user4711'",
       "SELECT device d FROM \"UserAccount\" WHERE \"Name\" = 'user4711'"},
      {"PhysicalMemory | where CapacityMB >= 32768",
       "SELECT device d FROM \"PhysicalMemory\" WHERE \"CapacityMB\" >= 32768"},
  };
}

}  // namespace muster::bench
