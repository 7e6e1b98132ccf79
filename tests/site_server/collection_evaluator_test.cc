// Collections as objects of the database, through to the index, the stored members and the devices
// whose policy must be looked at.
#include "roles/site_server/collection_evaluator/collection_evaluator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "contract/objects/object.h"
#include "model/collection_links.h"
#include "store/site/collections.h"
#include "tests/store/store_test.h"

namespace muster::site_server {
namespace {

using Devices = std::set<store::DeviceNumber>;
using Collections = std::map<std::string, model::Collection>;

constexpr std::size_t kDevices = 6;

// Nothing here looks at it.
trust::Certificate some_certificate() {
  return {.der = {},
          .sha256 = {},
          .common_name = {},
          .uris = {},
          .dns_names = {},
          .ip_addresses = {},
          .not_before = {},
          .not_after = {},
          .serial = {},
          .key = trust::EcdsaKey::generate().public_key(),
          .handle = {}};
}

// The index over a site database without the rest of a site.
class CollectionEvaluator : public store::SiteDatabaseTest {
 protected:
  void open() {
    site_.reset(new hosting::Site{.config = {.site = store::site_code()},
                                  .settings = Settings({}),
                                  .clock = clock_,
                                  .random = random_,
                                  .database = std::move(database_),
                                  .inbox = {},
                                  .content = {},
                                  .signer = hosting::SignerClient("", clock_),
                                  .ca = some_certificate(),
                                  .policy_public_key = {}});
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
    store::must(load_fleet(*site_));
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

  model::Rule device(std::size_t i) const { return model::DeviceRule{ids_[i]}; }

  ManualClock clock_{store::kNow};
  std::unique_ptr<hosting::Site> site_;
  std::vector<std::string> ids_;
  std::vector<store::DeviceNumber> numbers_;
  std::int64_t serial_ = 0;
  Collections wanted_;
};

TEST_F(CollectionEvaluator, TellsWhosePolicyFollowsAChangeElsewhere) {
  open();
  put({.name = "base", .rules = {device(0), device(1), device(2)}});
  put({.name = "pilot", .rules = {device(1)}});
  put({.name = "wave", .rules = {model::IncludeRule{"base"}, model::ExcludeRule{"pilot"}}});
  put({.name = "late", .limited_to = "wave", .rules = {device(0), device(1)}});
  auto waiting = new_changes();
  Devices dirty;
  store::must(follow_collections(*site_, waiting, MoreChanges::No, dirty));
  EXPECT_EQ(dirty, (Devices{numbers_[0], numbers_[1], numbers_[2]}));
  for (const auto& [name, collection] : wanted_) expect_members(name);
  // Only `pilot` is changed; `wave` and `late` name it, directly or not.
  put({.name = "pilot", .rules = {device(0)}});
  waiting = new_changes();
  dirty.clear();
  store::must(follow_collections(*site_, waiting, MoreChanges::No, dirty));
  EXPECT_EQ(dirty, (Devices{numbers_[0], numbers_[1]}));
  for (const auto& [name, collection] : wanted_) expect_members(name);
  EXPECT_EQ(members("late").stored, (Devices{numbers_[1]}));
}

// The log is read behind the objects: what it tells first may already name what it tells last.
TEST_F(CollectionEvaluator, FollowsChangesWhoseOrderTheObjectsHaveLeftBehind) {
  open();
  put({.name = "a", .rules = {device(0)}});
  put({.name = "b", .rules = {model::IncludeRule{"a"}}});
  auto waiting = new_changes();
  Devices dirty;
  store::must(follow_collections(*site_, waiting, MoreChanges::No, dirty));
  // a and b change places, with c in between; seen from the old index every order has a circle.
  put({.name = "b", .rules = {device(1)}});
  put({.name = "a", .rules = {device(0), model::IncludeRule{"b"}}});
  put({.name = "c", .rules = {device(2)}});
  put({.name = "b", .rules = {device(1), model::ExcludeRule{"c"}}});
  waiting = new_changes();
  store::must(follow_collections(*site_, waiting, MoreChanges::No, dirty));
  EXPECT_TRUE(waiting.empty());
  for (const auto& [name, collection] : wanted_) expect_members(name);
}

TEST_F(CollectionEvaluator, WaitsForWhatTheNextPartOfTheLogBrings) {
  open();
  put({.name = "a", .rules = {device(0)}});
  put({.name = "b", .rules = {device(1)}});
  put({.name = "a", .rules = {device(0), model::IncludeRule{"b"}}});
  const auto changes = new_changes();
  ASSERT_EQ(changes.size(), 3u);
  std::vector<store::Change> waiting = {changes[0]};
  Devices dirty;
  store::must(follow_collections(*site_, waiting, MoreChanges::Yes, dirty));
  EXPECT_EQ(waiting.size(), 1u);
  EXPECT_TRUE(dirty.empty());
  waiting.insert(waiting.end(), changes.begin() + 1, changes.end());
  store::must(follow_collections(*site_, waiting, MoreChanges::No, dirty));
  EXPECT_EQ(dirty, (Devices{numbers_[0], numbers_[1]}));
  for (const auto& [name, collection] : wanted_) expect_members(name);
}

TEST_F(CollectionEvaluator, IsWhereTheRulesSayAfterAnyChangesInAnyParts) {
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
  std::vector<store::Change> waiting;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    SCOPED_TRACE(fmt::format("seed {}, round {}", kSeed, round));
    hot = random.below(16);
    std::map<std::string, Devices> before;
    for (const auto& [name, collection] : wanted_) before[name] = members(name).stored;
    for (std::uint64_t i = 1 + random.below(32); i > 0; --i) change_one();
    const auto changes = new_changes();
    const std::size_t first = random.below(changes.size() + 1);
    Devices dirty;
    waiting.insert(waiting.end(), changes.begin(),
                   changes.begin() + static_cast<std::ptrdiff_t>(first));
    store::must(follow_collections(*site_, waiting, MoreChanges::Yes, dirty));
    in_parts += waiting.empty() ? 0 : 1;
    waiting.insert(waiting.end(), changes.begin() + static_cast<std::ptrdiff_t>(first),
                   changes.end());
    store::must(follow_collections(*site_, waiting, MoreChanges::No, dirty));
    ASSERT_TRUE(waiting.empty());
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
  store::must(load_fleet(*site_));
  for (const auto& [name, collection] : wanted_) expect_members(name);
}

}  // namespace
}  // namespace muster::site_server
