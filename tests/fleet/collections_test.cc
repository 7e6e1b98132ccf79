#include <gtest/gtest.h>

#include <cstdlib>
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
  for (const auto& change : changes) {
    std::map<DeviceNumber, char> signs;
    change.joined.for_each([&](DeviceNumber device) { signs[device] = '+'; });
    change.left.for_each([&](DeviceNumber device) { signs[device] = '-'; });
    for (const auto& [device, sign] : signs)
      out += fmt::format("{}{}{} ", sign, change.collection, device);
  }
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
  EXPECT_EQ(circle.error().detail(), "a is limited to c, c is limited to b, b is limited to a");
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
  EXPECT_EQ(refused.error().detail(), "'a' is named by b");
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
  EXPECT_EQ(text(fleet.refresh(kNow)), "-long-up1 -pilot1 ") << "a clock that was set back";
}

TEST(Collections, FollowTheTimeToTheMillisecond) {
  Fleet fleet;
  const auto booted = [](DeviceNumber device, Timestamp time) {
    return DeviceChange{.device = device,
                        .name = {},
                        .added = {rows_of("OperatingSystem", {{{"BootTime", time.ms}}})},
                        .removed = {},
                        .updated = {}};
  };
  const Duration one(1);
  for (const DeviceNumber device : {1u, 2u, 3u})
    ASSERT_TRUE(fleet.apply(booted(device, kNow + device * one), kNow));
  ASSERT_TRUE(fleet.set_collection(
      "up", {{query("OperatingSystem | where BootTime < ago(1d)")}, {}, {}}, kNow));
  ASSERT_TRUE(fleet.set_collection("fresh", {{}, {}, {}, {"all-systems"}, {"up"}}, kNow));
  const Timestamp day = kNow + std::chrono::days(1);
  EXPECT_EQ(text(fleet.refresh(day + one)), "");
  EXPECT_EQ(text(fleet.refresh(day + 2 * one)), "+up1 -fresh1 ");
  // One that is started again meanwhile has another time to wait for.
  EXPECT_EQ(text(fleet.apply(booted(2, kNow + 4 * one), day + 2 * one)), "");
  EXPECT_EQ(text(fleet.apply(booted(1, kNow + 3 * one), day + 3 * one)), "-up1 +fresh1 ");
  EXPECT_EQ(text(fleet.refresh(day + 3 * one)), "");
  ASSERT_EQ(fleet.remove(3).size(), 2u);
  EXPECT_EQ(text(fleet.refresh(day + 4 * one)), "+up1 -fresh1 ");
  EXPECT_EQ(text(fleet.refresh(day + 5 * one)), "+up2 -fresh2 ");
}

// Many devices share the day on which their firmware was released.
TEST(Collections, FollowTheTimesOfSharedColumns) {
  Fleet fleet;
  const auto released = [](DeviceNumber device, Timestamp time) {
    return DeviceChange{.device = device,
                        .name = {},
                        .added = {rows_of("Bios", {{{"ReleaseDate", time.ms}}})},
                        .removed = {},
                        .updated = {}};
  };
  const Duration day = std::chrono::days(1);
  ASSERT_TRUE(fleet.apply(released(1, kNow), kNow));
  ASSERT_TRUE(fleet.apply(released(2, kNow), kNow));
  ASSERT_TRUE(fleet.set_collection(
      "old", {{query("Bios | where ReleaseDate < startofday(ago(30d))")}, {}, {}}, kNow));
  ASSERT_TRUE(fleet.apply(released(3, kNow + day), kNow));
  EXPECT_EQ(text(fleet.refresh(kNow + 30 * day)), "");
  EXPECT_EQ(text(fleet.refresh(kNow + 31 * day)), "+old1 +old2 ");
  EXPECT_EQ(text(fleet.refresh(kNow + 32 * day)), "+old3 ");
}

