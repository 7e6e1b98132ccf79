// Collections and who is in them. A collection is looked at after all that it includes, excludes
// and is limited to.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "fleet/device_rows.h"
#include "fleet/fleet.h"
#include "fleet/predicates.h"
#include "fleet/rule.h"
#include "fleet/time_orders.h"
#include "model/collection_links.h"

namespace muster::fleet {

class CollectionGraph {
 public:
  // `rows` outlives it.
  explicit CollectionGraph(const DeviceRows& rows) : rows_(rows), predicates_(rows), times_(rows) {}

  // To be asked before a device changes or goes.
  TimeOrders::Times times_of(DeviceNumber device) const { return times_.times_of(device); }
  // After `device` has changed as `delta` says; `before` is what its times were.
  MembershipChanges device_changed(DeviceNumber device, const DeviceDelta& delta,
                                   const TimeOrders::Times& before, Timestamp now);
  // After `device` has gone.
  MembershipChanges device_left(DeviceNumber device, const DeviceDelta& delta,
                                const TimeOrders::Times& before);

  // Those with a rule that asks for a class at one of `places` lose their rules, keep their
  // members, and wait to be set again.
  std::vector<CollectionId> drop_rules(const std::vector<std::size_t>& places);
  // After the schema of the rows has changed; no rule asks for a class at one of `places`.
  void classes_changed(const std::vector<std::size_t>& places) {
    predicates_.classes_changed(places);
  }

  Result<MembershipChanges> set(const CollectionId& id, CollectionRule rule, Timestamp now);
  Result<MembershipChanges> remove(const CollectionId& id);
  // After time has passed.
  MembershipChanges refresh(Timestamp now);

  // Nothing for an unknown collection; all-systems is not one of them.
  const DeviceSet* members(const CollectionId& id) const;
  std::vector<CollectionId> of(DeviceNumber device) const;
  std::optional<Standing> standing_of(const CollectionId& id, DeviceNumber device) const;
  std::size_t size() const { return collections_.size(); }

 private:
  struct Collection {
    std::vector<Rule> rules;
    DeviceSet direct;
    std::vector<CollectionId> included;
    std::vector<CollectionId> excluded;
    CollectionId limiting;
    // Those that match a rule which no predicates decide: a change elsewhere need not ask again.
    DeviceSet matched;
    Timestamp asked{};  // when `matched` was right as far as time decides
    DeviceSet members;
    // Collections that include, exclude or are limited to this one.
    std::set<CollectionId> users;
    std::size_t rank = 0;  // its place in order_
    bool waits = false;    // without its rules, to be set again
  };
  using Node = std::map<CollectionId, Collection>::value_type;
  using Ranks = std::set<std::size_t>;
  // Who may come into a collection or leave it.
  struct Pending {
    bool everybody = false;
    std::set<DeviceNumber> devices;
  };
  using Links = std::vector<model::CollectionLink>;

  static Links links_of(const Collection& collection);
  Result<void> check_links(const CollectionId& id, const Links& links) const;
  // From and into what tells a collection that it is touched.
  void unsubscribe(Node& node);
  void subscribe(Node& node);
  void match_all(Collection& collection, Timestamp now) const;
  // Those that time may have made match or not match any more since the collection was asked last.
  Pending passed_by_time(const Collection& collection, Timestamp now) const;
  // The same, asked: who does match now and did not, or the other way round.
  Pending match_passed(Collection& collection, Timestamp now) const;
  const DeviceSet& members_of(const CollectionId& id) const;
  bool has(const CollectionId& id, DeviceNumber device) const;
  bool is_matched(const Collection& collection, DeviceFacts& device) const;
  Standing standing_in(const Collection& collection, DeviceFacts& device) const;
  // Those that may have another member since the device has changed, used collections aside.
  Ranks touched_by(DeviceFacts& device, const DeviceDelta& delta, Timestamp now);
  // Asks the rules that no predicates decide again, where they ask for a touched class.
  bool match_again(Collection& collection, DeviceFacts& device, const DeviceDelta& delta,
                   Timestamp now) const;
  // Puts the device where it should be; reports the change if it was not there.
  void settle(Node& node, DeviceFacts& device, MembershipChanges& changes);
  // The same for all who may; the change if there is one.
  std::optional<MembershipChange> settle_pending(Node& node, const Pending& pending);
  // All who should be in it now.
  NumberBits who_belongs(const Collection& collection) const;
  void settle_all(Node& node, MembershipChanges& changes);
  void add_users(const Collection& collection, Ranks& ranks) const;
  // `start` and all that use them, directly or not, each behind what it uses.
  std::vector<CollectionId> with_users(const std::vector<CollectionId>& start) const;
  void put_in_order();

  const DeviceRows& rows_;
  Predicates predicates_;
  TimeOrders times_;
  Timestamp latest_{};  // of all times for which anything was asked
  std::map<CollectionId, Collection> collections_;
  // Of all collections, each behind what it uses; see put_in_order().
  std::vector<Node*> order_;
  bool is_ordered_ = true;

  std::vector<std::set<Node*>> of_predicate_;
  std::set<Node*> of_plans_;  // with a rule that no predicates decide
  std::set<Node*> of_time_;   // with a rule that asks for the clock
  std::map<DeviceNumber, std::set<Node*>> of_direct_;
  std::set<Node*> of_all_systems_;  // which name all-systems besides being limited to it
};

}  // namespace muster::fleet
