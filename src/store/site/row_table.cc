#include "store/site/row_table.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <unordered_map>

#include "base/byte_writer.h"
#include "base/check.h"
#include "base/keyed_hash.h"
#include "store/row_chunks.h"
#include "store/site/inventory.h"
#include "store/site/settings.h"

namespace muster::store {
namespace {

constexpr std::string_view kKeyName = "inventory.row-key";
// Two rows share a hash by chance once in 2^64 rows; a second such pair at the same place means
// that the key has leaked.
constexpr std::uint8_t kMostProbes = 4;

// Those of the program's classes are asked for with every message.
std::string layout(const model::InventoryClass& type) {
  static const std::vector<std::string> own_layouts = [] {
    std::vector<std::string> out;
    for (const auto& own : model::inventory_classes()) out.push_back(model::layout_of(own));
    return out;
  }();
  if (model::find_inventory_class(type.name) != &type) return model::layout_of(type);
  return own_layouts[static_cast<std::size_t>(&type - model::inventory_classes().data())];
}

// The texts of statements for each of the few sizes, made once.
std::string select_by_hash(std::size_t rows) {
  return fmt::format("SELECT hash, id, bytes FROM inventory_row WHERE class = $1 AND hash IN ({})",
                     placeholders(2, rows));
}
std::string insert_rows(std::size_t rows) {
  return "INSERT INTO inventory_row (id, class, hash, bytes) VALUES " + placeholder_rows(rows, 4);
}

using Hash = KnownRows::Hash;

// As it stands in the table: what keyed_hash gives.
ByteView bytes_of(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), sizeof hash};
}
Hash words_of(ByteView bytes) {
  Hash out{};
  std::memcpy(out.data(), bytes.data(), std::min(sizeof out, bytes.size()));
  return out;
}

