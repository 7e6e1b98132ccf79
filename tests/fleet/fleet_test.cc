#include "fleet/fleet.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "fleet/errors.h"
#include "model/errors.h"
#include "tests/fleet/samples.h"

namespace muster::fleet {
namespace {

using model::Value;
using samples::dpkg;
using samples::kNow;
using samples::query;
using samples::rows_of;

DeviceChange full(DeviceNumber device, std::vector<model::ClassRows> rows) {
  return {.device = device,
          .name = {},
          .extent = Extent::Full,
          .added = std::move(rows),
          .removed = {},
          .updated = {}};
}
DeviceChange delta(DeviceNumber device) {
  return {.device = device,
          .name = {},
          .extent = Extent::Delta,
          .added = {},
          .removed = {},
          .updated = {}};
}

model::ClassRows package(std::string name, std::string version) {
  return rows_of("InstalledSoftware",
                 {{{"Name", std::move(name)}, {"Version", dpkg(std::move(version))}}});
}
model::ClassRows disk(std::int64_t free_mb) {
  return rows_of("LogicalDisk", {{{"Name", std::string("/")}, {"FreeMB", free_mb}}});
}
model::ClassRows named(std::string name) {
  return rows_of("Device", {{{"Name", std::move(name)}}});
}

model::Table answer(const Fleet& fleet, std::string_view text,
                    std::optional<std::vector<DeviceNumber>> devices = {}) {
  auto table = fleet.evaluate(query(text), {.now = kNow, .devices = std::move(devices)});
  EXPECT_TRUE(table) << table.error().text();
  return table ? *std::move(table) : model::Table();
}

std::int64_t count(const Fleet& fleet, std::string_view text) {
  const model::Table table = answer(fleet, text);
  return std::get<std::int64_t>(table.rows.at(0).at(0));
}

TEST(Fleet, JoinsTheRowsOfOneDevice) {
  Fleet fleet;
  ASSERT_TRUE(fleet.apply(full(1, {named("one"), package("bash", "1.0"), disk(3), disk(9)}), kNow));
  ASSERT_TRUE(fleet.apply(full(2, {named("two"), package("dash", "1"), disk(4)}), kNow));
  ASSERT_TRUE(fleet.apply(full(3, {named("three")}), kNow));
  EXPECT_EQ(answer(fleet,
                   "InstalledSoftware | project Name | join kind=inner (LogicalDisk | "
                   "project FreeMB) on Device | project Name, FreeMB | order by FreeMB asc")
                .rows,
            (std::vector<model::Row>{{std::string("one"), std::string("bash"), std::int64_t{3}},
                                     {std::string("two"), std::string("dash"), std::int64_t{4}},
                                     {std::string("one"), std::string("bash"), std::int64_t{9}}}));
  EXPECT_EQ(
      answer(fleet, "Device | join kind=leftanti (InstalledSoftware) on Device | project Name")
          .rows,
      (std::vector<model::Row>{{std::string("three"), std::string("three")}}));
  EXPECT_EQ(answer(fleet,
                   "Device | project Name | join kind=leftanti (LogicalDisk | where FreeMB < "
                   "4) on Device",
                   {{1, 2}})
                .rows,
            (std::vector<model::Row>{{std::string("two"), std::string("two")}}));
}

// Two machines can say that they have one name: their rows still do not meet.
TEST(Fleet, TellsDevicesOfOneNameApartInJoins) {
  Fleet fleet;
  ASSERT_TRUE(fleet.apply(full(1, {named("twin"), package("bash", "1")}), kNow));
  ASSERT_TRUE(fleet.apply(full(2, {named("twin"), disk(3)}), kNow));
  EXPECT_EQ(count(fleet, "Device | join kind=leftanti (LogicalDisk) on Device | summarize count()"),
            1);
  EXPECT_EQ(count(fleet,
                  "InstalledSoftware | join kind=inner (LogicalDisk) on Device "
                  "| summarize count()"),
            0);
  EXPECT_EQ(
      *fleet.devices_matching(query("Device | join kind=leftanti (LogicalDisk) on Device"), kNow),
      DeviceSet({1}));
}

TEST(Fleet, JoinsVersionsThatAreEqualInTheirScheme) {
  Fleet fleet;
  ASSERT_TRUE(fleet.apply(full(1, {package("a", "1.0"), package("b", "0:1.0-0")}), kNow));
  const model::Value rpm = model::Version{model::VersionScheme::Rpm, "1.0"};
  ASSERT_TRUE(fleet.apply(
      full(2, {rows_of("InstalledSoftware", {{{"Name", std::string("b")}, {"Version", rpm}},
                                             {{"Name", std::string("b")}}})}),
      kNow));
  EXPECT_EQ(count(fleet,
                  "InstalledSoftware | where Name == 'a' | join kind=inner "
                  "(InstalledSoftware | where Name == 'b') on Version | summarize count()"),
            1);
}

TEST(Fleet, RefusesAJoinThatMakesTooManyRows) {
  Fleet fleet;
  std::vector<samples::Values> many(50, {{"Name", std::string("bash")}});
  ASSERT_TRUE(fleet.apply(full(1, {rows_of("InstalledSoftware", many)}), kNow));
  const auto ask = [&](std::string_view text) {
    return fleet.evaluate(query(text), {.now = kNow, .devices = {}, .row_limit = 2000});
  };
  const std::string_view counted =
      "InstalledSoftware | join kind=inner (InstalledSoftware) on Device | summarize count()";
  const auto refused = ask(counted);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(model::kQueryTooLarge)) << refused.error().text();
  EXPECT_TRUE(ask("InstalledSoftware | join kind=leftanti (InstalledSoftware) on Device"));
}

TEST(Fleet, CountsTheRowsOfAllDevicesUnderOneColumn) {
  Fleet fleet;
  ASSERT_TRUE(fleet.apply(full(1, {package("bash", "1"), package("dash", "1")}), kNow));
  ASSERT_TRUE(fleet.apply(full(2, {package("bash", "1"), package("bash", "1")}), kNow));
  const model::Table table = answer(fleet, "InstalledSoftware | summarize count()");
  EXPECT_EQ(table.columns,
            (std::vector<model::QueryColumn>{{"count_", model::ColumnType::Integer}}));
  EXPECT_EQ(table.rows, (std::vector<model::Row>{{std::int64_t{4}}}));
  EXPECT_EQ(answer(fleet, "InstalledSoftware | summarize count() by Name").rows,
            (std::vector<model::Row>{{std::string("bash"), std::int64_t{3}},
                                     {std::string("dash"), std::int64_t{1}}}));
  EXPECT_EQ(count(fleet, "InstalledSoftware | where Name == 'none' | summarize count()"), 0);
  EXPECT_EQ(answer(fleet, "InstalledSoftware | summarize count()", {{2, 2, 9}}).rows,
            (std::vector<model::Row>{{std::int64_t{2}}}));
}

TEST(Fleet, KeepsRowsThatAgreeOnce) {
  Fleet fleet;
  for (DeviceNumber device = 0; device < 10; ++device)
    ASSERT_TRUE(fleet.apply(full(device, {package("bash", "1"), disk(device)}), kNow));
  const auto of = [&](std::string_view name) {
    for (const ClassCounts& counts : fleet.counts().classes)
      if (counts.name == name) return std::pair(counts.distinct_rows, counts.rows);
    return std::pair<std::uint64_t, std::uint64_t>();
  };
  EXPECT_EQ(of("InstalledSoftware"), std::pair(1ul, 10ul));
  EXPECT_EQ(of("LogicalDisk"), std::pair(1ul, 10ul)) << "free space makes no row";
  EXPECT_EQ(fleet.counts().devices, 10u);
  for (DeviceNumber device = 0; device < 10; ++device) fleet.remove(device);
  EXPECT_EQ(of("InstalledSoftware"), std::pair(0ul, 0ul));
  EXPECT_EQ(fleet.counts().devices, 0u);
}

TEST(Fleet, ShowsTheDeviceFirstByItsInventoryNameElseTheRegisteredOne) {
  Fleet fleet;
  ASSERT_TRUE(fleet.apply(full(1, {named("pc1"), disk(1)}), kNow));
  DeviceChange registered = full(2, {disk(2)});
  registered.name = "laptop";
  ASSERT_TRUE(fleet.apply(registered, kNow));
  ASSERT_TRUE(fleet.apply(full(3, {disk(3)}), kNow));
  EXPECT_EQ(answer(fleet, "LogicalDisk | project FreeMB").rows,
            (std::vector<model::Row>{{std::string("pc1"), std::int64_t{1}},
                                     {std::string("laptop"), std::int64_t{2}},
                                     {std::string("#3"), std::int64_t{3}}}));
  EXPECT_EQ(count(fleet, "LogicalDisk | where Device =~ 'PC1' | summarize count()"), 1);
  DeviceChange renamed = delta(2);
  renamed.added = {named("desk")};
  ASSERT_TRUE(fleet.apply(renamed, kNow));
  EXPECT_EQ(count(fleet, "LogicalDisk | where Device == 'desk' | summarize count()"), 1);
}

TEST(Fleet, AppliesDeltasByIdentityAndUpdatesFreeSpace) {
  Fleet fleet;
  ASSERT_TRUE(fleet.apply(full(1, {package("bash", "1"), package("dash", "1"), disk(10)}), kNow));
  DeviceChange change = delta(1);
  change.removed = {package("bash", "1")};
  change.added = {package("bash", "2")};
  change.updated = {disk(5)};
  ASSERT_TRUE(fleet.apply(change, kNow));
  EXPECT_EQ(count(fleet, "InstalledSoftware | where Version == v'2' | summarize count()"), 1);
  EXPECT_EQ(count(fleet, "InstalledSoftware | summarize count()"), 2);
  EXPECT_EQ(count(fleet, "LogicalDisk | where FreeMB == 5 | summarize count()"), 1);
  change = delta(1);
  change.removed = {disk(77)};
  EXPECT_TRUE(fleet.apply(change, kNow)) << "free space is no part of what names a row";
  EXPECT_EQ(count(fleet, "LogicalDisk | summarize count()"), 0);
}

TEST(Fleet, TellsRowsApartThatDifferInUniqueColumns) {
  Fleet fleet;
  const auto adapter = [](std::string mac) {
    return rows_of("NetworkAdapter",
                   {{{"Name", std::string("eth0")}, {"MacAddress", std::move(mac)}}});
  };
  ASSERT_TRUE(fleet.apply(full(1, {adapter("aa"), adapter("bb")}), kNow));
  DeviceChange change = delta(1);
  change.removed = {adapter("bb")};
  ASSERT_TRUE(fleet.apply(change, kNow));
  EXPECT_EQ(count(fleet, "NetworkAdapter | where MacAddress == 'aa' | summarize count()"), 1);
  EXPECT_EQ(count(fleet, "NetworkAdapter | summarize count()"), 1);
  const auto refused = fleet.apply(change, kNow);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kUnknownRow));
}

