// Collections and who is in them. A collection is looked at after all that it includes, excludes
// and is limited to.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "fleet/device_rows.h"
#include "fleet/device_set.h"
#include "fleet/fleet.h"
#include "model/collection_links.h"

namespace muster::fleet {

class CollectionGraph {
 public:
  // `rows` outlives it.
  explicit CollectionGraph(const DeviceRows& rows) : rows_(rows) {}

  // After `device` has changed in the classes `touched`, or has become active.
  MembershipChanges device_changed(DeviceNumber device, const ClassSet& touched, Timestamp now);
  // Before `device` goes.
  MembershipChanges device_leaves(DeviceNumber device);

  Result<MembershipChanges> set(const CollectionId& id, CollectionRule rule, Timestamp now);
  Result<MembershipChanges> remove(const CollectionId& id);
  MembershipChanges refresh(Timestamp now);

  // Nothing for an unknown collection; all-systems is not one of them.
  const DeviceSet* members(const CollectionId& id) const;
  std::vector<CollectionId> of(DeviceNumber device) const;
  std::optional<Standing> standing_of(const CollectionId& id, DeviceNumber device) const;
  std::size_t size() const { return collections_.size(); }

 private:
  struct Collection {
    std::vector<model::Plan> plans;
    DeviceSet direct;
    std::vector<CollectionId> included;
    std::vector<CollectionId> excluded;
    CollectionId limiting;
    // Those that match a plan, whatever else is said: a change elsewhere need not ask again.
    DeviceSet matched;
    DeviceSet members;
    // Collections that include, exclude or are limited to this one.
    std::set<CollectionId> users;
  };
  using Links = std::vector<model::CollectionLink>;

  static Links links_of(const Collection& collection);
  Result<void> check_links(const CollectionId& id, const Links& links) const;
  void match_all(Collection& collection, Timestamp now) const;
  bool has(const CollectionId& id, DeviceNumber device) const;
  const DeviceSet& members_of(const CollectionId& id) const;
  Standing standing_in(const Collection& collection, DeviceNumber device) const;
  // Puts the device where it should be; reports the change if it was not there.
  void settle(const CollectionId& id, Collection& collection, DeviceNumber device,
              MembershipChanges& changes);
  // All who should be in it now.
  DeviceSet who_belongs(const Collection& collection) const;
  void settle_all(const CollectionId& id, MembershipChanges& changes);
  // `start` and all that use them, directly or not, each behind what it uses.
  std::vector<CollectionId> with_users(const std::vector<CollectionId>& start) const;
  const std::vector<CollectionId>& in_order();

  const DeviceRows& rows_;
  std::map<CollectionId, Collection> collections_;
  std::vector<CollectionId> order_;  // of all collections; see in_order()
  bool is_ordered_ = true;
};

}  // namespace muster::fleet