// Members by definition, from nothing but queries.
std::set<DeviceNumber> expected(const Fleet& fleet,
                                const std::map<CollectionId, CollectionRule>& rules,
                                const CollectionId& id, Timestamp now) {
  const auto active = members(fleet, kAllSystems);
  if (id == kAllSystems) return {active.begin(), active.end()};
  const CollectionRule& rule = rules.at(id);
  std::set<DeviceNumber> named(rule.direct.begin(), rule.direct.end());
  for (const auto& each : rule.included) named.merge(expected(fleet, rules, each, now));
  for (const auto& each : rule.queries) {
    const auto devices = fleet.devices_matching(each, now)->numbers();
    named.insert(devices.begin(), devices.end());
  }
  for (const auto& each : rule.excluded)
    for (const DeviceNumber device : expected(fleet, rules, each, now)) named.erase(device);
  std::set<DeviceNumber> out;
  for (const DeviceNumber device :
       expected(fleet, rules, rule.limiting.value_or(CollectionId(kAllSystems)), now))
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

// Whether links lead from `from` to `to`, by nothing but looking.
bool leads_to(const std::map<CollectionId, CollectionRule>& rules, const CollectionId& from,
              const CollectionId& to) {
  if (from == to) return true;
  const auto found = rules.find(from);
  if (found == rules.end()) return false;
  const CollectionRule& rule = found->second;
  std::vector<CollectionId> next = rule.included;
  next.insert(next.end(), rule.excluded.begin(), rule.excluded.end());
  if (rule.limiting) next.push_back(*rule.limiting);
  return std::ranges::any_of(next, [&](const auto& each) { return leads_to(rules, each, to); });
}

// One random change after another; after each the members, and what the events told of them, are
// those that the rules say.
class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed) {}

  void step() {
    const auto device = static_cast<DeviceNumber>(random_.below(12));
    const std::uint64_t roll = random_.below(16);
    if (roll < 6) {
      replay(fleet_.apply({.device = device,
                           .name = {},
                           .added = samples::random_inventory(random_, device),
                           .removed = {},
                           .updated = {}},
                          now_));
    } else if (roll == 6) {
      replay(fleet_.remove(device));
    } else if (roll == 7) {
      if (const auto rows = fleet_.rows(device))
        replay(fleet_.apply(random_delta(random_, device, rows->classes), now_));
    } else if (roll == 8) {
      remove_collection();
    } else if (roll > 12) {
      pass_time();
    } else {
      set_collection();
    }
  }

  void check() const {
    for (const auto& [id, rule] : rules_) {
      const auto wanted = expected(fleet_, rules_, id, now_);
      const auto found = members(fleet_, id);
      ASSERT_EQ(std::set<DeviceNumber>(found.begin(), found.end()), wanted) << id;
      const auto told = replayed_.find(id);
      ASSERT_EQ(told == replayed_.end() ? std::set<DeviceNumber>() : told->second, wanted)
          << id << " by its events";
      nested_ += rule.included.empty() || wanted.empty() ? 0 : 1;
    }
  }

  std::size_t cycles() const { return cycles_; }
  std::size_t nested() const { return nested_; }
  std::size_t moved_by_time() const { return moved_by_time_; }

 private:
  CollectionId some_id() { return "c" + std::to_string(random_.below(8)); }
  CollectionId some_other() {
    return random_.below(8) == 0 ? CollectionId(kAllSystems) : some_id();
  }

  void replay(const Result<MembershipChanges>& changes) {
    ASSERT_TRUE(changes) << changes.error().text();
    for (const auto& change : *changes) {
      auto& now_in = replayed_[change.collection];
      change.left.for_each([&](DeviceNumber device) {
        EXPECT_EQ(now_in.erase(device), 1u) << "left without having been in";
      });
      change.joined.for_each([&](DeviceNumber device) {
        EXPECT_TRUE(now_in.insert(device).second) << "joined twice";
      });
    }
  }

  // By minutes or by days, to the end of one and a little further; now and then backwards.
  void pass_time() {
    constexpr std::int64_t kMinute = 60'000;
    constexpr std::int64_t kDay = 1440 * kMinute;
    const std::int64_t steps[] = {kMinute, kDay / 2, kDay - 1, kDay, kDay + 1, 2 * kDay};
    if (random_.below(6) == 0 || now_ > kNow + std::chrono::days(12))
      now_ = kNow + Duration(static_cast<std::int64_t>(random_.below(5)) * kDay / 2);
    else
      now_ = now_ + Duration(samples::pick(random_, steps));
    const auto changes = fleet_.refresh(now_);
    moved_by_time_ += changes.size();
    replay(changes);
  }

  void remove_collection() {
    const CollectionId id = some_id();
    const auto changes = fleet_.remove_collection(id);
    const bool is_known = rules_.contains(id);
    const bool is_used = std::ranges::any_of(rules_, [&](const auto& each) {
      return each.first != id && leads_to(rules_, each.first, id);
    });
    ASSERT_EQ(changes.has_value(), is_known && !is_used);
    if (!changes) return;
    replay(changes);
    rules_.erase(id);
  }

  // Those on time in every form that they have for the collections.
  model::Query some_query() {
    static constexpr std::string_view kOnTime[] = {
        "OperatingSystem | where BootTime < ago(1d)",
        "OperatingSystem | where BootTime >= ago(4d) and BootTime != ago(2d)",
        "OperatingSystem | where BootTime between (ago(3d) .. startofday(ago(1d)))",
        "Device | join kind=leftanti (OperatingSystem | where BootTime > ago(2d)) on Device",
        "LogicalDisk | where FreeMB < 3"
        " | join kind=inner (OperatingSystem | where BootTime <= startofday(ago(1d))) on Device",
        "OperatingSystem | join kind=inner (LogicalDisk) on Device"
        " | where BootTime < ago(2d) or FreeMB < 2"};
    if (random_.below(2) == 0) return samples::QueryMaker(random_).make(true);
    return query(samples::pick(random_, kOnTime));
  }

  void set_collection() {
    const CollectionId id = some_id();
    CollectionRule rule;
    if (random_.below(4) != 0) rule.queries.push_back(some_query());
    if (random_.below(4) == 0) rule.queries.push_back(some_query());
    if (random_.below(3) == 0) rule.direct.push_back(static_cast<DeviceNumber>(random_.below(12)));
    if (random_.below(3) == 0) rule.limiting = some_id();
    for (std::uint64_t i = random_.below(3); i > 0; --i) rule.included.push_back(some_other());
    for (std::uint64_t i = random_.below(3); i > 0; --i) rule.excluded.push_back(some_other());
    const auto changes = fleet_.set_collection(id, rule, now_);
    std::vector<CollectionId> named = rule.included;
    named.insert(named.end(), rule.excluded.begin(), rule.excluded.end());
    if (rule.limiting) named.push_back(*rule.limiting);
    const bool circle =
        std::ranges::any_of(named, [&](const auto& each) { return leads_to(rules_, each, id); });
    const bool unknown = std::ranges::any_of(named, [&](const auto& each) {
      return each != kAllSystems && each != id && !rules_.contains(each);
    });
    ASSERT_EQ(changes.has_value(), !circle && !unknown);
    if (!changes) {
      cycles_ += changes.error().is(kCollectionCycle) ? 1 : 0;
      ASSERT_TRUE((circle && changes.error().is(kCollectionCycle)) ||
                  (unknown && changes.error().is(kUnknownCollection)));
      return;
    }
    rules_[id] = rule;
    replay(changes);
  }

  SeededRandom random_;
  Fleet fleet_;
  Timestamp now_ = kNow;
  std::size_t moved_by_time_ = 0;
  std::map<CollectionId, CollectionRule> rules_;
  std::map<CollectionId, std::set<DeviceNumber>> replayed_;
  std::size_t cycles_ = 0;
  mutable std::size_t nested_ = 0;
};

