// The table of distinct inventory rows: from classes and bytes to ids and back.
#pragma once

#include "base/byte_writer.h"
#include "base/random.h"
#include "model/schema.h"
#include "store/database.h"
#include "store/site/known_rows.h"
#include "store/site/row_list.h"

namespace muster::store {

// Which classes of a schema the database knows in their present layout.
class ClassTable {
 public:
  // `schema` outlives it.
  static Result<ClassTable> load(Reader& reader, const model::Schema& schema);
  static ClassTable of(const std::vector<KnownClass>& known, const model::Schema& schema);

  // Error: kNotFound when register_inventory_classes was not called.
  Result<ClassId> id_of(const model::InventoryClass& type) const;
  // Nothing for classes that the schema does not have, or had in another layout.
  const model::InventoryClass* type_of(ClassId id) const;

 private:
  std::vector<std::pair<ClassId, const model::InventoryClass*>> entries_;
};

// Those that were retired included.
Result<std::vector<KnownClass>> known_classes(Reader& reader);

// Gives ids to rows. A row that is read is compared byte by byte; one that is remembered has the
// keyed hash of 128 bits in common.
class RowTable {
 public:
  // `known` outlives it.
  static Result<RowTable> open(Transaction& transaction, KnownRows& known);

  // Their ids, in their order; many rows want few statements.
  Result<std::vector<std::optional<std::uint64_t>>> find(ClassId type,
                                                         const std::vector<Bytes>& rows);
  // Error: kRowCollision.
  Result<std::vector<std::uint64_t>> intern(ClassId type, const std::vector<Bytes>& rows);
  // Notes the ids that intern() took; to be called before the transaction ends.
  Result<void> close();

 private:
  RowTable(Transaction& transaction, KnownRows& known, ByteView key)
      : transaction_(&transaction), known_(&known), key_(key) {}
  // The id, or the hash under which the row can be inserted.
  struct Place {
    std::optional<std::uint64_t> id;
    KnownRows::Hash hash;
  };
  KnownRows::Hash hash_of(ClassId type, ByteView bytes, std::uint8_t probe);
  Result<std::vector<Place>> look_up(ClassId type, const std::vector<Bytes>& rows);
  // From the second probe on: another row has the hash.
  Result<Place> probe_on(ClassId type, ByteView bytes);
  Result<std::uint64_t> next_id();

  Transaction* transaction_;
  KnownRows* known_;
  ByteView key_;                // of `known_`
  ByteWriter hashed_;           // kept for its room
  std::int64_t first_new_ = 0;  // 0: none was taken yet
  std::int64_t new_rows_ = 0;
};

// The site's key for the hashes of rows; nothing before a class was registered.
Result<std::optional<Bytes>> find_row_key(Reader& reader);
// Error: kNotFound where there is none.
Result<Bytes> read_row_key(Reader& reader);
// Makes it.
Result<void> make_row_key(Transaction& transaction, Random& random);

}  // namespace muster::store
