#include <gtest/gtest.h>

#include <map>
#include <set>

#include "fleet/errors.h"
#include "fleet/fleet.h"
#include "model/errors.h"
#include "tests/fleet/random_query.h"

namespace muster::fleet {
namespace {

using samples::dpkg;
using samples::kNow;
using samples::query;
using samples::rows_of;

DeviceChange with_package(DeviceNumber device, std::string version) {
  return {.device = device,
          .name = {},
          .extent = Extent::Full,
          .added = {rows_of("InstalledSoftware", {{{"Name", std::string("openssl")},
                                                   {"Version", dpkg(std::move(version))}}})},
          .removed = {},
          .updated = {}};
}

CollectionRule old_openssl(std::optional<CollectionId> limiting = {}) {
  return {{query("InstalledSoftware | where Name == 'openssl' and Version < v'3'")},
          {},
          std::move(limiting)};
}

std::string text(const MembershipChanges& changes) {
  std::string out;
  for (const auto& change : changes)
    out += fmt::format("{}{}{} ", change.membership == Membership::Joined ? '+' : '-',
                       change.collection, change.device);
  return out;
}
std::string text(const Result<MembershipChanges>& changes) {
  return changes ? text(*changes) : changes.error().text();
}

std::vector<DeviceNumber> members(const Fleet& fleet, std::string_view id) {
  return fleet.members(CollectionId(id)).value();
}

TEST(Collections, HaveAllSystemsAmongThemFromTheStart) {
  Fleet fleet;
  EXPECT_TRUE(members(fleet, kAllSystems).empty());
  EXPECT_EQ(text(fleet.apply(with_package(7, "1"), kNow)), "+all-systems7 ");
  EXPECT_EQ(text(fleet.apply(with_package(7, "2"), kNow)), "");
  EXPECT_EQ(members(fleet, kAllSystems), (std::vector<DeviceNumber>{7}));
  EXPECT_EQ(*fleet.member_count(CollectionId(kAllSystems)), 1u);
  EXPECT_EQ(text(fleet.remove(7)), "-all-systems7 ");
  EXPECT_EQ(text(fleet.remove(7)), "");
  const auto refused = fleet.set_collection(CollectionId(kAllSystems), {}, kNow);
  EXPECT_TRUE(refused.error().is(kBadCollection));
  EXPECT_TRUE(fleet.set_collection("", {}, kNow).error().is(kBadCollection));
  EXPECT_TRUE(fleet.remove_collection(CollectionId(kAllSystems)).error().is(kUnknownCollection));
}

TEST(Collections, FollowTheChangesOfADevice) {
  Fleet fleet;
  ASSERT_TRUE(fleet.apply(with_package(1, "1"), kNow));
  EXPECT_EQ(text(fleet.set_collection("old", old_openssl(), kNow)), "+old1 ");
  EXPECT_EQ(text(fleet.apply(with_package(2, "1"), kNow)), "+all-systems2 +old2 ");
  EXPECT_EQ(text(fleet.apply(with_package(1, "3"), kNow)), "-old1 ");
  EXPECT_EQ(members(fleet, "old"), (std::vector<DeviceNumber>{2}));
  EXPECT_EQ(*fleet.collections_of(2), (std::vector<CollectionId>{"all-systems", "old"}));
  EXPECT_EQ(*fleet.collections_of(1), (std::vector<CollectionId>{"all-systems"}));
  EXPECT_EQ(text(fleet.remove(2)), "-all-systems2 -old2 ");
  EXPECT_TRUE(fleet.collections_of(2).error().is(kUnknownDevice));
}

TEST(Collections, FollowTheNameOfADeviceInRulesOfOtherClasses) {
  Fleet fleet;
  ASSERT_TRUE(fleet.apply(with_package(1, "1"), kNow));
  const auto rule = query("InstalledSoftware | where Device == 'desk'");
  EXPECT_EQ(text(fleet.set_collection("desks", {{rule}, {}, {}}, kNow)), "");
  DeviceChange renamed{.device = 1,
                       .name = "desk",
                       .extent = Extent::Delta,
                       .added = {},
                       .removed = {},
                       .updated = {}};
  EXPECT_EQ(text(fleet.apply(renamed, kNow)), "+desks1 ");
  renamed.name = "lap";
  EXPECT_EQ(text(fleet.apply(renamed, kNow)), "-desks1 ");
}

TEST(Collections, HaveDirectMembersOnceTheyAreActive) {
  Fleet fleet;
  EXPECT_EQ(text(fleet.set_collection("pilot", {{}, {5, 6}, {}}, kNow)), "");
  EXPECT_EQ(
      text(fleet.apply({.device = 5, .name = {}, .added = {}, .removed = {}, .updated = {}}, kNow)),
      "+all-systems5 +pilot5 ");
  EXPECT_EQ(text(fleet.set_collection("pilot", {{}, {6}, {}}, kNow)), "-pilot5 ");
}

TEST(Collections, ApplyTheLimitLastDownTheWholeChain) {
  Fleet fleet;
  ASSERT_TRUE(fleet.apply(with_package(1, "1"), kNow));
  ASSERT_TRUE(fleet.apply(with_package(2, "1"), kNow));
  EXPECT_EQ(text(fleet.set_collection("a", old_openssl(), kNow)), "+a1 +a2 ");
  EXPECT_EQ(text(fleet.set_collection("b", {{}, {1, 2}, "a"}, kNow)), "+b1 +b2 ");
  EXPECT_EQ(text(fleet.set_collection("c", {{}, {2}, "b"}, kNow)), "+c2 ");
  EXPECT_EQ(text(fleet.apply(with_package(2, "3"), kNow)), "-a2 -b2 -c2 ");
  EXPECT_EQ(text(fleet.apply(with_package(2, "2"), kNow)), "+a2 +b2 +c2 ");
  EXPECT_EQ(text(fleet.set_collection("a", {{}, {1}, {}}, kNow)), "-a2 -b2 -c2 ");
  EXPECT_EQ(text(fleet.set_collection("c", {{}, {2}, {}}, kNow)), "+c2 ") << "limit lifted";
}

TEST(Collections, RefuseACircleOfLimitsAndSayItsPath) {
  Fleet fleet;
  ASSERT_TRUE(fleet.set_collection("a", {}, kNow));
  ASSERT_TRUE(fleet.set_collection("b", {{}, {}, "a"}, kNow));
  ASSERT_TRUE(fleet.set_collection("c", {{}, {}, "b"}, kNow));
  const auto circle = fleet.set_collection("a", {{}, {}, "c"}, kNow);
  ASSERT_FALSE(circle);
  EXPECT_TRUE(circle.error().is(kCollectionCycle));
  EXPECT_EQ(circle.error().detail(), "a is limited by c is limited by b is limited by a");
  EXPECT_TRUE(fleet.set_collection("a", {{}, {}, "a"}, kNow).error().is(kCollectionCycle));
  EXPECT_TRUE(fleet.set_collection("d", {{}, {}, "x"}, kNow).error().is(kUnknownCollection));
  EXPECT_TRUE(fleet.members("d").error().is(kUnknownCollection));
  EXPECT_TRUE(fleet.member_count("d").error().is(kUnknownCollection));
}

TEST(Collections, StayWhileTheyLimitOthers) {
  Fleet fleet;
  ASSERT_TRUE(fleet.apply(with_package(1, "1"), kNow));
  ASSERT_TRUE(fleet.set_collection("a", old_openssl(), kNow));
  ASSERT_TRUE(fleet.set_collection("b", {{}, {}, "a"}, kNow));
  const auto refused = fleet.remove_collection("a");
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kCollectionInUse));
  EXPECT_EQ(refused.error().detail(), "'a' limits b");
  EXPECT_EQ(text(fleet.remove_collection("b")), "");
  EXPECT_EQ(text(fleet.remove_collection("a")), "-a1 ");
  EXPECT_TRUE(fleet.remove_collection("a").error().is(kUnknownCollection));
  EXPECT_EQ(fleet.counts().collections, 0u);
}

