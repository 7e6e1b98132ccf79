#include "store/site/inventory.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "store/site/inventory_read.h"
#include "store/site/row_table.h"
#include "store/site/settings.h"

namespace muster::store {
namespace {

// A row of the caller beside its entry in the row list.
struct Arrival {
  RowEntry entry;
  const model::InventoryClass* type;
  const model::Row* row;
  friend bool operator<(const Arrival& a, const Arrival& b) { return a.entry < b.entry; }
};

std::vector<Bytes> shared_bytes(const model::InventoryClass& type,
                                const std::vector<model::Row>& rows) {
  std::vector<Bytes> out;
  out.reserve(rows.size());
  for (const model::Row& row : rows)
    out.push_back(model::encode_row(type, row, model::Columns::Shared));
  return out;
}

struct StoredRows {
  std::optional<std::string> digest;
  std::vector<RowEntry> rows;
};

class InventoryWriter {
 public:
  static Result<InventoryWriter> open(Transaction& transaction, KnownRows& known,
                                      const model::Schema& schema, DeviceNumber device,
                                      Timestamp now) {
    ClassTable classes = ClassTable::of(*TRY(known.classes(transaction)), schema);
    RowTable rows = TRY(RowTable::open(transaction, known));
    const PackedLists& lists = *TRY(known.lists(transaction));
    return InventoryWriter(transaction, known, lists, device, now, std::move(classes),
                           std::move(rows));
  }

  Result<StoredRows> state();
  Result<std::vector<Arrival>> intern(std::span<const model::ClassRows> rows,
                                      model::RowSetDigest& digest);
  // Takes the rows out of `list`; kDigestMismatch when one is not there.
  Result<std::vector<Arrival>> take_out(std::span<const model::ClassRows> rows,
                                        std::vector<RowEntry>& list, model::RowSetDigest& digest);
  Result<void> save(const std::vector<RowEntry>& list, std::string_view kind,
                    const std::vector<RowEntry>& added, const std::vector<RowEntry>& removed,
                    InventoryChange& change);
  // Sets the Volatile columns of the rows in `list`; false when all have them already.
  Result<bool> refresh(std::span<const model::ClassRows> rows, std::vector<RowEntry>& list);
  // Error: kTooManyRows, if `list` and `added` were one.
  Result<void> check_room(const std::vector<RowEntry>& list,
                          std::span<const model::ClassRows> added) const;
  // Returns the serial that the device's rows have from now on.
  Result<std::int64_t> save_rows(const std::vector<RowEntry>& list);
  Result<void> note_unchanged(const std::string& digest);

 private:
  InventoryWriter(Transaction& transaction, KnownRows& known, const PackedLists& lists,
                  DeviceNumber device, Timestamp now, ClassTable classes, RowTable rows)
      : transaction_(&transaction),
        known_(&known),
        lists_(&lists),
        device_(device),
        now_(now),
        classes_(std::move(classes)),
        rows_(std::move(rows)) {}

