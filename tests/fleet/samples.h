// Small random inventories from small pools of values, so that devices share rows.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "fleet/fleet.h"
#include "model/query/parse.h"

namespace muster::fleet::samples {

inline constexpr Timestamp kNow{1'800'000'000'000};

using Values = std::vector<std::pair<std::string_view, model::Value>>;

inline model::ClassRows rows_of(std::string_view type, const std::vector<Values>& rows) {
  model::ClassRows out{model::find_inventory_class(type), {}};
  for (const Values& values : rows) {
    model::Row row(out.type->columns.size());
    for (const auto& [column, value] : values) row[out.type->column(column).value()] = value;
    out.rows.push_back(std::move(row));
  }
  return out;
}

inline model::Value dpkg(std::string text) {
  return model::Version{model::VersionScheme::Dpkg, std::move(text)};
}

inline model::Query query(std::string_view text) {
  auto parsed = model::parse_query(text);
  if (!parsed) throw std::runtime_error(parsed.error().text());
  return *std::move(parsed);
}

template <typename T, std::size_t N>
const T& pick(Random& random, const T (&pool)[N]) {
  return pool[random.below(N)];
}

inline constexpr std::string_view kNames[] = {"openssl", "OpenSSL", "open-ssl",      "libssl3",
                                              "bash",    "",        "gr\xc3\xbc\x6e"};
inline constexpr std::string_view kVersions[] = {"1.0", "1.0~rc1", "1.9", "1.10", "2:0.1", "1.0-1"};
inline constexpr std::string_view kMounts[] = {"/", "/var", "/home", "/var/lib/data"};
inline constexpr std::string_view kKinds[] = {"Server", "Laptop", "laptop", "Virtual"};

inline model::Value text_or_absent(Random& random, std::string_view text) {
  if (random.below(8) == 0) return {};
  return std::string(text);
}

inline model::Value number_or_absent(Random& random, std::int64_t number) {
  if (random.below(8) == 0) return {};
  return number;
}

inline Values random_software(Random& random) {
  Values out = {{"Name", text_or_absent(random, pick(random, kNames))},
                {"InstalledSizeKB",
                 number_or_absent(random, static_cast<std::int64_t>(random.below(4)) - 1)}};
  if (random.below(8) != 0)
    out.emplace_back("Version", model::Version{random.below(4) == 0 ? model::VersionScheme::Rpm
                                                                    : model::VersionScheme::Dpkg,
                                               std::string(pick(random, kVersions))});
  return out;
}

inline Values random_disk(Random& random) {
  return {{"Name", text_or_absent(random, pick(random, kMounts))},
          {"SizeMB", number_or_absent(random, static_cast<std::int64_t>(random.below(3)))},
          {"FreeMB", number_or_absent(random, static_cast<std::int64_t>(random.below(5)))},
          {"ReadOnly", number_or_absent(random, static_cast<std::int64_t>(random.below(2)))}};
}

inline std::vector<model::ClassRows> random_inventory(Random& random, DeviceNumber device) {
  std::vector<Values> software;
  std::vector<Values> disks;
  for (std::uint64_t i = random.below(6); i > 0; --i) software.push_back(random_software(random));
  for (std::uint64_t i = random.below(4); i > 0; --i) disks.push_back(random_disk(random));
  const auto age_ms = static_cast<std::int64_t>(random.below(5)) * 86'400'000;
  return {rows_of("Device", {{{"Name", "pc" + std::to_string(device)},
                              {"Kind", text_or_absent(random, pick(random, kKinds))}}}),
          rows_of("OperatingSystem", {{{"BootTime", number_or_absent(random, kNow.ms - age_ms)}}}),
          rows_of("InstalledSoftware", software), rows_of("LogicalDisk", disks)};
}

}  // namespace muster::fleet::samples