TEST(Collections, RefuseRulesThatCountOrAreWrong) {
  Fleet fleet;
  const auto refused =
      fleet.set_collection("a", {{query("Device | summarize count()")}, {}, {}}, kNow);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(model::kQueryType));
  EXPECT_EQ(refused.error().detail().find("a rule of 'a': line 1"), 0u);
  EXPECT_TRUE(fleet.set_collection("a", {{query("Nothing")}, {}, {}}, kNow)
                  .error()
                  .is(model::kQueryUnknownName));
  EXPECT_TRUE(fleet.members("a").error().is(kUnknownCollection)) << "nothing is left behind";
}

TEST(Collections, FollowTheTimeWhenRefreshed) {
  Fleet fleet;
  const DeviceChange booted = {.device = 1,
                               .name = {},
                               .added = {rows_of("OperatingSystem", {{{"BootTime", kNow.ms}}})},
                               .removed = {},
                               .updated = {}};
  ASSERT_TRUE(fleet.apply(booted, kNow));
  ASSERT_TRUE(fleet.set_collection(
      "long-up", {{query("OperatingSystem | where BootTime < ago(30d)")}, {}, {}}, kNow));
  ASSERT_TRUE(fleet.set_collection("pilot", {{}, {1}, "long-up"}, kNow));
  const Timestamp later = kNow + std::chrono::days(31);
  EXPECT_EQ(text(fleet.refresh(kNow)), "");
  EXPECT_EQ(text(fleet.refresh(later)), "+long-up1 +pilot1 ");
  EXPECT_EQ(text(fleet.refresh(later)), "");
}