  Transaction* transaction_;
  KnownRows* known_;
  const PackedLists* lists_;
  DeviceNumber device_;
  Timestamp now_;
  ClassTable classes_;
  RowTable rows_;
};

Result<StoredRows> InventoryWriter::state() {
  auto state =
      TRY(transaction_->first("SELECT d.inventory_digest, r.rows FROM device d "
                              "LEFT JOIN device_rows r ON r.device = d.number WHERE d.number = $1",
                              {device_}, [&](Rows& rows) -> Result<StoredRows> {
                                StoredRows out{TRY(rows.maybe_text(0)), {}};
                                if (const auto list = TRY(rows.maybe_blob(1)))
                                  out.rows = TRY(lists_->decode(*list));
                                return out;
                              }));
  if (!state) return fail(kNotFound, "device number {}", device_);
  return *std::move(state);
}

Result<std::vector<Arrival>> InventoryWriter::intern(std::span<const model::ClassRows> rows,
                                                     model::RowSetDigest& digest) {
  std::vector<Arrival> out;
  for (const auto& [type, of_class] : rows) {
    const ClassId id = TRY(classes_.id_of(*type));
    const std::vector<Bytes> shared = shared_bytes(*type, of_class);
    const auto ids = TRY(rows_.intern(id, shared));
    const bool has_unique = model::has_columns(*type, model::ColumnKind::Unique);
    const bool has_volatile = model::has_columns(*type, model::ColumnKind::Volatile);
    out.reserve(out.size() + of_class.size());
    for (std::size_t i = 0; i < of_class.size(); ++i) {
      const model::Row& row = of_class[i];
      Arrival arrival{RowEntry{id, ids[i], {}, {}}, type, &row};
      if (has_unique) arrival.entry.unique = encode_row(*type, row, model::Columns::Unique);
      if (has_volatile) arrival.entry.changing = encode_row(*type, row, model::Columns::Volatile);
      out.push_back(std::move(arrival));
      // What all may share is then all by which the row is known.
      if (has_unique)
        digest.add(*type, row);
      else
        digest.add(*type, shared[i]);
    }
  }
  TRY(rows_.close());
  std::sort(out.begin(), out.end());
  return out;
}

Result<std::vector<Arrival>> InventoryWriter::take_out(std::span<const model::ClassRows> rows,
                                                       std::vector<RowEntry>& list,
                                                       model::RowSetDigest& digest) {
  std::vector<Arrival> out;
  std::vector<bool> taken(list.size(), false);
  RowFinder finder(list);
  for (const auto& [type, of_class] : rows) {
    const ClassId id = TRY(classes_.id_of(*type));
    const auto ids = TRY(rows_.find(id, shared_bytes(*type, of_class)));
    for (std::size_t i = 0; i < of_class.size(); ++i) {
      const model::Row& row = of_class[i];
      const auto place =
          ids[i] ? finder.take(id, *ids[i], model::encode_row(*type, row, model::Columns::Unique))
                 : std::nullopt;
      if (!place)
        return fail(kDigestMismatch, "device number {} has no such row of {}", device_, type->name);
      taken[*place] = true;
      out.push_back({list[*place], type, &row});
      digest.remove(*type, row);
    }
  }
  std::size_t index = 0;
  std::erase_if(list, [&](const RowEntry&) { return taken[index++]; });
  std::sort(out.begin(), out.end());
  return out;
}

Result<bool> InventoryWriter::refresh(std::span<const model::ClassRows> rows,
                                      std::vector<RowEntry>& list) {
  bool changed = false;
  RowFinder finder(list);
  for (const auto& [type, of_class] : rows) {
    const ClassId id = TRY(classes_.id_of(*type));
    const auto ids = TRY(rows_.find(id, shared_bytes(*type, of_class)));
    for (std::size_t i = 0; i < of_class.size(); ++i) {
      const model::Row& row = of_class[i];
      if (!ids[i]) continue;
      const auto place =
          finder.take(id, *ids[i], model::encode_row(*type, row, model::Columns::Unique));
      if (!place) continue;
      Bytes changing = model::encode_row(*type, row, model::Columns::Volatile);
      changed |= list[*place].changing != changing;
      list[*place].changing = std::move(changing);
    }
  }
  std::sort(list.begin(), list.end());
  return changed;
}

Result<void> InventoryWriter::check_room(const std::vector<RowEntry>& list,
                                         std::span<const model::ClassRows> added) const {
  std::map<ClassId, std::size_t> counts;
  for (const RowEntry& entry : list) ++counts[entry.type];
  for (const auto& [type, rows] : added) {
    std::size_t& count = counts[TRY(classes_.id_of(*type))];
    count += rows.size();
    if (count > model::kMostRowsPerClass)
      return fail(kTooManyRows, "device number {}: {} rows of {}, at most {} are kept", device_,
                  count, type->name, model::kMostRowsPerClass);
  }
  return {};
}

Result<std::int64_t> InventoryWriter::save_rows(const std::vector<RowEntry>& list) {
  const auto serial = TRY(known_->next_position(*transaction_));
  TRY(transaction_->run(
      "INSERT INTO device_rows (device, rows, serial) VALUES ($1, $2, $3) "
      "ON CONFLICT (device) DO UPDATE SET rows = excluded.rows, serial = excluded.serial",
      {device_, blob(lists_->encode(list)), serial}));
  return serial;
}

Result<void> InventoryWriter::save(const std::vector<RowEntry>& list, std::string_view kind,
                                   const std::vector<RowEntry>& added,
                                   const std::vector<RowEntry>& removed, InventoryChange& change) {
  change.sequence = TRY(save_rows(list));
  TRY(
      transaction_->run("INSERT INTO inventory_log (sequence, device, at, kind, added, removed) "
                        "VALUES ($1, $2, $3, $4, $5, $6)",
                        {change.sequence, device_, now_, kind, blob(lists_->encode(added)),
                         blob(lists_->encode(removed))}));
  TRY(
      transaction_->run("UPDATE device SET inventory_count = $1, inventory_digest = $2, "
                        "inventory_at = $3 WHERE number = $4",
                        {list.size(), change.digest, now_, device_}));
  return {};
}

Result<void> InventoryWriter::note_unchanged(const std::string& digest) {
  TRY(transaction_->run(
      "UPDATE device SET inventory_digest = $1, inventory_at = $2 WHERE number = $3",
      {digest, now_, device_}));
  return {};
}

std::vector<RowEntry> entries_of(const std::vector<Arrival>& arrivals) {
  std::vector<RowEntry> out;
  out.reserve(arrivals.size());
  for (const Arrival& arrival : arrivals) out.push_back(arrival.entry);
  return out;
}

// The digest that the device would have had a delta been applied to `base`; nothing when `base`
// is no digest.
std::optional<std::string> digest_after(std::string_view base,
                                        std::span<const model::ClassRows> removed,
                                        std::span<const model::ClassRows> added) {
  auto digest = model::RowSetDigest::parse(base);
  if (!digest) return std::nullopt;
  for (const auto& [type, rows] : removed)
    for (const model::Row& row : rows) digest->remove(*type, row);
  for (const auto& [type, rows] : added)
    for (const model::Row& row : rows) digest->add(*type, row);
  return digest->text();
}

}  // namespace

Result<InventoryChange> apply_full(Transaction& transaction, KnownRows& known,
                                   const model::Schema& schema, DeviceNumber device,
                                   std::span<const model::ClassRows> rows, Timestamp now) {
  InventoryWriter writer = TRY(InventoryWriter::open(transaction, known, schema, device, now));
  const StoredRows before = TRY(writer.state());
  TRY(writer.check_room({}, rows));
  model::RowSetDigest digest;
  const std::vector<Arrival> arrivals = TRY(writer.intern(rows, digest));
  const std::vector<RowEntry> list = entries_of(arrivals);

  InventoryChange change;
  change.digest = digest.text();
  if (list == before.rows) {
    TRY(writer.note_unchanged(change.digest));
    return change;
  }
  std::vector<RowEntry> removed;
  std::set_difference(before.rows.begin(), before.rows.end(), list.begin(), list.end(),
                      std::back_inserter(removed));
  std::vector<Arrival> added;
  struct ByEntry {
    bool operator()(const Arrival& a, const RowEntry& b) const { return a.entry < b; }
    bool operator()(const RowEntry& a, const Arrival& b) const { return a < b.entry; }
  };
  std::set_difference(arrivals.begin(), arrivals.end(), before.rows.begin(), before.rows.end(),
                      std::back_inserter(added), ByEntry());
  TRY(writer.save(list, "full", entries_of(added), removed, change));
  return change;
}

Result<InventoryChange> apply_delta(Transaction& transaction, KnownRows& known,
                                    const model::Schema& schema, DeviceNumber device,
                                    std::string_view base,
                                    std::span<const model::ClassRows> removed,
                                    std::span<const model::ClassRows> added, Timestamp now) {
  InventoryWriter writer = TRY(InventoryWriter::open(transaction, known, schema, device, now));
  StoredRows state = TRY(writer.state());
  InventoryChange change;
  if (!state.digest)
    return fail(kDigestMismatch, "device number {} has no inventory to build on", device);
  if (*state.digest != base) {
    // A delta can come twice, when its acknowledgement was lost.
    if (digest_after(base, removed, added) != state.digest)
      return fail(kDigestMismatch, "device number {} has {}, the delta is for {}", device,
                  *state.digest, base.substr(0, 60));
    change.digest = *state.digest;
    return change;
  }
  model::RowSetDigest digest = TRY(model::RowSetDigest::parse(base));
  // Taken out first: a mismatch is found before anything is written.
  const std::vector<Arrival> gone = TRY(writer.take_out(removed, state.rows, digest));
  TRY(writer.check_room(state.rows, added));
  const std::vector<Arrival> come = TRY(writer.intern(added, digest));
  const std::vector<RowEntry> gone_entries = entries_of(gone);
  const std::vector<RowEntry> come_entries = entries_of(come);
  std::vector<RowEntry> list;
  list.reserve(state.rows.size() + come_entries.size());
  std::merge(state.rows.begin(), state.rows.end(), come_entries.begin(), come_entries.end(),
             std::back_inserter(list));

  change.digest = digest.text();
  if (gone.empty() && come.empty())
    TRY(writer.note_unchanged(change.digest));
  else
    TRY(writer.save(list, "delta", come_entries, gone_entries, change));
  return change;
}

Result<void> apply_volatile(Transaction& transaction, KnownRows& known, const model::Schema& schema,
                            DeviceNumber device, std::span<const model::ClassRows> rows,
                            Timestamp now) {
  InventoryWriter writer = TRY(InventoryWriter::open(transaction, known, schema, device, now));
  StoredRows stored = TRY(writer.state());
  if (TRY(writer.refresh(rows, stored.rows))) TRY(writer.save_rows(stored.rows));
  return {};
}

}  // namespace muster::store
