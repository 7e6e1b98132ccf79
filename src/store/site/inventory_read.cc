#include "store/site/inventory_read.h"

#include <algorithm>

#include "store/site/packed_lists.h"
#include "store/site/settings.h"

namespace muster::store {
namespace {

void merge_into(model::Row& row, model::Row&& part) {
  for (std::size_t i = 0; i < row.size(); ++i)
    if (part[i].index() != 0) row[i] = std::move(part[i]);
}

bool has_own_columns(const model::InventoryClass& type) {
  return std::any_of(type.columns.begin(), type.columns.end(), [](const model::Column& column) {
    return column.kind != model::ColumnKind::Shared;
  });
}

struct LogBlobs {
  InventoryLogEntry entry;
  Bytes added;
  Bytes removed;
};

Result<LogBlobs> decode_log(Rows& rows) {
  const std::string kind = TRY(rows.text(3));
  return LogBlobs{{TRY(rows.integer(0)),
                   static_cast<DeviceNumber>(TRY(rows.integer(1))),
                   TRY(rows.time(2)),
                   kind == "full",
                   {},
                   {}},
                  TRY(rows.blob(4)),
                  TRY(rows.blob(5))};
}

Result<void> visit_rows(Reader& reader, const ClassTable& classes, InventoryVisitor& visitor) {
  Rows rows = TRY(reader.query("SELECT id, class, bytes FROM inventory_row ORDER BY id"));
  while (TRY(rows.next())) {
    const auto* type = classes.type_of(static_cast<ClassId>(TRY(rows.integer(1))));
    if (type == nullptr) continue;
    const auto id = static_cast<RowId>(TRY(rows.integer(0)));
    const model::Row row = TRY_IN(
        model::decode_row(*type, TRY(rows.blob_view(2)), model::Columns::Shared), "row {}", id);
    TRY(visitor.row(id, *type, row));
  }
  return {};
}

Result<void> visit_devices(Reader& reader, const ClassTable& classes, InventoryVisitor& visitor) {
  const PackedLists lists = TRY(PackedLists::load(reader));
  Rows rows = TRY(reader.query("SELECT device, rows FROM device_rows ORDER BY device"));
  std::vector<DeviceRow> list;
  while (TRY(rows.next())) {
    const auto device = static_cast<DeviceNumber>(TRY(rows.integer(0)));
    list.clear();
    for (const RowEntry& entry :
         TRY_IN(lists.decode(TRY(rows.blob_view(1))), "device number {}", device)) {
      const auto* type = classes.type_of(entry.type);
      if (type == nullptr) continue;
      list.push_back({entry.id, type, {}});
      if (has_own_columns(*type)) list.back().own = TRY(decode_own(*type, entry));
    }
    TRY(visitor.device(device, list));
  }
  return {};
}

}  // namespace

Result<model::Row> decode_own(const model::InventoryClass& type, const RowEntry& entry) {
  model::Row own = TRY(model::decode_row(type, entry.unique, model::Columns::All));
  merge_into(own, TRY(model::decode_row(type, entry.changing, model::Columns::All)));
  return own;
}

Result<const model::Row*> RowResolver::shared(const RowEntry& entry,
                                              const model::InventoryClass& type) {
  const auto found = known_.find(entry.id);
  if (found != known_.end()) return &found->second;
  auto row = TRY(reader_->first("SELECT bytes FROM inventory_row WHERE id = $1", {entry.id},
                                [&](Rows& rows) -> Result<model::Row> {
                                  return model::decode_row(type, TRY(rows.blob_view(0)),
                                                           model::Columns::Shared);
                                }));
  if (!row) return fail(kUnexpectedValue, "inventory row {} of {} is gone", entry.id, type.name);
  return &known_.emplace(entry.id, *std::move(row)).first->second;
}

Result<std::vector<InventoryRow>> RowResolver::rows(const std::vector<RowEntry>& entries) {
  std::vector<InventoryRow> out;
  out.reserve(entries.size());
  for (const RowEntry& entry : entries) {
    const model::InventoryClass* type = classes_->type_of(entry.type);
    if (type == nullptr) continue;
    InventoryRow row{entry.id, type, *TRY(shared(entry, *type))};
    if (has_own_columns(*type)) merge_into(row.row, TRY(decode_own(*type, entry)));
    out.push_back(std::move(row));
  }
  return out;
}

struct InventoryReader::Parts {
  Parts(Reader& from, PackedLists packed, ClassTable known)
      : reader(from),
        lists(std::move(packed)),
        classes(std::move(known)),
        resolver(from, classes) {}

