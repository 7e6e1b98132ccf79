// Collections as objects of the database, through to the index, the stored members and the devices
// whose policy must be looked at.
#include "roles/site_server/collection_evaluator/collection_evaluator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "contract/objects/object.h"
#include "model/collection_links.h"
#include "store/errors.h"
#include "store/site/collections.h"
#include "store/site/inventory.h"
#include "tests/site_server/bare_site.h"

namespace muster::site_server {
namespace {

using Devices = std::set<store::DeviceNumber>;
using Collections = std::map<std::string, model::Collection>;

constexpr std::size_t kDevices = 6;

// The index over a site database without the rest of a site.
class Collecting : public store::SiteDatabaseTest {
 protected:
  void open() {
    site_ = bare_site(std::move(database_), clock_, random_);
    store::must(site_->database->write([&](store::Transaction& transaction) {
      return store::register_inventory_classes(transaction, model::Schema(), random_);
    }));
    for (std::size_t i = 0; i < kDevices; ++i) {
      const auto id = model::DeviceId::make(random_);
      const auto device = store::must(site_->database->write([&](store::Transaction& transaction) {
        return store::create_device(
            transaction,
            {id, store::site_code(), fmt::format("pc{}", i), store::DeviceState::Active, "alice"},
            store::kNow);
      }));
      ids_.push_back(id.text());
      numbers_.push_back(device.number);
    }
    evaluator_.emplace(*site_, StoredMembers::Kept);
    store::must(evaluator_->load());
  }
  void follow(const std::vector<store::Change>& changes, MoreChanges more, Devices& dirty) {
    evaluator_->collections_changed(changes, more, dirty);
    store::must(evaluator_->store_memberships());
  }

  Bytes spec_of(const model::Collection& collection) {
    return contract::encode_spec({.value = collection});
  }
  void put(const model::Collection& collection) {
    store::must(site_->database->write([&](store::Transaction& t) -> Result<void> {
      const auto object = TRY(store::find_object(t, "Collection", collection.name));
      if (object)
        TRY(store::update_object(t, object->id, spec_of(collection), {}, store::kNow));
      else
        TRY(store::create_object(t,
                                 {.kind = "Collection",
                                  .name = collection.name,
                                  .site = store::site_code(),
                                  .spec = spec_of(collection)},
                                 store::kNow));
      return {};
    }));
    wanted_[collection.name] = collection;
  }
  void drop(const std::string& name) {
    store::must(site_->database->write([&](store::Transaction& t) -> Result<void> {
      const auto object = TRY(store::find_object(t, "Collection", name));
      TRY(store::delete_object(t, object->id, {}, store::kNow));
      return {};
    }));
    wanted_.erase(name);
  }

  std::vector<store::Change> new_changes() {
    auto changes = store::must(site_->database->read(
        [&](store::Reader& reader) { return store::changes_after(reader, serial_, 1000); }));
    if (!changes.empty()) serial_ = changes.back().serial;
    return changes;
  }

  // Members by definition.
  Devices expected(const std::string& name) const {
    if (name == model::kAllSystems) return {numbers_.begin(), numbers_.end()};
    const model::Collection& collection = wanted_.at(name);
    Devices named, excluded;
    for (const model::Rule& rule : collection.rules) {
      if (const auto* device = std::get_if<model::DeviceRule>(&rule))
        named.insert(numbers_.at(
            static_cast<std::size_t>(std::ranges::find(ids_, device->device) - ids_.begin())));
      if (const auto* include = std::get_if<model::IncludeRule>(&rule))
        named.merge(expected(include->collection));
      if (const auto* exclude = std::get_if<model::ExcludeRule>(&rule))
        excluded.merge(expected(exclude->collection));
    }
    const Devices limit = expected(collection.limited_to);
    std::erase_if(
        named, [&](auto device) { return excluded.contains(device) || !limit.contains(device); });
    return named;
  }

  struct Known {
    Devices in_index, stored;
  };
  Known members(const std::string& name) {
    const auto object = store::must(site_->database->read(
        [&](store::Reader& reader) { return store::find_object(reader, "Collection", name); }));
    Known out;
    if (const auto found = site_->fleet.members(object->id.text()))
      out.in_index.insert(found->begin(), found->end());
    for (const auto& member : store::must(site_->database->read([&](store::Reader& reader) {
           return store::members_of(reader, object->id, 0, 1000);
         })))
      out.stored.insert(member.device);
    return out;
  }
  void expect_members(const std::string& name) {
    const Known known = members(name);
    ASSERT_EQ(known.in_index, expected(name)) << name;
    ASSERT_EQ(known.stored, expected(name)) << name;
  }