TEST(Collections, AreWhatTheirRulesSayAfterAnyHistory) {
  const std::uint64_t seeds = std::getenv("MUSTER_LONG") != nullptr ? 300 : 15;
  std::size_t cycles = 0;
  std::size_t nested = 0;
  std::size_t moved_by_time = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    History history(seed);
    for (int step = 0; step < 150; ++step) {
      SCOPED_TRACE(fmt::format("seed {}, step {}", seed, step));
      history.step();
      history.check();
      if (HasFatalFailure()) return;
    }
    cycles += history.cycles();
    nested += history.nested();
    moved_by_time += history.moved_by_time();
  }
  EXPECT_GT(cycles, 10u) << "circles should be tried";
  EXPECT_GT(nested, 100u) << "included members should be there";
  EXPECT_GT(moved_by_time, 50u) << "time should bring members and take them away";
}

TEST(Collections, LeaveOutWhatAnyExcludeNamesWhateverElseNamesIt) {
  Fleet fleet;
  for (const DeviceNumber device : {1u, 2u, 3u, 4u})
    ASSERT_TRUE(fleet.apply(with_package(device, device < 3 ? "1" : "3"), kNow));
  ASSERT_TRUE(fleet.set_collection("old", old_openssl(), kNow));
  ASSERT_TRUE(fleet.set_collection("pilot", {{}, {2, 3}, {}}, kNow));
  EXPECT_EQ(
      text(fleet.set_collection("all-but-old", {{}, {1}, {}, {"all-systems"}, {"old"}}, kNow)),
      "+all-but-old3 +all-but-old4 ")
      << "exclude beats include and direct";
  EXPECT_EQ(text(fleet.set_collection("wave", {{}, {1}, "old", {"pilot"}, {}}, kNow)),
            "+wave1 +wave2 ")
      << "the limit comes last";
  // A change of an included, an excluded and a limiting collection reaches those that name it.
  EXPECT_EQ(text(fleet.apply(with_package(2, "3"), kNow)), "-old2 -wave2 +all-but-old2 ");
  EXPECT_EQ(text(fleet.apply(with_package(3, "1"), kNow)), "+old3 +wave3 -all-but-old3 ");
  EXPECT_EQ(text(fleet.set_collection("pilot", {{}, {}, {}}, kNow)), "-pilot2 -pilot3 -wave3 ");
  EXPECT_EQ(fleet.standing_of("all-but-old", 3), (Standing{Standing::Kind::Excluded, "old"}));
  EXPECT_EQ(fleet.standing_of("all-but-old", 2), (Standing{Standing::Kind::Member, ""}));
  EXPECT_EQ(fleet.standing_of("old", 2), (Standing{Standing::Kind::NotNamed, ""}));
  ASSERT_TRUE(fleet.set_collection("late", {{}, {2}, "old"}, kNow));
  EXPECT_EQ(fleet.standing_of("late", 2), (Standing{Standing::Kind::OutsideLimit, "old"}));
  EXPECT_EQ(fleet.standing_of("none", 2), std::nullopt);
  ASSERT_TRUE(fleet.remove_collection("late"));
  const auto used = fleet.remove_collection("old");
  ASSERT_FALSE(used);
  EXPECT_EQ(used.error().detail(), "'old' is named by all-but-old, wave");
  const auto circle = fleet.set_collection("old", {{}, {}, {}, {}, {"wave"}}, kNow);
  ASSERT_FALSE(circle);
  EXPECT_EQ(circle.error().detail(), "old excludes wave, wave is limited to old");
}