TEST(Fleet, LeavesEverythingAsItWasWhenAChangeIsRefused) {
  Fleet fleet;
  ASSERT_TRUE(fleet.apply(full(1, {package("bash", "1"), disk(3)}), kNow));
  const auto before = fleet.rows(1)->classes;
  const auto refuse = [&](DeviceChange change, const ErrorKind& kind) {
    const auto result = fleet.apply(change, kNow);
    ASSERT_FALSE(result);
    EXPECT_TRUE(result.error().is(kind)) << result.error().text();
    const auto after = fleet.rows(1)->classes;
    ASSERT_EQ(after.size(), before.size());
    for (std::size_t i = 0; i < after.size(); ++i) EXPECT_EQ(after[i].rows, before[i].rows);
    for (const ClassCounts& each : fleet.counts().classes)
      EXPECT_EQ(each.rows, each.name == "InstalledSoftware" || each.name == "LogicalDisk" ? 1u : 0u)
          << each.name;
  };
  DeviceChange change = delta(1);
  change.removed = {package("bash", "1"), package("bash", "1")};
  refuse(change, kUnknownRow);
  change = delta(1);
  change.added = {package("dash", "1")};
  change.updated = {rows_of("LogicalDisk", {{{"Name", std::string("/x")}}})};
  refuse(change, kUnknownRow);
  change = delta(1);
  change.added = {package("dash", "")};
  refuse(change, model::kBadRow);
  change = full(1, {});
  change.removed = {package("bash", "1")};
  refuse(change, kUnknownRow);
  refuse(delta(2), kUnknownDevice);
  model::ClassRows many = package("bash", "1");
  many.rows.resize(model::kMostRowsPerClass + 1, many.rows[0]);
  refuse(full(1, {many}), kTooManyRows);
}