  store::Device device_of(store::DeviceNumber number) {
    return store::must(site_->database->read(
                           [&](store::Reader& r) { return store::find_device(r, number); }))
        .value();
  }
  // A row of Device into the database, without a word to the index.
  void report(store::DeviceNumber device, const std::string& kind) {
    const auto* type = model::find_inventory_class("Device");
    model::Row row(type->columns.size());
    row[*type->column("Kind")] = kind;
    store::must(site_->database->write([&](store::Transaction& t) {
      store::KnownRows known;
      return store::apply_full(t, known, model::Schema(), device,
                               std::vector{model::ClassRows{type, {row}}}, store::kNow);
    }));
    evaluator_->device_left(device);
    Devices dirty;
    store::must(evaluator_->device_active(device_of(device), dirty));
  }

  model::Rule device(std::size_t i) const { return model::DeviceRule{ids_[i]}; }

  ManualClock clock_{store::kNow};
  std::unique_ptr<hosting::Site> site_;
  std::optional<CollectionEvaluator> evaluator_;
  std::vector<std::string> ids_;
  std::vector<store::DeviceNumber> numbers_;
  std::int64_t serial_ = 0;
  Collections wanted_;
};

TEST_F(Collecting, TellsWhosePolicyFollowsAChangeElsewhere) {
  open();
  put({.name = "base", .rules = {device(0), device(1), device(2)}});
  put({.name = "pilot", .rules = {device(1)}});
  put({.name = "wave", .rules = {model::IncludeRule{"base"}, model::ExcludeRule{"pilot"}}});
  put({.name = "late", .limited_to = "wave", .rules = {device(0), device(1)}});
  auto waiting = new_changes();
  Devices dirty;
  follow(waiting, MoreChanges::No, dirty);
  EXPECT_EQ(dirty, (Devices{numbers_[0], numbers_[1], numbers_[2]}));
  for (const auto& [name, collection] : wanted_) expect_members(name);
  // Only `pilot` is changed; `wave` and `late` name it, directly or not.
  put({.name = "pilot", .rules = {device(0)}});
  waiting = new_changes();
  dirty.clear();
  follow(waiting, MoreChanges::No, dirty);
  EXPECT_EQ(dirty, (Devices{numbers_[0], numbers_[1]}));
  for (const auto& [name, collection] : wanted_) expect_members(name);
  EXPECT_EQ(members("late").stored, (Devices{numbers_[1]}));
}

// The log is read behind the objects: what it tells first may already name what it tells last.
TEST_F(Collecting, FollowsChangesWhoseOrderTheObjectsHaveLeftBehind) {
  open();
  put({.name = "a", .rules = {device(0)}});
  put({.name = "b", .rules = {model::IncludeRule{"a"}}});
  auto waiting = new_changes();
  Devices dirty;
  follow(waiting, MoreChanges::No, dirty);
  // a and b change places, with c in between; seen from the old index every order has a circle.
  put({.name = "b", .rules = {device(1)}});
  put({.name = "a", .rules = {device(0), model::IncludeRule{"b"}}});
  put({.name = "c", .rules = {device(2)}});
  put({.name = "b", .rules = {device(1), model::ExcludeRule{"c"}}});
  waiting = new_changes();
  follow(waiting, MoreChanges::No, dirty);
  EXPECT_EQ(evaluator_->waiting(), 0u);
  for (const auto& [name, collection] : wanted_) expect_members(name);
}

TEST_F(Collecting, WaitsForWhatTheNextPartOfTheLogBrings) {
  open();
  put({.name = "a", .rules = {device(0)}});
  put({.name = "b", .rules = {device(1)}});
  put({.name = "a", .rules = {device(0), model::IncludeRule{"b"}}});
  const auto changes = new_changes();
  ASSERT_EQ(changes.size(), 3u);
  Devices dirty;
  follow({changes[0]}, MoreChanges::Yes, dirty);
  EXPECT_EQ(evaluator_->waiting(), 1u);
  EXPECT_TRUE(dirty.empty());
  follow({changes.begin() + 1, changes.end()}, MoreChanges::No, dirty);
  EXPECT_EQ(dirty, (Devices{numbers_[0], numbers_[1]}));
  for (const auto& [name, collection] : wanted_) expect_members(name);
}

TEST_F(Collecting, IsWhereTheRulesSayAfterAnyChangesInAnyParts) {
  open();
  const std::uint64_t rounds = std::getenv("MUSTER_LONG") != nullptr ? 5000 : 400;
  constexpr std::uint64_t kSeed = 41;
  SeededRandom random(kSeed);
  const auto links = [&](const std::string& name) -> Result<std::vector<model::CollectionLink>> {
    return wanted_.contains(name) ? model::links_of(wanted_.at(name))
                                  : std::vector<model::CollectionLink>();
  };
  // Each round is about few collections, so that one is changed again after others came and went.
  std::uint64_t hot = 0;
  const auto change_one = [&] {
    model::Collection next{.name = fmt::format("c{}", (hot + random.below(4)) % 16)};
    const auto is_used = [&](const auto& each) {
      return std::ranges::any_of(model::links_of(each.second),
                                 [&](const auto& link) { return link.collection == next.name; });
    };
    if (random.below(2) == 0 && wanted_.contains(next.name)) {
      if (std::ranges::none_of(wanted_, is_used)) drop(next.name);
      return;
    }
    const auto other = [&]() -> std::string {
      auto at = wanted_.begin();
      const auto near = fmt::format("c{}", (hot + random.below(4)) % 16);
      if (random.below(2) == 0 && wanted_.contains(near)) return near;
      if (wanted_.empty() || random.below(8) == 0) return std::string(model::kAllSystems);
      std::advance(at, random.below(wanted_.size()));
      return at->first;
    };
    for (std::uint64_t i = random.below(4); i > 0; --i)
      next.rules.push_back(device(random.below(kDevices)));
    for (std::uint64_t i = random.below(2); i > 0; --i)
      next.rules.push_back(model::IncludeRule{other()});
    if (random.below(6) == 0) next.rules.push_back(model::ExcludeRule{other()});
    if (random.below(6) == 0) next.limited_to = other();
    const auto before = wanted_.find(next.name);
    std::optional<model::Collection> kept;
    if (before != wanted_.end()) kept = before->second;
    wanted_[next.name] = next;
    const bool circle = !store::must(model::find_cycle(next.name, links)).empty();
    if (kept)
      wanted_[next.name] = *kept;
    else
      wanted_.erase(next.name);
    if (!circle) put(next);
  };
  std::size_t in_parts = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    SCOPED_TRACE(fmt::format("seed {}, round {}", kSeed, round));
    hot = random.below(16);
    std::map<std::string, Devices> before;
    for (const auto& [name, collection] : wanted_) before[name] = members(name).stored;
    for (std::uint64_t i = 1 + random.below(32); i > 0; --i) change_one();
    const auto changes = new_changes();
    const auto middle =
        changes.begin() + static_cast<std::ptrdiff_t>(random.below(changes.size() + 1));
    Devices dirty;
    follow({changes.begin(), middle}, MoreChanges::Yes, dirty);
    in_parts += evaluator_->waiting() == 0 ? 0 : 1;
    follow({middle, changes.end()}, MoreChanges::No, dirty);
    ASSERT_EQ(evaluator_->waiting(), 0u);
    for (const auto& [name, collection] : wanted_) {
      expect_members(name);
      if (HasFatalFailure()) return;
      Devices moved;
      std::ranges::set_symmetric_difference(before[name], expected(name),
                                            std::inserter(moved, moved.end()));
      ASSERT_TRUE(std::ranges::includes(dirty, moved)) << name;
    }
  }
  EXPECT_GT(in_parts, 3u) << "some changes should have had to wait";
  store::must(evaluator_->load());
  for (const auto& [name, collection] : wanted_) expect_members(name);
}

// Blocked and approved again, or quarantined: its inventory lay in the database meanwhile.
TEST_F(Collecting, ADeviceThatIsActiveAgainHasItsRows) {
  open();
  report(numbers_[0], "server");
  put({.name = "servers", .rules = {model::QueryRule{"Device | where Kind == 'server'"}}});
  Devices dirty;
  follow(new_changes(), MoreChanges::No, dirty);
  EXPECT_EQ(members("servers").stored, (Devices{numbers_[0]}));
  evaluator_->device_left(numbers_[0]);
  store::must(evaluator_->store_memberships());
  EXPECT_TRUE(members("servers").stored.empty());
  dirty.clear();
  store::must(evaluator_->device_active(device_of(numbers_[0]), dirty));
  store::must(evaluator_->store_memberships());
  EXPECT_EQ(members("servers").stored, (Devices{numbers_[0]}));
  EXPECT_TRUE(dirty.contains(numbers_[0]));
}

TEST_F(Collecting, ADeviceThatIsEnrolledAnewIsWhereItsIdIsNamed) {
  open();
  put({.name = "named", .rules = {device(0)}});
  Devices dirty;
  follow(new_changes(), MoreChanges::No, dirty);
  evaluator_->device_left(numbers_[0]);
  const auto id = store::must(model::DeviceId::parse(ids_[0]));
  store::must(site_->database->write(
      [&](store::Transaction& t) { return store::delete_device(t, numbers_[0]); }));
  const auto anew = store::must(site_->database->write([&](store::Transaction& t) {
    return store::create_device(
        t, {id, store::site_code(), "pc0", store::DeviceState::Active, "alice"}, store::kNow);
  }));
  ASSERT_NE(anew.number, numbers_[0]);
  numbers_[0] = anew.number;
  store::must(evaluator_->device_active(anew, dirty));
  follow({}, MoreChanges::No, dirty);
  expect_members("named");
}

TEST_F(Collecting, ARenamedDeviceIsFoundByItsNewName) {
  open();
  put({.name = "mine", .rules = {model::QueryRule{"Device | where Device == 'laptop'"}}});
  Devices dirty;
  follow(new_changes(), MoreChanges::No, dirty);
  report(numbers_[1], "desktop");
  store::must(evaluator_->device_active(device_of(numbers_[1]), dirty));
  EXPECT_TRUE(members("mine").in_index.empty());
  store::must(site_->database->write(
      [&](store::Transaction& t) { return store::rename_device(t, numbers_[1], "laptop"); }));
  store::must(evaluator_->device_active(device_of(numbers_[1]), dirty));
  EXPECT_EQ(members("mine").in_index, (Devices{numbers_[1]}));
}

// The index has changed already when the database refuses: nothing of it is forgotten.
TEST_F(Collecting, WhatCouldNotBeStoredIsStoredLater) {
  open();
  put({.name = "some", .rules = {device(0), device(1)}});
  const auto changes = new_changes();
  Devices dirty;
  evaluator_->collections_changed(changes, MoreChanges::No, dirty);
  EXPECT_EQ(dirty, (Devices{numbers_[0], numbers_[1]}));
  // No transaction of another connection gets through meanwhile.
  site_->database = store::must(place_.open(std::chrono::milliseconds(50)));
  auto other = store::must(place_.open());
  store::must(other->write([&](store::Transaction&) -> Result<void> {
    EXPECT_TRUE(store::fails_with(evaluator_->store_memberships(), store::kDatabaseBusy));
    return {};
  }));
  EXPECT_TRUE(members("some").stored.empty());
  store::must(evaluator_->store_memberships());
  expect_members("some");
}

TEST_F(Collecting, AMemberThatIsDeletedMeanwhileHoldsUpNobody) {
  open();
  put({.name = "some", .rules = {device(0), device(1)}});
  Devices dirty;
  evaluator_->collections_changed(new_changes(), MoreChanges::No, dirty);
  store::must(site_->database->write(
      [&](store::Transaction& t) { return store::delete_device(t, numbers_[0]); }));
  store::must(evaluator_->store_memberships());
  EXPECT_EQ(members("some").stored, (Devices{numbers_[1]}));
}

// Without views for reports nobody asks the database who is in a collection.
TEST_F(Collecting, MembersAreStoredOnlyWhereReportsAreKept) {
  open();
  put({.name = "all", .rules = {model::QueryRule{"Device"}}});
  Devices dirty;
  report(numbers_[0], "Server");
  follow(new_changes(), MoreChanges::No, dirty);
  const auto rows = [&] {
    return *store::must(site_->database->read([](store::Reader& reader) {
      return reader.first("SELECT COUNT(*) FROM collection_member", {},
                          [](store::Rows& found) { return found.integer(0); });
    }));
  };
  evaluator_.emplace(*site_, StoredMembers::Kept);
  store::must(evaluator_->load());
  EXPECT_GT(rows(), 0);
  evaluator_.emplace(*site_, StoredMembers::None);
  store::must(evaluator_->load());
  EXPECT_EQ(rows(), 0);
  put({.name = "again", .rules = {model::QueryRule{"Device"}}});
  dirty.clear();
  follow(new_changes(), MoreChanges::No, dirty);
  EXPECT_FALSE(dirty.empty());
  EXPECT_FALSE(members("again").in_index.empty());
  EXPECT_EQ(rows(), 0);
}

}  // namespace
}  // namespace muster::site_server