TEST(Collections, FindADeviceByWhatItHasNot) {
  Fleet fleet;
  const CollectionRule without = {
      {query(
          "Device | join kind=leftanti (InstalledSoftware | where Name == 'openssl') on Device")},
      {},
      {}};
  ASSERT_TRUE(fleet.set_collection("without", without, kNow));
  const auto machine = [](DeviceNumber device, bool has_it) {
    DeviceChange change = with_package(device, "1");
    if (!has_it) change.added.clear();
    change.added.push_back(rows_of("Device", {{{"Name", "pc" + std::to_string(device)}}}));
    return change;
  };
  EXPECT_EQ(text(fleet.apply(machine(1, false), kNow)), "+all-systems1 +without1 ");
  EXPECT_EQ(text(fleet.apply(machine(2, true), kNow)), "+all-systems2 ");
  // The class of the rule's first word has not changed: the one in its parentheses has.
  DeviceChange installed{.device = 1,
                         .name = {},
                         .extent = Extent::Delta,
                         .added = with_package(1, "1").added,
                         .removed = {},
                         .updated = {}};
  EXPECT_EQ(text(fleet.apply(installed, kNow)), "-without1 ");
  std::swap(installed.added, installed.removed);
  EXPECT_EQ(text(fleet.apply(installed, kNow)), "+without1 ");
  EXPECT_EQ(
      text(fleet.apply({.device = 3, .name = {}, .added = {}, .removed = {}, .updated = {}}, kNow)),
      "+all-systems3 ")
      << "a device without inventory has no row to begin with";
}

