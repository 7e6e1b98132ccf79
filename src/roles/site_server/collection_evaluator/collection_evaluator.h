// Keeps collections current: rules from the objects into the fleet index, memberships from there
// into the database for reports, and word of every change to the policy builder.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "fleet/fleet.h"
#include "hosting/site.h"
#include "roles/site_server/index_position.h"
#include "store/site/devices.h"
#include "store/site/objects.h"

namespace muster::site_server {

// Whether the log of changes has some that nobody has read yet.
enum class MoreChanges { No, Yes };

// A row for each member of each collection.
enum class StoredMembers { None, Kept };

class CollectionEvaluator {
 public:
  using Devices = std::set<store::DeviceNumber>;

  // Memberships are stored where there are views for reports.
  explicit CollectionEvaluator(hosting::Site& site);
  CollectionEvaluator(hosting::Site& site, StoredMembers stored) : site_(site), stored_(stored) {}

  // Reads all devices' rows and all collections; the stored memberships become those that the
  // rules give now, or none.
  Result<void> load();
  // The same where the site's fleet has followed the database to `position`: only what is other
  // than then is read.
  Result<void> load_since(const IndexPosition& position);
  // The same with the index that stands, after an outage of the database. Who became inactive
  // meanwhile stays; the log of changes tells.
  Result<void> catch_up();

  // The functions below tell the index, and put into `dirty` the devices whose memberships have
  // changed. The database learns of it by store_memberships(): what could not be stored stays
  // for the next call.
  Result<void> store_memberships();

  // Collections were created, changed or deleted, each after those that it names. What has to wait
  // for a change that has not been read yet, or for the database, waits for the next call; what
  // cannot be followed at all is logged.
  void collections_changed(const std::vector<store::Change>& changes, MoreChanges more,
                           Devices& dirty);
  // Changes of collections that wait.
  std::size_t waiting() const { return waiting_.size(); }
  // An active device was enrolled, approved or renamed.
  Result<void> device_active(const store::Device& device, Devices& dirty);
  Result<void> inventory_changed(const fleet::DeviceChange& change, Devices& dirty);
  // It is active no more.
  void device_left(store::DeviceNumber device);
  // Rules about the time, which change without anybody's doing.
  void time_passed(Devices& dirty);

 private:
  Result<void> load_devices();
  // Into the index, whatever the rows are: a device whose rows it cannot take is asked for them.
  Result<void> put_in(fleet::DeviceChange change);
  // When each was seen, into devices that are there.
  Result<void> load_client_facts();
  Result<void> load_collections();
  Result<void> reconcile_members();
  Result<void> take_anew(store::DeviceNumber device, Devices& dirty);
  // All of a device; nothing for one that is not active.
  Result<std::optional<fleet::DeviceChange>> read_anew(store::DeviceNumber device);
  Result<void> follow(const model::ObjectId& id, store::ChangeAction action, Devices& dirty);
  Result<void> set(const store::Object& object, Devices& dirty);
  void name_devices(const model::ObjectId& collection, std::vector<model::DeviceId> devices);
  void note(fleet::MembershipChanges changes, Devices& dirty);

  hosting::Site& site_;
  const StoredMembers stored_;
  std::map<model::ObjectId, store::ChangeAction> waiting_;
  fleet::MembershipChanges unstored_;
  std::set<model::ObjectId> removed_;  // collections whose members are still stored
  // Rules name devices by id, the index by number: a device that is enrolled anew has another.
  std::map<model::ObjectId, std::vector<model::DeviceId>> named_by_;
  std::map<model::DeviceId, std::set<model::ObjectId>> named_;
};

}  // namespace muster::site_server
