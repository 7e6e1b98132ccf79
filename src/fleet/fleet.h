// The fleet in memory: the inventory rows of all devices, and collections kept current. A library:
// the caller stores the changes and feeds them again at the next start.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/number_set.h"
#include "fleet/snapshot.h"
#include "model/inventory.h"
#include "model/query/run.h"
#include "model/schema.h"

namespace muster::fleet {

using DeviceNumber = Number;
using DeviceSet = NumberSet;
using CollectionId = std::string;

// Every active device. Always there; cannot be set or removed.
inline constexpr std::string_view kAllSystems = "all-systems";

enum class Extent { Full, Delta };

// What a device's inventory has become. Full: `added` is all there is. Delta: `removed` and
// `updated` name rows by their Identity columns; `updated` brings new Volatile values.
struct DeviceChange {
  DeviceNumber device = 0;
  // Whose classes the rows are of. Rows of a class that the fleet has no more are passed over.
  model::Schema schema{};
  // The name that the site knows; kept when absent. Device.Name of the inventory goes before it.
  std::optional<std::string> name;
  Extent extent = Extent::Full;
  std::vector<model::ClassRows> added;
  std::vector<model::ClassRows> removed;
  std::vector<model::ClassRows> updated;
};

// Members are the devices that a query, `direct` or a member list of `included` names, that are in
// none of `excluded` and that are members of `limiting` (all-systems when absent). A device matches
// a query if any of its rows comes out.
struct CollectionRule {
  std::vector<model::Query> queries;
  std::vector<DeviceNumber> direct;
  std::optional<CollectionId> limiting;
  std::vector<CollectionId> included{};
  std::vector<CollectionId> excluded{};
};

// Who came into a collection and who left it; not both empty.
struct MembershipChange {
  CollectionId collection;
  DeviceSet joined{};
  DeviceSet left{};
  friend bool operator==(const MembershipChange&, const MembershipChange&) = default;
};
// Each collection once, behind those that it names; all-systems first.
using MembershipChanges = std::vector<MembershipChange>;

// How a device stands to a collection, and the collection that keeps it out if one does.
struct Standing {
  enum class Kind { Member, NotNamed, Excluded, OutsideLimit };
  Kind kind = Kind::NotNamed;
  CollectionId by{};
  friend bool operator==(const Standing&, const Standing&) = default;
};

struct EvaluationContext {
  Timestamp now;
  // Only these; unknown ones have no rows.
  std::optional<std::vector<DeviceNumber>> devices;
  std::size_t row_limit = model::kMostResultRows;
};

struct ClassCounts {
  std::string name;
  model::Origin origin = model::Origin::Client;
  std::uint64_t distinct_rows = 0;  // by Shared columns
  std::uint64_t rows = 0;           // of all devices
};
// With the schema whose classes the rows are of.
struct DeviceInventory {
  model::Schema schema;
  std::vector<model::ClassRows> classes;
};
struct FleetCounts {
  std::uint64_t devices = 0;
  std::uint64_t collections = 0;  // besides all-systems
  std::vector<ClassCounts> classes;
};

class DeviceRows;

// The rows of all devices as they were at one time, whatever became of the fleet since.
class FleetState {
 public:
  explicit FleetState(std::shared_ptr<const DeviceRows> rows) : rows_(std::move(rows)) {}
  // `mark` is the caller's: what the rows hold of the changes that there are. The sink's errors.
  Result<void> save(std::string_view mark, const SnapshotSink& sink) const;

 private:
  std::shared_ptr<const DeviceRows> rows_;
};

struct LoadedFleet;

// One thread changes it at a time, any number read beside it. A query sees the rows as they were
// when it began, and keeps no change waiting.
class Fleet {
 public:
  Fleet();
  ~Fleet();
  Fleet(Fleet&&) noexcept;
  Fleet& operator=(Fleet&&) noexcept;

  // What a state wrote, with the classes of `schema`; there are no collections. Errors:
  // kBadSnapshot, also where its classes are others.
  static Result<LoadedFleet> load(const model::Schema& schema, ByteView snapshot);
  // For the thread that changes the fleet: the state, to be saved beside the changes that follow.
  FleetState state() const;

  model::Schema schema() const;
  // The classes that there are from now on. Rows of those that are gone go with them. Classes with
  // other columns than before have rows only if they have more of them (model::extends()).
  // Returns the collections whose rules ask for a class that is gone or has other columns: they
  // keep their members and follow no device until they are set again.
  std::vector<CollectionId> set_schema(const model::Schema& schema);

  // All or nothing. A device becomes active with its first full change, and may have no rows.
  // Errors: kUnknownRow, kUnknownDevice (a delta for one that is not active), kTooManyRows,
  // model's kBadRow.
  Result<MembershipChanges> apply(const DeviceChange& change, Timestamp now);
  // It leaves all collections; a device that is not active leaves none.
  MembershipChanges remove(DeviceNumber device);

  // Errors: those of model::resolve, kQueryTooLarge for more rows than the context allows.
  Result<model::Table> evaluate(const model::Query& query, const EvaluationContext& context) const;
  // Errors: those of model::resolve_rule.
  Result<DeviceSet> devices_matching(const model::Query& query, Timestamp now) const;

  // Creates or replaces. Errors: those of model::resolve_rule, kUnknownCollection (one that the
  // rule names), kCollectionCycle with the path, kBadCollection.
  Result<MembershipChanges> set_collection(const CollectionId& id, CollectionRule rule,
                                           Timestamp now);
  // Errors: kUnknownCollection, kCollectionInUse while others name it.
  Result<MembershipChanges> remove_collection(const CollectionId& id);
  // Follows the rules that ask for the time (ago, now): no change of a device does that. Asks those
  // devices whose times have been passed since the last call, so it may be called often; a rule
  // that compares with the time what a join or a projection made is asked in full, once a minute.
  MembershipChanges refresh(Timestamp now);

  // Whether the device is active.
  bool contains(DeviceNumber device) const;

  // In ascending order. Error: kUnknownCollection.
  Result<std::vector<DeviceNumber>> members(const CollectionId& id) const;
  Result<std::uint64_t> member_count(const CollectionId& id) const;
  // all-systems first, then in alphabetic order. Error: kUnknownDevice.
  Result<std::vector<CollectionId>> collections_of(DeviceNumber device) const;

  // Nothing for an unknown collection.
  std::optional<Standing> standing_of(const CollectionId& id, DeviceNumber device) const;

  // The device's rows, by class, as they were applied. Error: kUnknownDevice.
  Result<DeviceInventory> rows(DeviceNumber device) const;
  Result<model::RowSetDigest> digest(DeviceNumber device) const;
  FleetCounts counts() const;

 private:
  struct State;
  explicit Fleet(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct LoadedFleet {
  Fleet fleet;
  std::string mark;
};

}  // namespace muster::fleet
