#include "fleet/collection_tree.h"

#include <algorithm>

#include "base/check.h"
#include "fleet/errors.h"
#include "model/query/resolve.h"

namespace muster::fleet {
namespace {

constexpr std::size_t kLongestId = 255;

bool is_touched(const model::Plan& plan, const ClassSet& touched) {
  const auto all = model::inventory_classes();
  return touched[static_cast<std::size_t>(plan.source - all.data())];
}

}  // namespace

std::vector<CollectionId> CollectionTree::subtree(const CollectionId& id) const {
  std::vector<CollectionId> out;
  if (id != kAllSystems) out.push_back(id);
  const auto add_limited = [&](const CollectionId& parent) {
    const auto limited = limited_by_.find(parent);
    if (limited != limited_by_.end())
      out.insert(out.end(), limited->second.begin(), limited->second.end());
  };
  if (id == kAllSystems) add_limited(id);
  for (std::size_t i = 0; i < out.size(); ++i) add_limited(CollectionId(out[i]));
  return out;
}

bool CollectionTree::within_limit(const Collection& collection, DeviceNumber device) const {
  if (collection.limiting == kAllSystems) return rows_.find(device) != nullptr;
  return collections_.at(collection.limiting).members.contains(device);
}

void CollectionTree::settle(const CollectionId& id, Collection& collection, DeviceNumber device,
                            MembershipChanges& changes) {
  const bool belongs =
      (collection.matched.contains(device) || collection.direct.contains(device)) &&
      within_limit(collection, device);
  if (belongs && collection.members.insert(device).second)
    changes.push_back({id, device, Membership::Joined});
  if (!belongs && collection.members.erase(device) > 0)
    changes.push_back({id, device, Membership::Left});
}

MembershipChanges CollectionTree::device_changed(DeviceNumber number, const ClassSet& touched,
                                                 Timestamp now) {
  MembershipChanges changes;
  const Device* device = rows_.find(number);
  MUSTER_CHECK(device != nullptr);
  for (const CollectionId& id : subtree(CollectionId(kAllSystems))) {
    Collection& collection = collections_.at(id);
    const bool asks = std::ranges::any_of(
        collection.plans, [&](const model::Plan& plan) { return is_touched(plan, touched); });
    if (asks) {
      const bool matches = std::ranges::any_of(collection.plans, [&](const model::Plan& plan) {
        return rows_.matches(plan, now, *device);
      });
      if (matches)
        collection.matched.insert(number);
      else
        collection.matched.erase(number);
    }
    settle(id, collection, number, changes);
  }
  return changes;
}

MembershipChanges CollectionTree::device_leaves(DeviceNumber device) {
  MembershipChanges changes;
  for (const CollectionId& id : subtree(CollectionId(kAllSystems))) {
    Collection& collection = collections_.at(id);
    collection.matched.erase(device);
    if (collection.members.erase(device) > 0) changes.push_back({id, device, Membership::Left});
  }
  return changes;
}

void CollectionTree::match_all(Collection& collection, Timestamp now) const {
  collection.matched.clear();
  for (const model::Plan& plan : collection.plans)
    rows_.for_each_match(plan, now, std::nullopt, [&](DeviceNumber device, model::RowView) {
      collection.matched.insert(collection.matched.end(), device);
      return true;
    });
}

// For the collection alone: those that it limits are settled behind it.
void CollectionTree::settle_all(const CollectionId& id, MembershipChanges& changes) {
  Collection& collection = collections_.at(id);
  std::set<DeviceNumber> candidates = collection.members;
  candidates.insert(collection.matched.begin(), collection.matched.end());
  candidates.insert(collection.direct.begin(), collection.direct.end());
  for (const DeviceNumber device : candidates) settle(id, collection, device, changes);
}

Result<void> CollectionTree::check_limit(const CollectionId& id,
                                         const CollectionId& limiting) const {
  std::string path = id;
  for (CollectionId parent = limiting; parent != kAllSystems;) {
    path += " is limited by " + parent;
    if (parent == id) return fail(kCollectionCycle, "{}", path);
    const auto found = collections_.find(parent);
    if (found == collections_.end())
      return fail(kUnknownCollection, "'{}', the limiting collection of '{}'", parent, id);
    parent = found->second.limiting;
  }
  return {};
}

Result<MembershipChanges> CollectionTree::set(const CollectionId& id, CollectionRule rule,
                                              Timestamp now) {
  if (id.empty() || id.size() > kLongestId || id == kAllSystems)
    return fail(kBadCollection, "'{}' cannot be set", id.substr(0, 64));
  const CollectionId limiting = rule.limiting.value_or(CollectionId(kAllSystems));
  TRY(check_limit(id, limiting));
  std::vector<model::Plan> plans;
  for (const model::Query& query : rule.queries)
    plans.push_back(TRY_IN(model::resolve_rule(query), "a rule of '{}'", id));

  const auto [entry, is_new] = collections_.try_emplace(id);
  Collection& collection = entry->second;
  if (!is_new) limited_by_[collection.limiting].erase(id);
  limited_by_[limiting].insert(id);
  collection.limiting = limiting;
  collection.plans = std::move(plans);
  collection.direct = {rule.direct.begin(), rule.direct.end()};
  match_all(collection, now);
  MembershipChanges changes;
  for (const CollectionId& each : subtree(id)) settle_all(each, changes);
  return changes;
}

Result<MembershipChanges> CollectionTree::remove(const CollectionId& id) {
  const auto found = collections_.find(id);
  if (found == collections_.end())
    return fail(kUnknownCollection, "'{}' cannot be removed", id.substr(0, 64));
  if (const auto limited = limited_by_.find(id);
      limited != limited_by_.end() && !limited->second.empty())
    return fail(kCollectionInUse, "'{}' limits {}", id, fmt::join(limited->second, ", "));
  MembershipChanges changes;
  for (const DeviceNumber device : found->second.members)
    changes.push_back({id, device, Membership::Left});
  limited_by_.erase(id);
  limited_by_[found->second.limiting].erase(id);
  collections_.erase(found);
  return changes;
}

MembershipChanges CollectionTree::refresh(Timestamp now) {
  MembershipChanges changes;
  for (const CollectionId& id : subtree(CollectionId(kAllSystems))) {
    Collection& collection = collections_.at(id);
    const bool asks = std::ranges::any_of(
        collection.plans, [](const model::Plan& plan) { return plan.depends_on_time; });
    if (asks) match_all(collection, now);
    settle_all(id, changes);
  }
  return changes;
}

const std::set<DeviceNumber>* CollectionTree::members(const CollectionId& id) const {
  const auto found = collections_.find(id);
  return found == collections_.end() ? nullptr : &found->second.members;
}

std::vector<CollectionId> CollectionTree::of(DeviceNumber device) const {
  std::vector<CollectionId> out;
  for (const auto& [id, collection] : collections_)
    if (collection.members.contains(device)) out.push_back(id);
  return out;
}

}  // namespace muster::fleet