// That there is a row at all is a condition of its own.
TEST(Collections, FollowTheFirstAndTheLastRowOfAClass) {
  Fleet fleet;
  ASSERT_TRUE(fleet.set_collection("reported", {{query("InstalledSoftware")}, {}, {}}, kNow));
  const auto delta = [](std::vector<model::ClassRows> added,
                        std::vector<model::ClassRows> removed) {
    return DeviceChange{.device = 1,
                        .name = {},
                        .extent = Extent::Delta,
                        .added = std::move(added),
                        .removed = std::move(removed),
                        .updated = {}};
  };
  const auto one = with_package(1, "1").added, two = with_package(1, "2").added;
  EXPECT_EQ(
      text(fleet.apply({.device = 1, .name = {}, .added = {}, .removed = {}, .updated = {}}, kNow)),
      "+all-systems1 ");
  EXPECT_EQ(text(fleet.apply(delta(one, {}), kNow)), "+reported1 ");
  EXPECT_EQ(text(fleet.apply(delta(two, one), kNow)), "");
  EXPECT_EQ(text(fleet.apply(delta(one, {}), kNow)), "");
  EXPECT_EQ(text(fleet.apply(delta({}, two), kNow)), "");
  EXPECT_EQ(text(fleet.apply(delta({}, one), kNow)), "-reported1 ");
  EXPECT_EQ(text(fleet.apply(with_package(1, "3"), kNow)), "+reported1 ");
  ASSERT_TRUE(fleet.set_collection("later", {{query("InstalledSoftware")}, {}, {}}, kNow));
  EXPECT_EQ(members(fleet, "later"), members(fleet, "reported"));
  ASSERT_TRUE(fleet.remove_collection("reported"));
  ASSERT_TRUE(fleet.remove_collection("later"));
  EXPECT_EQ(text(Result<MembershipChanges>(fleet.remove(1))), "-all-systems1 ");
}

// One hostile device must neither hold up the evaluation of a rule nor slip in.
TEST(Collections, LeaveOutADeviceForWhichAJoinIsTooLarge) {
  Fleet fleet;
  std::vector<samples::Values> many;
  for (int i = 0; i < 1500; ++i) many.push_back({{"Name", "p" + std::to_string(i)}});
  DeviceChange hostile{.device = 1,
                       .name = {},
                       .added = {rows_of("InstalledSoftware", many)},
                       .removed = {},
                       .updated = {}};
  const CollectionRule rule = {
      {query("InstalledSoftware | join kind=inner (InstalledSoftware) on Device "
             "| where Name == 'x' or Name1 == 'y'")},
      {},
      {}};
  ASSERT_TRUE(fleet.set_collection("pairs", rule, kNow));
  EXPECT_EQ(text(fleet.apply(hostile, kNow)), "+all-systems1 ");
  EXPECT_EQ(
      text(fleet.apply({.device = 2,
                        .name = {},
                        .added = {rows_of("InstalledSoftware", {{{"Name", std::string("x")}}})},
                        .removed = {},
                        .updated = {}},
                       kNow)),
      "+all-systems2 +pairs2 ");
}

}  // namespace
}  // namespace muster::fleet
