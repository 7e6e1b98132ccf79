#include "fleet/collection_graph.h"

#include <algorithm>

#include "base/check.h"
#include "fleet/errors.h"
#include "fleet/evaluation.h"
#include "model/query/resolve.h"

namespace muster::fleet {
namespace {

using model::Link;

constexpr std::size_t kLongestId = 255;

bool is_touched(const model::Plan& plan, const ClassSet& touched) {
  return std::ranges::any_of(
      plan.classes, [&](const model::InventoryClass* type) { return touched[index_of(*type)]; });
}

}  // namespace

CollectionGraph::Links CollectionGraph::links_of(const Collection& collection) {
  Links out;
  for (const CollectionId& each : collection.included) out.push_back({Link::Include, each});
  for (const CollectionId& each : collection.excluded) out.push_back({Link::Exclude, each});
  out.push_back({Link::LimitedTo, collection.limiting});
  std::erase_if(out,
                [](const model::CollectionLink& link) { return link.collection == kAllSystems; });
  return out;
}

std::vector<CollectionId> CollectionGraph::with_users(
    const std::vector<CollectionId>& start) const {
  struct Stop {
    const CollectionId* id;
    std::set<CollectionId>::const_iterator next;
  };
  std::set<CollectionId> seen;
  std::vector<CollectionId> out;
  for (const CollectionId& first : start) {
    if (!seen.insert(first).second) continue;
    std::vector<Stop> way = {{&first, collections_.at(first).users.begin()}};
    while (!way.empty()) {
      Stop& stop = way.back();
      if (stop.next == collections_.at(*stop.id).users.end()) {
        out.push_back(*stop.id);  // behind all that use it
        way.pop_back();
        continue;
      }
      const CollectionId& user = *stop.next++;
      if (seen.insert(user).second) way.push_back({&user, collections_.at(user).users.begin()});
    }
  }
  std::ranges::reverse(out);
  return out;
}

const std::vector<CollectionId>& CollectionGraph::in_order() {
  if (!is_ordered_) {
    std::vector<CollectionId> all;
    for (const auto& [id, collection] : collections_) all.push_back(id);
    order_ = with_users(all);
    is_ordered_ = true;
  }
  return order_;
}

const DeviceSet& CollectionGraph::members_of(const CollectionId& id) const {
  return id == kAllSystems ? rows_.active() : collections_.at(id).members;
}

bool CollectionGraph::has(const CollectionId& id, DeviceNumber device) const {
  return members_of(id).contains(device);
}

// Exclude beats whatever names the device; the limit comes last.
Standing CollectionGraph::standing_in(const Collection& collection, DeviceNumber device) const {
  const auto has_device = [&](const CollectionId& each) { return has(each, device); };
  if (!collection.matched.contains(device) && !collection.direct.contains(device) &&
      !std::ranges::any_of(collection.included, has_device))
    return {Standing::Kind::NotNamed, {}};
  const auto excluded = std::ranges::find_if(collection.excluded, has_device);
  if (excluded != collection.excluded.end()) return {Standing::Kind::Excluded, *excluded};
  if (!has_device(collection.limiting)) return {Standing::Kind::OutsideLimit, collection.limiting};
  return {Standing::Kind::Member, {}};
}

std::optional<Standing> CollectionGraph::standing_of(const CollectionId& id,
                                                     DeviceNumber device) const {
  const auto found = collections_.find(id);
  if (found == collections_.end()) return std::nullopt;
  return standing_in(found->second, device);
}

void CollectionGraph::settle(const CollectionId& id, Collection& collection, DeviceNumber device,
                             MembershipChanges& changes) {
  const bool belongs = standing_in(collection, device).kind == Standing::Kind::Member;
  if (belongs && collection.members.insert(device))
    changes.push_back({id, device, Membership::Joined});
  if (!belongs && collection.members.erase(device))
    changes.push_back({id, device, Membership::Left});
}

MembershipChanges CollectionGraph::device_changed(DeviceNumber number, const ClassSet& touched,
                                                  Timestamp now) {
  MembershipChanges changes;
  const Device* device = rows_.find(number);
  MUSTER_CHECK(device != nullptr);
  for (const CollectionId& id : in_order()) {
    Collection& collection = collections_.at(id);
    const bool asks = std::ranges::any_of(
        collection.plans, [&](const model::Plan& plan) { return is_touched(plan, touched); });
    if (asks) {
      const bool matches = std::ranges::any_of(collection.plans, [&](const model::Plan& plan) {
        return is_matching_device(rows_, plan, now, number, *device);
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

MembershipChanges CollectionGraph::device_leaves(DeviceNumber device) {
  MembershipChanges changes;
  for (const CollectionId& id : in_order()) {
    Collection& collection = collections_.at(id);
    collection.matched.erase(device);
    if (collection.members.erase(device)) changes.push_back({id, device, Membership::Left});
  }
  return changes;
}

void CollectionGraph::match_all(Collection& collection, Timestamp now) const {
  DeviceBits matched;
  for (const model::Plan& plan : collection.plans)
    for_each_matching_device(rows_, plan, now,
                             [&](DeviceNumber device) { matched.insert(device); });
  collection.matched = DeviceSet(matched);
}

// As standing_in says for one device.
DeviceSet CollectionGraph::who_belongs(const Collection& collection) const {
  DeviceBits found = collection.matched.bits();
  collection.direct.join_to(found);
  for (const CollectionId& each : collection.included) members_of(each).join_to(found);
  for (const CollectionId& each : collection.excluded) found.subtract(members_of(each).bits());
  found.intersect(members_of(collection.limiting).bits());
  return DeviceSet(found);
}

// For the collection alone: those that use it are settled behind it.
void CollectionGraph::settle_all(const CollectionId& id, MembershipChanges& changes) {
  Collection& collection = collections_.at(id);
  DeviceSet next = who_belongs(collection);
  DeviceBits either = collection.members.bits();
  next.join_to(either);
  either.for_each([&](DeviceNumber device) {
    const bool is_in = next.contains(device);
    if (is_in != collection.members.contains(device))
      changes.push_back({id, device, is_in ? Membership::Joined : Membership::Left});
  });
  collection.members = std::move(next);
}

Result<void> CollectionGraph::check_links(const CollectionId& id, const Links& links) const {
  const auto links_of_each = [&](const std::string& each) -> Result<Links> {
    if (each == id) return links;
    const auto found = collections_.find(each);
    if (found == collections_.end())
      return fail(kUnknownCollection, "'{}', which '{}' names", each, id);
    return links_of(found->second);
  };
  const std::string cycle = TRY(model::find_cycle(id, links_of_each));
  if (!cycle.empty()) return fail(kCollectionCycle, "{}", cycle);
  return {};
}

Result<MembershipChanges> CollectionGraph::set(const CollectionId& id, CollectionRule rule,
                                               Timestamp now) {
  if (id.empty() || id.size() > kLongestId || id == kAllSystems)
    return fail(kBadCollection, "'{}' cannot be set", id.substr(0, 64));
  Collection next;
  next.limiting = rule.limiting.value_or(CollectionId(kAllSystems));
  next.included = std::move(rule.included);
  next.excluded = std::move(rule.excluded);
  next.direct = DeviceSet(std::move(rule.direct));
  const Links links = links_of(next);
  TRY(check_links(id, links));
  for (const model::Query& query : rule.queries)
    next.plans.push_back(TRY_IN(model::resolve_rule(query), "a rule of '{}'", id));

  Collection& collection = collections_[id];
  for (const auto& link : links_of(collection))
    if (const auto used = collections_.find(link.collection); used != collections_.end())
      used->second.users.erase(id);
  for (const auto& link : links) collections_.at(link.collection).users.insert(id);
  next.users = std::move(collection.users);
  next.members = std::move(collection.members);
  collection = std::move(next);
  is_ordered_ = false;
  match_all(collection, now);
  MembershipChanges changes;
  for (const CollectionId& each : with_users({id})) settle_all(each, changes);
  return changes;
}

Result<MembershipChanges> CollectionGraph::remove(const CollectionId& id) {
  const auto found = collections_.find(id);
  if (found == collections_.end())
    return fail(kUnknownCollection, "'{}' cannot be removed", id.substr(0, 64));
  if (!found->second.users.empty())
    return fail(kCollectionInUse, "'{}' is named by {}", id, fmt::join(found->second.users, ", "));
  MembershipChanges changes;
  found->second.members.for_each([&](DeviceNumber device) {
    changes.push_back({id, device, Membership::Left});
  });
  for (const auto& link : links_of(found->second)) collections_.at(link.collection).users.erase(id);
  collections_.erase(found);
  is_ordered_ = false;
  return changes;
}

MembershipChanges CollectionGraph::refresh(Timestamp now) {
  MembershipChanges changes;
  for (const CollectionId& id : in_order()) {
    Collection& collection = collections_.at(id);
    const bool asks = std::ranges::any_of(
        collection.plans, [](const model::Plan& plan) { return plan.depends_on_time; });
    if (asks) match_all(collection, now);
    settle_all(id, changes);
  }
  return changes;
}

const DeviceSet* CollectionGraph::members(const CollectionId& id) const {
  const auto found = collections_.find(id);
  return found == collections_.end() ? nullptr : &found->second.members;
}

std::vector<CollectionId> CollectionGraph::of(DeviceNumber device) const {
  std::vector<CollectionId> out;
  for (const auto& [id, collection] : collections_)
    if (collection.members.contains(device)) out.push_back(id);
  return out;
}

}  // namespace muster::fleet