  Reader& reader;
  const PackedLists lists;
  const ClassTable classes;
  RowResolver resolver;
};

InventoryReader::InventoryReader(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
InventoryReader::InventoryReader(InventoryReader&&) noexcept = default;
InventoryReader::~InventoryReader() = default;

Result<InventoryReader> InventoryReader::open(Reader& reader, const model::Schema& schema) {
  auto lists = TRY(PackedLists::load(reader));
  auto classes = TRY(ClassTable::load(reader, schema));
  return InventoryReader(std::make_unique<Parts>(reader, std::move(lists), std::move(classes)));
}

Result<std::vector<InventoryRow>> InventoryReader::rows(DeviceNumber device) {
  const auto list =
      TRY(parts_->reader.first("SELECT rows FROM device_rows WHERE device = $1", {device},
                               [&](Rows& rows) -> Result<std::vector<RowEntry>> {
                                 return parts_->lists.decode(TRY(rows.blob_view(0)));
                               }));
  if (!list) return std::vector<InventoryRow>();
  return parts_->resolver.rows(*list);
}

Result<std::vector<InventoryRow>> device_inventory(Reader& reader, const model::Schema& schema,
                                                   DeviceNumber device) {
  return TRY(InventoryReader::open(reader, schema)).rows(device);
}

Result<std::vector<DeviceNumber>> devices_with_rows_after(Reader& reader, std::int64_t serial) {
  return reader.all("SELECT device FROM device_rows WHERE serial > $1 ORDER BY serial", {serial},
                    [](Rows& rows) -> Result<DeviceNumber> {
                      return static_cast<DeviceNumber>(TRY(rows.integer(0)));
                    });
}

Result<std::int64_t> load_inventory(Reader& reader, const model::Schema& schema,
                                    InventoryVisitor& visitor) {
  const ClassTable classes = TRY(ClassTable::load(reader, schema));
  TRY(visit_rows(reader, classes, visitor));
  TRY(visit_devices(reader, classes, visitor));
  return read_counter(reader, Counter::InventorySequence);
}

Result<std::vector<InventoryLogEntry>> inventory_changes_after(Reader& reader,
                                                               const model::Schema& schema,
                                                               std::int64_t sequence,
                                                               std::int64_t limit) {
  const ClassTable classes = TRY(ClassTable::load(reader, schema));
  auto blobs =
      TRY(reader.all("SELECT sequence, device, at, kind, added, removed FROM inventory_log "
                     "WHERE sequence > $1 ORDER BY sequence LIMIT $2",
                     {sequence, limit}, decode_log));
  const PackedLists lists = TRY(PackedLists::load(reader));
  RowResolver resolver(reader, classes);
  std::vector<InventoryLogEntry> out;
  for (LogBlobs& item : blobs) {
    item.entry.added = TRY(resolver.rows(TRY(lists.decode(item.added))));
    item.entry.removed = TRY(resolver.rows(TRY(lists.decode(item.removed))));
    out.push_back(std::move(item.entry));
  }
  return out;
}

Result<std::int64_t> trim_inventory_log(Transaction& transaction, std::int64_t sequence) {
  return transaction.run("DELETE FROM inventory_log WHERE sequence <= $1", {sequence});
}

Result<std::int64_t> trim_inventory_log(Transaction& transaction, Timestamp moment,
                                        std::int64_t limit) {
  return transaction.run(
      "DELETE FROM inventory_log WHERE at < $1 AND sequence IN "
      "(SELECT sequence FROM inventory_log ORDER BY sequence LIMIT $2)",
      {moment, limit});
}

}  // namespace muster::store
