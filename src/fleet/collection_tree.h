// Collections and who is in them. Limits form a tree below all-systems, so a collection is looked
// at after the one that limits it.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "fleet/device_rows.h"
#include "fleet/fleet.h"

namespace muster::fleet {

class CollectionTree {
 public:
  // `rows` outlives it.
  explicit CollectionTree(const DeviceRows& rows) : rows_(rows) {}

  // After `device` has changed in the classes `touched`, or has become active.
  MembershipChanges device_changed(DeviceNumber device, const ClassSet& touched, Timestamp now);
  // Before `device` goes.
  MembershipChanges device_leaves(DeviceNumber device);

  Result<MembershipChanges> set(const CollectionId& id, CollectionRule rule, Timestamp now);
  Result<MembershipChanges> remove(const CollectionId& id);
  MembershipChanges refresh(Timestamp now);

  // Nothing for an unknown collection; all-systems is not one of them.
  const std::set<DeviceNumber>* members(const CollectionId& id) const;
  std::vector<CollectionId> of(DeviceNumber device) const;
  std::size_t size() const { return collections_.size(); }

 private:
  struct Collection {
    std::vector<model::Plan> plans;
    std::set<DeviceNumber> direct;
    CollectionId limiting;
    // Those that match a plan, whatever the limit: a change elsewhere need not ask again.
    std::set<DeviceNumber> matched;
    std::set<DeviceNumber> members;
  };

  Result<void> check_limit(const CollectionId& id, const CollectionId& limiting) const;
  void match_all(Collection& collection, Timestamp now) const;
  bool within_limit(const Collection& collection, DeviceNumber device) const;
  // Whether the device is now where it should be; reports the change if it was not.
  void settle(const CollectionId& id, Collection& collection, DeviceNumber device,
              MembershipChanges& changes);
  void settle_all(const CollectionId& id, MembershipChanges& changes);
  // `id` and all that it limits, directly or not, limits first.
  std::vector<CollectionId> subtree(const CollectionId& id) const;

  const DeviceRows& rows_;
  std::map<CollectionId, Collection> collections_;
  std::map<CollectionId, std::set<CollectionId>> limited_by_;
};

}  // namespace muster::fleet
