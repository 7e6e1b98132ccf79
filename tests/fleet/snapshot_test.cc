#include "fleet/snapshot.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fleet/errors.h"
#include "fleet/fleet.h"
#include "tests/fleet/random_query.h"
#include "tests/fleet/samples.h"
#include "tests/fleet/sql_oracle.h"
#include "tests/seed.h"

namespace muster::fleet {
namespace {

using samples::kNow;
using samples::query;

Bytes saved(const FleetState& state, std::string_view mark) {
  Bytes out;
  EXPECT_TRUE(state.save(mark, [&](ByteView part) -> Result<void> {
    out += part;
    return {};
  }));
  return out;
}
Bytes saved(const Fleet& fleet) { return saved(fleet.state(), "mark 7"); }

// Its rows in order: a query that names none may give them in any, and two fleets with the same
// rows number new ones differently.
std::string answer(const Fleet& fleet, const model::Query& query) {
  const auto table = fleet.evaluate(query, {.now = kNow, .devices = {}});
  if (!table) return table.error().text();
  std::vector<std::string> lines = samples::lines_of(*table);
  if (!samples::is_ordered(query)) std::ranges::sort(lines);
  return fmt::format("{}", fmt::join(lines, "\n"));
}

DeviceChange random_change(Random& random, std::uint64_t devices) {
  const auto device = static_cast<DeviceNumber>(random.below(devices));
  return {.device = device,
          .name = "pc" + std::to_string(random.below(1000)),
          .added = samples::random_inventory(random, device),
          .removed = {},
          .updated = {}};
}

void change(Fleet& fleet, std::uint64_t seed, int changes) {
  SeededRandom random(seed);
  for (int i = 0; i < changes; ++i) {
    if (random.below(4) == 0)
      fleet.remove(static_cast<DeviceNumber>(random.below(900)));
    else
      ASSERT_TRUE(fleet.apply(random_change(random, 900), kNow));
  }
}

// What was loaded answers as what was saved, and goes on as it does.
TEST(Snapshot, IsTheFleetThatItWasTakenOf) {
  const std::uint64_t seed = test_seed();
  SeededRandom random(seed);
  Fleet fleet;
  change(fleet, seed, 1500);
  const Bytes bytes = saved(fleet);
  auto loaded = Fleet::load(fleet.schema(), bytes);
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_EQ(loaded->mark, "mark 7");
  Fleet& copy = loaded->fleet;
  EXPECT_EQ(saved(copy), bytes);
  for (Fleet* each : {&fleet, &copy}) {
    SeededRandom rules(seed + 1);
    for (int i = 0; i < 20; ++i)
      ASSERT_TRUE(each->set_collection("c" + std::to_string(i),
                                       {{samples::QueryMaker(rules).make(true)}, {}, {}}, kNow));
  }
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 60; ++i) {
      const auto asked = samples::QueryMaker(random).make(false);
      ASSERT_EQ(answer(copy, asked), answer(fleet, asked)) << to_text(asked);
    }
    for (int i = 0; i < 20; ++i) {
      const std::string id = "c" + std::to_string(i);
      ASSERT_EQ(*copy.members(id), *fleet.members(id));
    }
    change(fleet, seed + 2, 300);
    change(copy, seed + 2, 300);
  }
  for (DeviceNumber device = 0; device < 900; ++device)
    if (fleet.contains(device)) {
      EXPECT_EQ(copy.digest(device)->text(), fleet.digest(device)->text());
    }
}

// It is written while the fleet goes on.
TEST(Snapshot, IsOfTheStateThatWasTaken) {
  Fleet fleet;
  change(fleet, 5, 300);
  const FleetState state = fleet.state();
  const Bytes then = saved(state, "a");
  change(fleet, 6, 300);
  EXPECT_EQ(saved(state, "a"), then);
  EXPECT_NE(saved(fleet.state(), "a"), then);
}

// Many devices, so that sets take every form.
TEST(Snapshot, HoldsSetsOfEveryForm) {
  Fleet fleet;
  for (DeviceNumber device = 0; device < 9000; ++device) {
    DeviceChange change{
        .device = device * 17, .name = {}, .added = {}, .removed = {}, .updated = {}};
    change.added.push_back(samples::rows_of("InstalledSoftware", {{{"Name", std::string("all")}}}));
    for (const DeviceNumber part : {2u, 100u, 4000u})
      if (device % part == 0)
        change.added[0].rows.push_back(
            samples::rows_of("InstalledSoftware", {{{"Name", "part" + std::to_string(part)}}})
                .rows[0]);
    ASSERT_TRUE(fleet.apply(change, kNow));
  }
  const auto loaded = Fleet::load(fleet.schema(), saved(fleet));
  ASSERT_TRUE(loaded) << loaded.error().text();
  for (const char* name : {"all", "part2", "part100", "part4000"}) {
    const auto asked = query(fmt::format("InstalledSoftware | where Name == '{}'", name));
    EXPECT_EQ(loaded->fleet.devices_matching(asked, kNow)->numbers(),
              fleet.devices_matching(asked, kNow)->numbers());
  }
  EXPECT_EQ(loaded->fleet.devices_matching(query("InstalledSoftware"), kNow)->size(), 9000u);
}

TEST(Snapshot, ThatIsDamagedIsRefused) {
  SeededRandom random(test_seed());
  Fleet fleet;
  change(fleet, 8, 40);
  const Bytes good = saved(fleet);
  for (int i = 0; i < 300; ++i) {
    Bytes bad = good;
    if (random.below(3) == 0)
      bad.resize(random.below(bad.size()));
    else
      bad[random.below(bad.size())] ^= static_cast<char>(1 + random.below(255));
    const auto loaded = Fleet::load(fleet.schema(), bad);
    ASSERT_FALSE(loaded);
    EXPECT_TRUE(loaded.error().is(kBadSnapshot)) << loaded.error().text();
  }
  EXPECT_FALSE(Fleet::load(fleet.schema(), {}));
}

TEST(Snapshot, OfOtherClassesIsRefused) {
  const auto schema_with = [](model::ColumnType type) {
    const std::vector<model::ClassDefinition> definitions = {
        {"Printer", "A printer.", {{"Queue", type, model::ColumnKind::Shared, "Its queue."}}}};
    return *model::Schema::with(definitions);
  };
  const auto schema = schema_with(model::ColumnType::Text);
  Fleet fleet;
  fleet.set_schema(schema);
  const Bytes bytes = saved(fleet);
  EXPECT_TRUE(Fleet::load(schema_with(model::ColumnType::Text), bytes));
  for (const auto& other : {schema_with(model::ColumnType::Integer), model::Schema()}) {
    const auto loaded = Fleet::load(other, bytes);
    ASSERT_FALSE(loaded);
    EXPECT_TRUE(loaded.error().is(kBadSnapshot)) << loaded.error().text();
  }
  const auto narrow = Fleet::load(schema, saved(Fleet()));
  ASSERT_FALSE(narrow);
  EXPECT_TRUE(narrow.error().is(kBadSnapshot)) << narrow.error().text();
}

TEST(Snapshot, ThatCannotBeWrittenSaysWhy) {
  const auto written = Fleet().state().save(
      "", [](ByteView) -> Result<void> { return fail(kBadCollection, "the disk is full"); });
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().detail(), "the disk is full");
}

}  // namespace
}  // namespace muster::fleet
