#include "fleet/fleet.h"

#include <algorithm>
#include <mutex>
#include <shared_mutex>

#include "fleet/collection_graph.h"
#include "fleet/device_rows.h"
#include "fleet/errors.h"
#include "fleet/evaluation.h"
#include "model/query/resolve.h"

namespace muster::fleet {

using model::ClassRows;
using model::Plan;

struct Fleet::State {
  State() = default;
  explicit State(DeviceRows all) : rows(std::move(all)) {}

  mutable std::shared_mutex mutex;
  DeviceRows rows;
  CollectionGraph collections{rows};

  // The rows as they are now: who reads them long keeps nobody waiting.
  DeviceRows pinned() const {
    const std::shared_lock lock(mutex);
    return rows;
  }
  Result<DeviceSet> members_of(const CollectionId& id) const {
    const std::shared_lock lock(mutex);
    if (id == kAllSystems) return rows.active();
    const DeviceSet* members = collections.members(id);
    if (members == nullptr) return fail(kUnknownCollection, "'{}'", id.substr(0, 64));
    return *members;
  }
};

namespace {

Failure unknown_device(DeviceNumber device) {
  return fail(kUnknownDevice, "device {} is not active", device);
}

std::vector<ClassRows> rows_of(const DeviceRows& rows, const Device& device) {
  std::vector<ClassRows> out;
  for (std::size_t i = 0; i < rows.tables().size(); ++i) {
    const RowTable& table = rows.tables()[i];
    if (device.count(table, i) == 0) continue;
    out.push_back({&table.type(), {}});
    for (const Instance& instance : device.list(table, i))
      out.back().rows.push_back(table.whole(instance));
  }
  return out;
}

}  // namespace

Fleet::Fleet() : state_(std::make_unique<State>()) {}
Fleet::Fleet(std::unique_ptr<State> state) : state_(std::move(state)) {}
Fleet::~Fleet() = default;
Fleet::Fleet(Fleet&&) noexcept = default;
Fleet& Fleet::operator=(Fleet&&) noexcept = default;

Result<MembershipChanges> Fleet::apply(const DeviceChange& change, Timestamp now) {
  const std::unique_lock lock(state_->mutex);
  const auto before = state_->collections.times_of(change.device);
  const DeviceDelta delta = TRY(state_->rows.apply(change));
  MembershipChanges changes = state_->collections.device_changed(change.device, delta, before, now);
  if (delta.is_new)
    changes.insert(changes.begin(), {CollectionId(kAllSystems), DeviceSet({change.device}), {}});
  return changes;
}

MembershipChanges Fleet::remove(DeviceNumber device) {
  const std::unique_lock lock(state_->mutex);
  if (!state_->rows.find(device)) return {};
  const auto before = state_->collections.times_of(device);
  const DeviceDelta delta = state_->rows.remove(device);
  MembershipChanges changes = state_->collections.device_left(device, delta, before);
  changes.insert(changes.begin(), {CollectionId(kAllSystems), {}, DeviceSet({device})});
  return changes;
}

Result<void> FleetState::save(std::string_view mark, const SnapshotSink& sink) const {
  SnapshotWriter writer(sink);
  writer.bytes(mark);
  rows_->save(writer);
  return writer.finish();
}

FleetState Fleet::state() const {
  return FleetState(std::make_shared<const DeviceRows>(state_->pinned()));
}

Result<LoadedFleet> Fleet::load(const model::Schema& schema, ByteView snapshot) {
  SnapshotReader reader = TRY(SnapshotReader::open(snapshot));
  std::string mark(reader.bytes());
  DeviceRows rows = TRY(DeviceRows::load(schema, reader));
  if (!reader.at_end()) return fail(kBadSnapshot, "there is more behind its end");
  return LoadedFleet{Fleet(std::make_unique<State>(std::move(rows))), std::move(mark)};
}

model::Schema Fleet::schema() const {
  const std::shared_lock lock(state_->mutex);
  return state_->rows.schema();
}

std::vector<CollectionId> Fleet::set_schema(const model::Schema& schema) {
  const std::unique_lock lock(state_->mutex);
  const auto places = state_->rows.places_changed_by(schema);
  auto dropped = state_->collections.drop_rules(places);
  state_->rows.set_schema(schema);
  state_->collections.classes_changed(places);
  return dropped;
}

Result<model::Table> Fleet::evaluate(const model::Query& query,
                                     const EvaluationContext& context) const {
  std::optional<std::vector<DeviceNumber>> only = context.devices;
  if (only) {
    std::ranges::sort(*only);
    only->erase(std::unique(only->begin(), only->end()), only->end());
  }
  const DeviceRows rows = state_->pinned();
  const Plan plan = TRY(model::resolve(query, rows.schema()));
  auto found = TRY(fleet::evaluate(
      rows, plan, {.now = context.now, .only = only, .row_limit = context.row_limit}));
  return model::Table{plan.columns, std::move(found)};
}

Result<DeviceSet> Fleet::devices_matching(const model::Query& query, Timestamp now) const {
  const DeviceRows rows = state_->pinned();
  const Plan plan = TRY(model::resolve_rule(query, rows.schema()));
  return DeviceSet(matching_devices(rows, plan, now));
}

Result<MembershipChanges> Fleet::set_collection(const CollectionId& id, CollectionRule rule,
                                                Timestamp now) {
  const std::unique_lock lock(state_->mutex);
  return state_->collections.set(id, std::move(rule), now);
}

Result<MembershipChanges> Fleet::remove_collection(const CollectionId& id) {
  const std::unique_lock lock(state_->mutex);
  return state_->collections.remove(id);
}

MembershipChanges Fleet::refresh(Timestamp now) {
  const std::unique_lock lock(state_->mutex);
  return state_->collections.refresh(now);
}

bool Fleet::contains(DeviceNumber device) const {
  const std::shared_lock lock(state_->mutex);
  return state_->rows.find(device).has_value();
}

Result<std::vector<DeviceNumber>> Fleet::members(const CollectionId& id) const {
  return TRY(state_->members_of(id)).numbers();
}

Result<std::uint64_t> Fleet::member_count(const CollectionId& id) const {
  return TRY(state_->members_of(id)).size();
}

Result<std::vector<CollectionId>> Fleet::collections_of(DeviceNumber device) const {
  const std::shared_lock lock(state_->mutex);
  if (!state_->rows.find(device)) return unknown_device(device);
  std::vector<CollectionId> out = state_->collections.of(device);
  out.emplace(out.begin(), kAllSystems);
  return out;
}

std::optional<Standing> Fleet::standing_of(const CollectionId& id, DeviceNumber device) const {
  const std::shared_lock lock(state_->mutex);
  return state_->collections.standing_of(id, device);
}

Result<DeviceInventory> Fleet::rows(DeviceNumber number) const {
  const std::shared_lock lock(state_->mutex);
  const auto device = state_->rows.find(number);
  if (!device) return unknown_device(number);
  return DeviceInventory{state_->rows.schema(), rows_of(state_->rows, *device)};
}

Result<model::RowSetDigest> Fleet::digest(DeviceNumber number) const {
  const std::shared_lock lock(state_->mutex);
  const auto device = state_->rows.find(number);
  if (!device) return unknown_device(number);
  model::RowSetDigest digest;
  for (const ClassRows& rows : rows_of(state_->rows, *device))
    for (const model::Row& row : rows.rows) digest.add(*rows.type, row);
  return digest;
}

FleetCounts Fleet::counts() const {
  const std::shared_lock lock(state_->mutex);
  const DeviceRows& rows = state_->rows;
  FleetCounts out;
  out.devices = rows.devices().size();
  out.collections = state_->collections.size();
  for (std::size_t i = 0; i < rows.tables().size(); ++i)
    if (const RowTable& table = rows.tables()[i]; !table.type().columns.empty())
      out.classes.push_back(
          {.name = std::string(table.type().name),
           .origin = table.type().origin,
           .distinct_rows = table.distinct_rows(),
           .rows = table.all_instances()});
  return out;
}

}  // namespace muster::fleet