struct FirstWord {
  std::size_t operator()(const Hash& hash) const { return hash[0]; }
};

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
  const PackedLists lists = TRY(PackedLists::load(transaction));
  const auto devices = TRY(transaction.all(
      "SELECT device, rows FROM device_rows", {}, [&](Rows& rows) -> Result<std::int64_t> {
        const auto entries = TRY(lists.decode(TRY(rows.blob_view(1))));
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

Result<std::vector<KnownClass>> known_classes(Reader& reader) {
  return reader.all("SELECT id, name, layout FROM inventory_class ORDER BY id", {},
                    [](Rows& rows) -> Result<KnownClass> {
                      return KnownClass{static_cast<ClassId>(TRY(rows.integer(0))),
                                        TRY(rows.text(1)), TRY(rows.text(2))};
                    });
}

Result<ClassTable> ClassTable::load(Reader& reader, const model::Schema& schema) {
  return of(TRY(known_classes(reader)), schema);
}

ClassTable ClassTable::of(const std::vector<KnownClass>& known, const model::Schema& schema) {
  ClassTable out;
  for (const KnownClass& each : known) {
    const model::InventoryClass* type = schema.find(each.name);
    if (type != nullptr && layout(*type) == each.layout) out.entries_.emplace_back(each.id, type);
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

Result<RowTable> RowTable::open(Transaction& transaction, KnownRows& known) {
  const ByteView key = TRY(known.key(transaction));
  return RowTable(transaction, known, key);
}

Hash RowTable::hash_of(ClassId type, ByteView bytes, std::uint8_t probe) {
  hashed_.clear();
  hashed_.bytes(bytes);
  hashed_.u32(type);
  if (probe > 0) hashed_.u8(probe);
  return keyed_hash_words(key_, hashed_.view());
}

Result<RowTable::Place> RowTable::probe_on(ClassId type, ByteView bytes) {
  for (std::uint8_t probe = 1; probe < kMostProbes; ++probe) {
    const Hash hash = hash_of(type, bytes, probe);
    Rows rows = TRY(
        transaction_->query("SELECT id, bytes FROM inventory_row WHERE class = $1 AND hash = $2",
                            {type, blob(bytes_of(hash))}));
    if (!TRY(rows.next())) return Place{std::nullopt, hash};
    if (TRY(rows.blob_view(1)) == bytes)
      return Place{static_cast<std::uint64_t>(TRY(rows.integer(0))), {}};
  }
  return fail(kRowCollision, "class {}, {} bytes", type, bytes.size());
}

Result<std::vector<RowTable::Place>> RowTable::look_up(ClassId type,
                                                       const std::vector<Bytes>& rows) {
  std::vector<Place> out(rows.size());
  // Many rows of a report are there twice, and a hash is looked for once.
  std::unordered_map<Hash, std::vector<std::size_t>, FirstWord> places;
  for (std::size_t i = 0; i < rows.size(); ++i) out[i].hash = hash_of(type, rows[i], 0);
  std::vector<Hash> hashes;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out[i].id = known_->find(out[i].hash);
    if (out[i].id) continue;
    auto& same = places[out[i].hash];
    if (same.empty()) hashes.push_back(out[i].hash);
    same.push_back(i);
  }
  std::vector<std::size_t> others;
  TRY(in_padded_chunks(
      hashes.size(), [&](std::size_t first, std::size_t count, std::size_t room) -> Result<void> {
        std::vector<Param> params = {type};
        for (std::size_t i = 0; i < room; ++i)
          params.emplace_back(blob(bytes_of(hashes[first + std::min(i, count - 1)])));
        Rows found = TRY(transaction_->query(select_by_hash(room), Params(params)));
        while (TRY(found.next())) {
          const auto same = places.find(words_of(TRY(found.blob_view(0))));
          MUSTER_CHECK(same != places.end());
          for (const std::size_t i : same->second) {
            if (TRY(found.blob_view(2)) == rows[i]) {
              out[i].id = static_cast<std::uint64_t>(TRY(found.integer(1)));
              known_->note(out[i].hash, *out[i].id);
            } else {
              others.push_back(i);
            }
          }
        }
        return {};
      }));
  for (const std::size_t i : others) out[i] = TRY(probe_on(type, rows[i]));
  return out;
}

Result<std::vector<std::optional<std::uint64_t>>> RowTable::find(ClassId type,
                                                                 const std::vector<Bytes>& rows) {
  std::vector<std::optional<std::uint64_t>> out;
  for (const Place& place : TRY(look_up(type, rows))) out.push_back(place.id);
  return out;
}

Result<std::uint64_t> RowTable::next_id() {
  if (first_new_ == 0) first_new_ = TRY(read_counter(*transaction_, Counter::InventoryRow)) + 1;
  return static_cast<std::uint64_t>(first_new_ + new_rows_++);
}

Result<std::vector<std::uint64_t>> RowTable::intern(ClassId type, const std::vector<Bytes>& rows) {
  std::vector<Place> places = TRY(look_up(type, rows));
  // New ones by their hashes; equal ones in one report are one row.
  std::unordered_map<Hash, std::size_t, FirstWord> first_with;
  std::vector<std::size_t> fresh, doubtful;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (places[i].id) continue;
    const auto [same, is_first] = first_with.emplace(places[i].hash, i);
    if (is_first) {
      places[i].id = TRY(next_id());
      fresh.push_back(i);
    } else if (rows[same->second] == rows[i]) {
      places[i].id = places[same->second].id;
    } else {
      doubtful.push_back(i);
    }
  }
  TRY(in_chunks(fresh.size(), [&](std::size_t first, std::size_t size) -> Result<void> {
    std::vector<Param> params;
    for (std::size_t i = first; i < first + size; ++i) {
      const Place& place = places[fresh[i]];
      params.insert(params.end(),
                    {*place.id, type, blob(bytes_of(place.hash)), blob(rows[fresh[i]])});
    }
    TRY(transaction_->run(insert_rows(size), Params(params)));
    return {};
  }));
  std::vector<std::uint64_t> out;
  out.reserve(places.size());
  // Two new rows with one hash: now that the first is there, the other finds its place.
  for (const std::size_t i : doubtful) places[i].id = TRY(intern(type, {rows[i]}))[0];
  for (const Place& place : places) out.push_back(*place.id);
  return out;
}

Result<void> RowTable::close() {
  if (new_rows_ == 0) return {};
  const std::int64_t first = TRY(take_counter(*transaction_, Counter::InventoryRow, new_rows_));
  MUSTER_CHECK(first == first_new_);
  first_new_ = new_rows_ = 0;
  return {};
}

Result<std::optional<Bytes>> find_row_key(Reader& reader) { return site_setting(reader, kKeyName); }

Result<Bytes> read_row_key(Reader& reader) {
  auto key = TRY(find_row_key(reader));
  if (!key || key->size() != kHashKeySize)
    return fail(kNotFound, "setting {} with {} bytes", kKeyName, kHashKeySize);
  return *std::move(key);
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
    if (type->origin != model::Origin::Client || present.contains(type->name)) continue;
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
