#include "store/site/row_table.h"

#include <algorithm>
#include <set>

#include "base/byte_writer.h"
#include "base/check.h"
#include "base/keyed_hash.h"
#include "store/site/inventory.h"
#include "store/site/settings.h"

namespace muster::store {
namespace {

constexpr std::string_view kKeyName = "inventory.row-key";
// Two rows share a hash by chance once in 2^64 rows; a second such pair at the same place means
// that the key has leaked.
constexpr std::uint8_t kMostProbes = 4;

std::string layout_of(const model::InventoryClass& type) {
  std::string out;
  for (const model::Column& column : type.columns)
    out += fmt::format("{}:{}:{};", column.name, static_cast<int>(column.type),
                       static_cast<int>(column.kind));
  return out;
}

// Those of the program's classes are asked for with every message.
std::string layout(const model::InventoryClass& type) {
  static const std::vector<std::string> kOwn = [] {
    std::vector<std::string> out;
    for (const auto& own : model::inventory_classes()) out.push_back(layout_of(own));
    return out;
  }();
  if (model::find_inventory_class(type.name) != &type) return layout_of(type);
  return kOwn[static_cast<std::size_t>(&type - model::inventory_classes().data())];
}

struct KnownClass {
  ClassId id;
  std::string name;
  std::string layout;
};

Result<std::vector<KnownClass>> known_classes(Reader& reader) {
  return reader.all("SELECT id, name, layout FROM inventory_class ORDER BY id", {},
                    [](Rows& rows) -> Result<KnownClass> {
                      return KnownClass{static_cast<ClassId>(TRY(rows.integer(0))),
                                        TRY(rows.text(1)), TRY(rows.text(2))};
                    });
}

bool is_retired(const KnownClass& known) { return known.layout.starts_with("retired "); }

// Its rows stay until nothing names them, and nobody reads them any more.
Result<void> retire(Transaction& transaction, const KnownClass& known) {
  TRY(transaction.run("UPDATE inventory_class SET layout = $1 WHERE id = $2",
                      {fmt::format("retired {}", known.id), known.id}));
  return {};
}

// The devices that have rows of a class that is gone are asked for all they have.
Result<std::vector<DeviceNumber>> ask_for_full(Transaction& transaction,
                                               const std::set<ClassId>& gone) {
  std::vector<DeviceNumber> out;
  if (gone.empty()) return out;
  const auto devices = TRY(transaction.all(
      "SELECT device, rows FROM device_rows", {}, [&](Rows& rows) -> Result<std::int64_t> {
        const auto entries = TRY(decode_row_list(TRY(rows.blob_view(1))));
        const bool has = std::ranges::any_of(
            entries, [&](const RowEntry& entry) { return gone.contains(entry.type); });
        return has ? TRY(rows.integer(0)) : 0;
      }));
  for (const std::int64_t device : devices) {
    if (device == 0) continue;
    TRY(
        transaction.run("UPDATE device SET inventory_digest = NULL, resync = resync + 1 "
                        "WHERE number = $1 AND inventory_digest IS NOT NULL",
                        {device}));
    out.push_back(static_cast<DeviceNumber>(device));
  }
  return out;
}

}  // namespace

Result<ClassTable> ClassTable::load(Reader& reader, const model::Schema& schema) {
  ClassTable out;
  Rows rows = TRY(reader.query("SELECT id, name, layout FROM inventory_class"));
  while (TRY(rows.next())) {
    const model::InventoryClass* type = schema.find(TRY(rows.text_view(1)));
    if (type == nullptr) continue;
    if (layout(*type) == TRY(rows.text_view(2)))
      out.entries_.emplace_back(static_cast<ClassId>(TRY(rows.integer(0))), type);
  }
  return out;
}

Result<ClassId> ClassTable::id_of(const model::InventoryClass& type) const {
  for (const auto& [id, known] : entries_)
    if (known == &type || known->name == type.name) return id;
  return fail(kNotFound, "inventory class {} is not registered", type.name);
}

const model::InventoryClass* ClassTable::type_of(ClassId id) const {
  for (const auto& [known, type] : entries_)
    if (known == id) return type;
  return nullptr;
}

Result<RowTable> RowTable::open(Transaction& transaction) {
  const auto key = TRY(site_setting(transaction, kKeyName));
  if (!key || key->size() != kHashKeySize)
    return fail(kNotFound, "setting {} with {} bytes", kKeyName, kHashKeySize);
  return RowTable(transaction, *key);
}

Result<RowTable::Place> RowTable::look_up(ClassId type, ByteView bytes) {
  ByteWriter message;
  message.bytes(bytes);
  message.u32(type);
  for (std::uint8_t probe = 0; probe < kMostProbes; ++probe) {
    Bytes hash;
    if (probe == 0) {
      hash = keyed_hash(key_, message.view());
    } else {
      ByteWriter again;
      again.bytes(message.view());
      again.u8(probe);
      hash = keyed_hash(key_, again.view());
    }
    Rows rows = TRY(transaction_->query(
        "SELECT id, bytes FROM inventory_row WHERE class = $1 AND hash = $2", {type, blob(hash)}));
    if (!TRY(rows.next())) return Place{std::nullopt, std::move(hash)};
    if (TRY(rows.blob_view(1)) == bytes)
      return Place{static_cast<std::uint64_t>(TRY(rows.integer(0))), {}};
  }
  return fail(kRowCollision, "class {}, {} bytes", type, bytes.size());
}

Result<std::optional<std::uint64_t>> RowTable::find(ClassId type, ByteView bytes) {
  return TRY(look_up(type, bytes)).id;
}

Result<std::uint64_t> RowTable::intern(ClassId type, ByteView bytes) {
  const Place place = TRY(look_up(type, bytes));
  if (place.id) return *place.id;
  if (first_new_ == 0) first_new_ = TRY(read_counter(*transaction_, Counter::InventoryRow)) + 1;
  const std::int64_t id = first_new_ + new_rows_++;
  TRY(transaction_->run(
      "INSERT INTO inventory_row (id, class, hash, bytes) VALUES ($1, $2, $3, $4)",
      {id, type, blob(place.hash), blob(bytes)}));
  return static_cast<std::uint64_t>(id);
}

Result<void> RowTable::close() {
  if (new_rows_ == 0) return {};
  const std::int64_t first = TRY(take_counter(*transaction_, Counter::InventoryRow, new_rows_));
  MUSTER_CHECK(first == first_new_);
  first_new_ = new_rows_ = 0;
  return {};
}

Result<void> make_row_key(Transaction& transaction, Random& random) {
  TRY(site_secret(transaction, kKeyName, kHashKeySize, random));
  return {};
}

Result<std::vector<DeviceNumber>> register_inventory_classes(Transaction& transaction,
                                                             const model::Schema& schema,
                                                             Random& random) {
  TRY(make_row_key(transaction, random));
  std::set<ClassId> gone;
  std::set<std::string, std::less<>> present;
  for (const KnownClass& known : TRY(known_classes(transaction))) {
    if (is_retired(known)) continue;
    const model::InventoryClass* type = schema.find(known.name);
    const std::string wanted = type == nullptr ? std::string() : layout(*type);
    // Columns that were added at the end leave the bytes of older rows as they are.
    if (type == nullptr || !wanted.starts_with(known.layout)) {
      TRY(retire(transaction, known));
      gone.insert(known.id);
      continue;
    }
    present.insert(known.name);
    if (wanted != known.layout)
      TRY(transaction.run("UPDATE inventory_class SET layout = $1 WHERE id = $2",
                          {wanted, known.id}));
  }
  for (const model::InventoryClass* type : schema.classes()) {
    if (present.contains(type->name)) continue;
    const std::int64_t id = TRY(take_counter(transaction, Counter::InventoryClass));
    TRY(transaction.run("INSERT INTO inventory_class (id, name, layout) VALUES ($1, $2, $3)",
                        {id, type->name, layout(*type)}));
  }
  return ask_for_full(transaction, gone);
}

Result<bool> was_inventory_class(Reader& reader, std::string_view name) {
  return TRY(reader.first("SELECT 1 FROM inventory_class WHERE name = $1", {name},
                          [](Rows& rows) { return rows.integer(0); }))
      .has_value();
}

}  // namespace muster::store