TEST(Fleet, GivesBackRowsAndTheirDigest) {
  Fleet fleet;
  const std::vector<model::ClassRows> rows = {named("pc1"), disk(3), package("bash", "1")};
  ASSERT_TRUE(fleet.apply(full(1, rows), kNow));
  const auto back = fleet.rows(1);
  ASSERT_TRUE(back);
  ASSERT_EQ(back->classes.size(), rows.size());
  model::RowSetDigest digest;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(back->classes[i].type, rows[i].type);
    EXPECT_EQ(back->classes[i].rows, rows[i].rows);
    digest.add(*rows[i].type, rows[i].rows[0]);
  }
  EXPECT_EQ(*fleet.digest(1), digest);
  EXPECT_TRUE(fleet.rows(2).error().is(kUnknownDevice));
  EXPECT_TRUE(fleet.digest(2).error().is(kUnknownDevice));
}

TEST(Fleet, RefusesAnAnswerOverItsLimit) {
  Fleet fleet;
  for (DeviceNumber device = 0; device < 5; ++device)
    ASSERT_TRUE(fleet.apply(full(device, {package("bash", "1")}), kNow));
  EvaluationContext context{.now = kNow, .devices = {}, .row_limit = 4};
  const auto refused = fleet.evaluate(query("InstalledSoftware"), context);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(model::kQueryTooLarge));
  EXPECT_EQ(fleet.evaluate(query("InstalledSoftware | take 4"), context)->rows.size(), 4u);
  EXPECT_TRUE(fleet.evaluate(query("InstalledSoftware | summarize count()"), context));
  EXPECT_TRUE(fleet.evaluate(query("Nonsense"), context).error().is(model::kQueryUnknownName));
}

TEST(Fleet, AnswersReadersWhileItChanges) {
  Fleet fleet;
  ASSERT_TRUE(fleet.set_collection("all", {{query("InstalledSoftware")}, {}, {}}, kNow));
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) {
      // Each device has two packages, whole or not at all.
      const std::int64_t rows = count(fleet, "InstalledSoftware | summarize count()");
      EXPECT_EQ(rows % 2, 0);
      EXPECT_TRUE(fleet.members("all"));
    }
  });
  for (DeviceNumber device = 0; device < 300; ++device)
    EXPECT_TRUE(fleet.apply(
        full(device % 50, {package("bash", "1"), package("dash", std::to_string(device))}), kNow));
  done = true;
  reader.join();
  EXPECT_EQ(*fleet.member_count("all"), 50u);
}

}  // namespace
}  // namespace muster::fleet
