#include "fleet/collection_graph.h"

#include <algorithm>

#include "base/check.h"
#include "fleet/errors.h"
#include "fleet/evaluation.h"
#include "model/query/calendar.h"
#include "model/query/resolve.h"

namespace muster::fleet {
namespace {

using model::Link;

constexpr std::size_t kLongestId = 255;

// Of rules that have to be asked in full when time has passed.
constexpr Duration kAskedInFull = std::chrono::minutes(1);

// To ask one device costs about what a scan of 64 does.
bool are_many(std::uint64_t devices, const DeviceRows& rows) {
  return devices > 16 + rows.devices().size() / 64;
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

void CollectionGraph::put_in_order() {
  if (is_ordered_) return;
  std::vector<CollectionId> all;
  for (const auto& [id, collection] : collections_) all.push_back(id);
  order_.clear();
  for (const CollectionId& id : with_users(all)) {
    const auto node = collections_.find(id);
    node->second.rank = order_.size();
    order_.push_back(&*node);
  }
  is_ordered_ = true;
}

void CollectionGraph::add_users(const Collection& collection, Ranks& ranks) const {
  for (const CollectionId& user : collection.users) ranks.insert(collections_.at(user).rank);
}

void CollectionGraph::unsubscribe(Node& node) {
  for (const Rule& rule : node.second.rules)
    for (const PredicateNumber predicate : rule.predicates()) of_predicate_[predicate].erase(&node);
  for (const Rule& rule : node.second.rules)
    if (rule.time_limits())
      for (const TimeLimit& limit : *rule.time_limits()) times_.let_go(limit.column);
  of_plans_.erase(&node);
  of_time_.erase(&node);
  of_all_systems_.erase(&node);
  node.second.direct.for_each([&](DeviceNumber device) {
    const auto found = of_direct_.find(device);
    if (found == of_direct_.end()) return;
    found->second.erase(&node);
    if (found->second.empty()) of_direct_.erase(found);
  });
}

void CollectionGraph::subscribe(Node& node) {
  for (const Rule& rule : node.second.rules) {
    if (!rule.is_indexed()) of_plans_.insert(&node);
    if (rule.depends_on_time()) of_time_.insert(&node);
    if (rule.time_limits())
      for (const TimeLimit& limit : *rule.time_limits()) times_.take(limit.column);
    for (const PredicateNumber predicate : rule.predicates()) {
      if (of_predicate_.size() <= predicate) of_predicate_.resize(std::size_t{predicate} + 1);
      of_predicate_[predicate].insert(&node);
    }
  }
  for (const auto* list : {&node.second.included, &node.second.excluded})
    if (std::ranges::find(*list, kAllSystems) != list->end()) of_all_systems_.insert(&node);
  node.second.direct.for_each([&](DeviceNumber device) { of_direct_[device].insert(&node); });
}

const DeviceSet& CollectionGraph::members_of(const CollectionId& id) const {
  return id == kAllSystems ? rows_.active() : collections_.at(id).members;
}

bool CollectionGraph::has(const CollectionId& id, DeviceNumber device) const {
  return members_of(id).contains(device);
}

bool CollectionGraph::is_matched(const Collection& collection, DeviceFacts& device) const {
  return collection.matched.contains(device.number()) ||
         std::ranges::any_of(collection.rules, [&](const Rule& rule) {
           return rule.is_indexed() && rule.matches(rows_, device, Timestamp{});
         });
}

// Exclude beats whatever names the device; the limit comes last.
Standing CollectionGraph::standing_in(const Collection& collection, DeviceFacts& device) const {
  const auto has_device = [&](const CollectionId& each) { return has(each, device.number()); };
  if (!collection.direct.contains(device.number()) && !is_matched(collection, device) &&
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
  DeviceFacts facts(rows_, device);
  return standing_in(found->second, facts);
}

void CollectionGraph::settle(Node& node, DeviceFacts& device, MembershipChanges& changes) {
  auto& [id, collection] = node;
  if (collection.waits) return;
  const bool belongs = standing_in(collection, device).kind == Standing::Kind::Member;
  if (belongs && collection.members.insert(device.number()))
    changes.push_back({id, DeviceSet({device.number()}), {}});
  if (!belongs && collection.members.erase(device.number()))
    changes.push_back({id, {}, DeviceSet({device.number()})});
}

bool CollectionGraph::match_again(Collection& collection, DeviceFacts& device,
                                  const DeviceDelta& delta, Timestamp now) const {
  if (std::ranges::none_of(collection.rules, [&](const Rule& rule) {
        return !rule.is_indexed() && rule.asks_for_touched_class(delta);
      }))
    return false;
  const bool matches = std::ranges::any_of(collection.rules, [&](const Rule& rule) {
    return !rule.is_indexed() && rule.matches(rows_, device, now);
  });
  return matches ? collection.matched.insert(device.number())
                 : collection.matched.erase(device.number());
}

CollectionGraph::Ranks CollectionGraph::touched_by(DeviceFacts& device, const DeviceDelta& delta,
                                                   Timestamp now) {
  Ranks out;
  for (const PredicateNumber predicate : predicates_.rows_changed(delta))
    for (const Node* node : of_predicate_[predicate]) out.insert(node->second.rank);
  for (Node* node : of_plans_)
    if (match_again(node->second, device, delta, now)) out.insert(node->second.rank);
  if (!delta.is_new) return out;
  for (const Node* node : of_all_systems_) out.insert(node->second.rank);
  if (const auto named = of_direct_.find(device.number()); named != of_direct_.end())
    for (const Node* node : named->second) out.insert(node->second.rank);
  return out;
}

MembershipChanges CollectionGraph::device_changed(DeviceNumber device, const DeviceDelta& delta,
                                                  const TimeOrders::Times& before, Timestamp now) {
  put_in_order();
  times_.device_changed(device, delta, before);
  latest_ = std::max(latest_, now);
  MembershipChanges changes;
  DeviceFacts facts(rows_, device);
  Ranks ranks = touched_by(facts, delta, now);
  while (!ranks.empty()) {
    Node& node = *order_[*ranks.begin()];
    ranks.erase(ranks.begin());
    const std::size_t already = changes.size();
    settle(node, facts, changes);
    if (changes.size() > already) add_users(node.second, ranks);
  }
  return changes;
}

MembershipChanges CollectionGraph::device_left(DeviceNumber device, const DeviceDelta& delta,
                                               const TimeOrders::Times& before) {
  put_in_order();
  times_.device_changed(device, delta, before);
  predicates_.rows_changed(delta);
  MembershipChanges changes;
  for (Node* node : order_) {
    node->second.matched.erase(device);
    if (node->second.members.erase(device))
      changes.push_back({node->first, {}, DeviceSet({device})});
  }
  return changes;
}

void CollectionGraph::match_all(Collection& collection, Timestamp now) const {
  collection.asked = now;
  NumberBits matched;
  for (const Rule& rule : collection.rules)
    if (!rule.is_indexed()) rule.join_devices(rows_, matched, now);
  collection.matched = DeviceSet(matched);
}

// As standing_in says for one device.
NumberBits CollectionGraph::who_belongs(const Collection& collection) const {
  NumberBits found = collection.matched.bits();
  for (const Rule& rule : collection.rules)
    if (rule.is_indexed()) rule.join_devices(rows_, found, Timestamp{});
  collection.direct.join_to(found);
  for (const CollectionId& each : collection.included) members_of(each).join_to(found);
  for (const CollectionId& each : collection.excluded) found.subtract(members_of(each).bits());
  // Who has rows is active; who is named need not be.
  if (collection.limiting != kAllSystems || !collection.direct.empty())
    found.intersect(members_of(collection.limiting).bits());
  return found;
}

// For the collection alone: those that use it are settled behind it.
void CollectionGraph::settle_all(Node& node, MembershipChanges& changes) {
  const CollectionId& id = node.first;
  Collection& collection = node.second;
  if (collection.waits) return;
  NumberBits next = who_belongs(collection);
  if (collection.members.empty()) {
    collection.members = DeviceSet(next);
    if (!collection.members.empty()) changes.push_back({id, collection.members, {}});
    return;
  }
  NumberBits before = collection.members.bits();
  collection.members = DeviceSet(next);
  NumberBits joined = next;
  joined.subtract(before);
  before.subtract(next);
  MembershipChange change{id, DeviceSet(joined), DeviceSet(before)};
  if (!change.joined.empty() || !change.left.empty()) changes.push_back(std::move(change));
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

std::vector<CollectionId> CollectionGraph::drop_rules(const std::vector<std::size_t>& places) {
  std::vector<CollectionId> out;
  for (Node& node : collections_) {
    auto& [id, collection] = node;
    if (std::ranges::none_of(collection.rules, [&](const Rule& rule) {
          return std::ranges::any_of(places,
                                     [&](std::size_t place) { return rule.asks_for(place); });
        }))
      continue;
    unsubscribe(node);
    collection.rules.clear();
    collection.waits = true;
    subscribe(node);
    out.push_back(id);
  }
  return out;
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
  std::vector<model::Plan> plans;
  for (const model::Query& query : rule.queries)
    plans.push_back(TRY_IN(model::resolve_rule(query, rows_.schema()), "a rule of '{}'", id));
  for (model::Plan& plan : plans) next.rules.emplace_back(std::move(plan), rows_, predicates_);

  Node& node = *collections_.try_emplace(id).first;
  Collection& collection = node.second;
  unsubscribe(node);
  for (const auto& link : links_of(collection))
    if (const auto used = collections_.find(link.collection); used != collections_.end())
      used->second.users.erase(id);
  for (const auto& link : links) collections_.at(link.collection).users.insert(id);
  next.users = std::move(collection.users);
  next.members = std::move(collection.members);
  collection = std::move(next);
  subscribe(node);
  is_ordered_ = false;
  latest_ = std::max(latest_, now);
  match_all(collection, now);
  MembershipChanges changes;
  for (const CollectionId& each : with_users({id})) settle_all(*collections_.find(each), changes);
  return changes;
}

Result<MembershipChanges> CollectionGraph::remove(const CollectionId& id) {
  const auto found = collections_.find(id);
  if (found == collections_.end())
    return fail(kUnknownCollection, "'{}' cannot be removed", id.substr(0, 64));
  if (!found->second.users.empty())
    return fail(kCollectionInUse, "'{}' is named by {}", id, fmt::join(found->second.users, ", "));
  MembershipChanges changes;
  if (!found->second.members.empty()) changes.push_back({id, {}, found->second.members});
  for (const auto& link : links_of(found->second)) collections_.at(link.collection).users.erase(id);
  unsubscribe(*found);
  collections_.erase(found);
  is_ordered_ = false;
  return changes;
}

CollectionGraph::Pending CollectionGraph::passed_by_time(const Collection& collection,
                                                         Timestamp now) const {
  Pending out;
  for (const Rule& rule : collection.rules) {
    if (!rule.depends_on_time()) continue;
    if (!rule.time_limits()) {
      out.everybody = out.everybody || now >= collection.asked + kAskedInFull;
      continue;
    }
    for (const TimeLimit& limit : *rule.time_limits()) {
      const auto passed =
          times_.passed(limit.column, model::time_of(limit.limit, collection.asked).ms,
                        model::time_of(limit.limit, now).ms,
                        [&](DeviceNumber each) { out.devices.insert(each); });
      out.everybody = out.everybody || passed == TimeOrders::Passed::Shared;
    }
  }
  return out;
}

CollectionGraph::Pending CollectionGraph::match_passed(Collection& collection,
                                                       Timestamp now) const {
  const Pending passed = passed_by_time(collection, now);
  if (passed.everybody || are_many(passed.devices.size(), rows_)) {
    match_all(collection, now);
    return {.everybody = true, .devices = {}};
  }
  Pending out;
  for (const DeviceNumber number : passed.devices) {
    DeviceFacts device(rows_, number);
    const bool matches = std::ranges::any_of(collection.rules, [&](const Rule& rule) {
      return !rule.is_indexed() && rule.matches(rows_, device, now);
    });
    if (matches ? collection.matched.insert(number) : collection.matched.erase(number))
      out.devices.insert(number);
  }
  // A rule without limits keeps its minute.
  if (std::ranges::all_of(collection.rules, [](const Rule& rule) {
        return !rule.depends_on_time() || rule.time_limits().has_value();
      }))
    collection.asked = now;
  return out;
}

std::optional<MembershipChange> CollectionGraph::settle_pending(Node& node,
                                                                const Pending& pending) {
  MembershipChanges changes;
  if (pending.everybody) settle_all(node, changes);
  MembershipChange all{node.first, {}, {}};
  for (const DeviceNumber number : pending.everybody ? std::set<DeviceNumber>() : pending.devices) {
    DeviceFacts device(rows_, number);
    MembershipChanges one;
    settle(node, device, one);
    if (one.empty()) continue;
    (one.front().left.empty() ? all.joined : all.left).insert(number);
  }
  if (!all.joined.empty() || !all.left.empty()) changes.push_back(std::move(all));
  if (changes.empty()) return std::nullopt;
  return std::move(changes.front());
}

MembershipChanges CollectionGraph::refresh(Timestamp now) {
  put_in_order();
  // Devices that changed were asked for a time that is still to come: nobody's answer stands.
  const bool set_back = now < latest_;
  latest_ = now;
  std::map<std::size_t, Pending> pending;
  for (Node* node : of_time_) {
    Pending found{.everybody = set_back, .devices = {}};
    if (set_back)
      match_all(node->second, now);
    else
      found = match_passed(node->second, now);
    if (found.everybody || !found.devices.empty()) pending[node->second.rank] = std::move(found);
  }
  MembershipChanges changes;
  while (!pending.empty()) {
    const auto next = pending.extract(pending.begin());
    Node& node = *order_[next.key()];
    auto change = settle_pending(node, next.mapped());
    if (!change) continue;
    const bool many = are_many(change->joined.size() + change->left.size(), rows_);
    for (const CollectionId& user : node.second.users) {
      Pending& of_user = pending[collections_.at(user).rank];
      if (many) {
        of_user.everybody = true;
        continue;
      }
      const auto add = [&](DeviceNumber device) { of_user.devices.insert(device); };
      change->joined.for_each(add);
      change->left.for_each(add);
    }
    changes.push_back(*std::move(change));
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
