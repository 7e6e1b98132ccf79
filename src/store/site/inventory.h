// Inventory in its durable form: each distinct row once per class, one row list per device, and a
// log of changes that feeds the fleet index.
#pragma once

#include <functional>
#include <memory>

#include "base/random.h"
#include "model/schema.h"
#include "store/site/devices.h"
#include "store/site/known_rows.h"

namespace muster::store {

// Names the Shared columns of one row of one class. Never reused.
using RowId = std::uint64_t;

// One row of a device: the shared part by id, and its own values.
struct DeviceRow {
  RowId id;
  const model::InventoryClass* type;
  // Unique and Volatile columns have their values, the others are absent. Empty when the class
  // has no such columns.
  model::Row own;
};

// One row of a device with all columns.
struct InventoryRow {
  RowId id;
  const model::InventoryClass* type;
  model::Row row;
};

// What the log says of it is read by inventory_changes_after().
struct InventoryChange {
  std::string digest;         // of all rows afterwards
  std::int64_t sequence = 0;  // in the log; 0 when nothing changed
};

// To be called after opening the database, before the functions below, and whenever the schema
// changes. A class that is no longer there, or whose columns are others and not only more, is
// retired: its rows are left out from now on, and the devices that have some are asked for a full
// inventory; they are returned. Who keeps KnownRows forgets them then.
Result<std::vector<DeviceNumber>> register_inventory_classes(Transaction& transaction,
                                                             const model::Schema& schema,
                                                             Random& random);
// Whether a class of that name is registered, or was once.
Result<bool> was_inventory_class(Reader& reader, std::string_view name);

// In what follows rows are of classes of `schema`, which is registered; `known` has begun with the
// transaction, or is empty.

// Replaces all rows of the device. Rows have passed model::check_row, each class stands once.
// Errors: kNotFound, kRowCollision.
Result<InventoryChange> apply_full(Transaction& transaction, KnownRows& known,
                                   const model::Schema& schema, DeviceNumber device,
                                   std::span<const model::ClassRows> rows, Timestamp now);

// Applies a difference to the rows whose digest is `base`. Removed rows are found by their Shared
// and Unique columns. A delta that has been applied already changes nothing and succeeds.
// Errors: kDigestMismatch (nothing is changed; ask for a full inventory), kNotFound.
Result<InventoryChange> apply_delta(Transaction& transaction, KnownRows& known,
                                    const model::Schema& schema, DeviceNumber device,
                                    std::string_view base,
                                    std::span<const model::ClassRows> removed,
                                    std::span<const model::ClassRows> added, Timestamp now);

// Takes over the Volatile columns of rows that the device has, found by their other columns. Rows
// that it does not have are passed over; digest and log stay as they are. Error: kNotFound.
Result<void> apply_volatile(Transaction& transaction, KnownRows& known, const model::Schema& schema,
                            DeviceNumber device, std::span<const model::ClassRows> rows,
                            Timestamp now);

// The devices whose rows, Volatile columns included, are others than when the counter
// InventorySequence was at `serial`.
Result<std::vector<DeviceNumber>> devices_with_rows_after(Reader& reader, std::int64_t serial);

// The inventories of many devices, within one read: what they share is read and unpacked once.
class InventoryReader {
 public:
  // Both outlive it.
  static Result<InventoryReader> open(Reader& reader, const model::Schema& schema);
  InventoryReader(InventoryReader&&) noexcept;
  ~InventoryReader();

  // By class and row id. Nothing for a device without inventory.
  Result<std::vector<InventoryRow>> rows(DeviceNumber device);

 private:
  struct Parts;
  explicit InventoryReader(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// The same for one.
Result<std::vector<InventoryRow>> device_inventory(Reader& reader, const model::Schema& schema,
                                                   DeviceNumber device);

// Receives the inventory of the whole site, from one snapshot: every distinct row once, then
// every device that has rows.
class InventoryVisitor {
 public:
  virtual ~InventoryVisitor() = default;
  // Unique and Volatile columns of `shared` are absent.
  virtual Result<void> row(RowId id, const model::InventoryClass& type,
                           const model::Row& shared) = 0;
  // Sorted by class, then by id.
  virtual Result<void> device(DeviceNumber device, std::span<const DeviceRow> rows) = 0;
};
// Returns the sequence of the last change that is contained; changes_after it complete the view.
Result<std::int64_t> load_inventory(Reader& reader, const model::Schema& schema,
                                    InventoryVisitor& visitor);

struct InventoryLogEntry {
  std::int64_t sequence;
  DeviceNumber device;
  Timestamp at;
  bool full;
  std::vector<InventoryRow> added;
  std::vector<InventoryRow> removed;
};
Result<std::vector<InventoryLogEntry>> inventory_changes_after(Reader& reader,
                                                               const model::Schema& schema,
                                                               std::int64_t sequence,
                                                               std::int64_t limit);
// Forgets entries up to and including `sequence`; returns how many.
Result<std::int64_t> trim_inventory_log(Transaction& transaction, std::int64_t sequence);
// Of the first `limit` entries those that are older than `moment`; returns how many.
Result<std::int64_t> trim_inventory_log(Transaction& transaction, Timestamp moment,
                                        std::int64_t limit);

}  // namespace muster::store
