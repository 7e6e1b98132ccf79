// Random queries over random inventories: the fleet's answers against SQLite's.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "tests/fleet/random_query.h"
#include "tests/fleet/sql_oracle.h"

namespace muster::fleet {
namespace {

using samples::kNow;

// The fleet goes through full changes, deltas and removals; the oracle gets what should be left.
class Population {
 public:
  Population(std::uint64_t seed, DeviceNumber devices) : random_(seed) {
    for (DeviceNumber device = 0; device < devices; ++device) {
      add_full(device);
      if (random_.below(3) == 0) change(device);
      if (random_.below(8) == 0) {
        fleet.remove(device);
        facts_.erase(device);
      }
    }
    for (const auto& [device, rows] : facts_) oracle.insert("pc" + std::to_string(device), rows);
  }

  Fleet fleet;
  samples::SqlOracle oracle;
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& [device, rows] : facts_) out.push_back("pc" + std::to_string(device) + "|");
    return out;
  }

 private:
  void add_full(DeviceNumber device) {
    facts_[device] = samples::random_inventory(random_, device);
    DeviceChange full{
        .device = device, .name = {}, .added = facts_[device], .removed = {}, .updated = {}};
    const auto result = fleet.apply(full, kNow);
    ASSERT_TRUE(result) << result.error().text();
  }

  // Takes a package out, puts another in, and changes the free space of a disk.
  void change(DeviceNumber device) {
    DeviceChange delta{.device = device,
                       .name = {},
                       .extent = Extent::Delta,
                       .added = {},
                       .removed = {},
                       .updated = {}};
    model::ClassRows& software = facts_[device][2];
    model::ClassRows& disks = facts_[device][3];
    if (!software.rows.empty()) {
      delta.removed.push_back({software.type, {software.rows.front()}});
      software.rows.erase(software.rows.begin());
    }
    delta.added.push_back(
        samples::rows_of("InstalledSoftware", {samples::random_software(random_)}));
    software.rows.push_back(delta.added[0].rows[0]);
    if (!disks.rows.empty()) {
      // Whichever of equal ones is meant: all of them.
      const std::size_t free = *disks.type->column("FreeMB");
      model::Row first = disks.rows[0];
      delta.updated.push_back({disks.type, {}});
      for (model::Row& row : disks.rows) {
        first[free] = row[free];
        if (row != first) continue;
        row[free] = std::int64_t{4};
        delta.updated[0].rows.push_back(row);
      }
    }
    const auto result = fleet.apply(delta, kNow);
    ASSERT_TRUE(result) << result.error().text();
  }

  SeededRandom random_;
  std::map<DeviceNumber, std::vector<model::ClassRows>> facts_;
};

TEST(QueryAnswers, AreThoseOfSqlOverTheSameFacts) {
  std::size_t answers_with_rows = 0;
  std::size_t joins_with_rows = 0;
  const std::uint64_t seeds = std::getenv("MUSTER_LONG") != nullptr ? 400 : 20;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Population population(seed, 20);
    SeededRandom random(seed * 1000);
    for (int round = 0; round < 150; ++round) {
      const model::Query query = samples::QueryMaker(random).make(false);
      const std::string text = to_text(query);
      SCOPED_TRACE("seed " + std::to_string(seed) + ": " + text);
      const auto reparsed = model::parse_query(text);
      ASSERT_TRUE(reparsed) << reparsed.error().text();
      ASSERT_EQ(*reparsed, query);
      const auto table = population.fleet.evaluate(query, {.now = kNow, .devices = {}});
      ASSERT_TRUE(table) << table.error().text();
      const std::string sql = samples::sql_of(query, kNow);
      std::vector<std::string> wanted = population.oracle.ask(sql);
      std::vector<std::string> found = samples::lines_of(*table);
      if (!samples::is_ordered(query)) {
        std::ranges::sort(wanted);
        std::ranges::sort(found);
      }
      ASSERT_EQ(found, wanted) << sql;
      answers_with_rows += found.empty() ? 0 : 1;
      const bool joins = text.find("| join kind=") != std::string::npos;
      joins_with_rows += joins && !found.empty() ? 1 : 0;
    }
  }
  EXPECT_GT(joins_with_rows, 300u) << "joins should have answers too";
  EXPECT_GT(answers_with_rows, 1000u) << "most questions should have an answer";
}

TEST(QueryAnswers, NameTheDevicesThatSqlNames) {
  for (std::uint64_t seed = 100; seed <= 110; ++seed) {
    Population population(seed, 20);
    SeededRandom random(seed);
    for (int round = 0; round < 100; ++round) {
      const model::Query query = samples::QueryMaker(random).make(true);
      SCOPED_TRACE("seed " + std::to_string(seed) + ": " + to_text(query));
      const auto devices = population.fleet.devices_matching(query, kNow);
      ASSERT_TRUE(devices) << devices.error().text();
      std::set<std::string> found;
      for (const DeviceNumber device : devices->numbers())
        found.insert("pc" + std::to_string(device) + "|");
      const auto rows = population.oracle.ask("select distinct Device from (" +
                                              samples::sql_of(query, kNow) + ")");
      ASSERT_EQ(found, std::set<std::string>(rows.begin(), rows.end()));
    }
  }
}

}  // namespace
}  // namespace muster::fleet