// Members by definition, from nothing but queries.
std::set<DeviceNumber> expected(const Fleet& fleet,
                                const std::map<CollectionId, CollectionRule>& rules,
                                const CollectionId& id) {
  const auto active = members(fleet, kAllSystems);
  if (id == kAllSystems) return {active.begin(), active.end()};
  const CollectionRule& rule = rules.at(id);
  std::set<DeviceNumber> named(rule.direct.begin(), rule.direct.end());
  for (const auto& each : rule.queries) {
    const auto devices = fleet.devices_matching(each, kNow);
    named.insert(devices->begin(), devices->end());
  }
  std::set<DeviceNumber> out;
  for (const DeviceNumber device :
       expected(fleet, rules, rule.limiting.value_or(CollectionId(kAllSystems))))
    if (named.contains(device)) out.insert(device);
  return out;
}

// Against the rows that the fleet has: some go, some come, free space changes.
DeviceChange random_delta(Random& random, DeviceNumber device,
                          const std::vector<model::ClassRows>& now) {
  DeviceChange out{.device = device,
                   .name = {},
                   .extent = Extent::Delta,
                   .added = {},
                   .removed = {},
                   .updated = {}};
  for (const model::ClassRows& rows : now) {
    if (rows.type->name == "InstalledSoftware" && random.below(2) == 0)
      out.removed.push_back({rows.type, {rows.rows[random.below(rows.rows.size())]}});
    if (rows.type->name == "LogicalDisk" && random.below(2) == 0) {
      model::Row row = rows.rows[random.below(rows.rows.size())];
      row[*rows.type->column("FreeMB")] = static_cast<std::int64_t>(random.below(5));
      out.updated.push_back({rows.type, {row}});
    }
  }
  if (random.below(2) == 0)
    out.added.push_back(rows_of("InstalledSoftware", {samples::random_software(random)}));
  return out;
}

TEST(Collections, AreWhatTheirRulesSayAfterAnyHistory) {
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    Fleet fleet;
    std::map<CollectionId, CollectionRule> rules;
    std::map<CollectionId, std::set<DeviceNumber>> replayed;
    const auto replay = [&](const MembershipChanges& changes) {
      for (const auto& change : changes) {
        auto& now_in = replayed[change.collection];
        if (change.membership == Membership::Joined)
          EXPECT_TRUE(now_in.insert(change.device).second) << "joined twice";
        else
          EXPECT_EQ(now_in.erase(change.device), 1u) << "left without having been in";
      }
    };
    for (int step = 0; step < 150; ++step) {
      const auto device = static_cast<DeviceNumber>(random.below(12));
      const std::uint64_t roll = random.below(11);
      if (roll < 6) {
        const auto changes = fleet.apply({.device = device,
                                          .name = {},
                                          .added = samples::random_inventory(random, device),
                                          .removed = {},
                                          .updated = {}},
                                         kNow);
        ASSERT_TRUE(changes) << changes.error().text();
        replay(*changes);
      } else if (roll == 6) {
        replay(fleet.remove(device));
      } else if (roll == 7) {
        const auto rows = fleet.rows(device);
        if (!rows) continue;
        const auto changes = fleet.apply(random_delta(random, device, *rows), kNow);
        ASSERT_TRUE(changes) << changes.error().text();
        replay(*changes);
      } else {
        const CollectionId id = "c" + std::to_string(random.below(8));
        CollectionRule rule;
        if (random.below(4) != 0) rule.queries.push_back(samples::QueryMaker(random).make(true));
        if (random.below(3) == 0) rule.queries.push_back(samples::QueryMaker(random).make(true));
        if (random.below(3) == 0)
          rule.direct.push_back(static_cast<DeviceNumber>(random.below(12)));
        if (random.below(2) == 0) rule.limiting = "c" + std::to_string(random.below(8));
        const auto changes = fleet.set_collection(id, rule, kNow);
        if (!changes) {
          EXPECT_TRUE(changes.error().is(kCollectionCycle) ||
                      changes.error().is(kUnknownCollection));
          continue;
        }
        rules[id] = rule;
        replay(*changes);
      }
      for (const auto& [id, rule] : rules) {
        const auto wanted = expected(fleet, rules, id);
        const auto found = members(fleet, id);
        ASSERT_EQ(std::set<DeviceNumber>(found.begin(), found.end()), wanted)
            << id << " step " << step;
        ASSERT_EQ(replayed[id], wanted) << id << " by its events, step " << step;
      }
    }
  }
}

}  // namespace
}  // namespace muster::fleet
