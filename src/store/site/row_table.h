// The table of distinct inventory rows: from classes and bytes to ids and back.
#pragma once

#include "base/random.h"
#include "model/schema.h"
#include "store/database.h"
#include "store/site/row_list.h"

namespace muster::store {

// Which classes of a schema the database knows in their present layout.
class ClassTable {
 public:
  // `schema` outlives it.
  static Result<ClassTable> load(Reader& reader, const model::Schema& schema);

  // Error: kNotFound when register_inventory_classes was not called.
  Result<ClassId> id_of(const model::InventoryClass& type) const;
  // Nothing for classes that the schema does not have, or had in another layout.
  const model::InventoryClass* type_of(ClassId id) const;

 private:
  std::vector<std::pair<ClassId, const model::InventoryClass*>> entries_;
};

// Gives ids to rows. Equal bytes are verified at every hit.
class RowTable {
 public:
  static Result<RowTable> open(Transaction& transaction);

  Result<std::optional<std::uint64_t>> find(ClassId type, ByteView bytes);
  // Error: kRowCollision.
  Result<std::uint64_t> intern(ClassId type, ByteView bytes);
  // Notes the ids that intern() took; to be called before the transaction ends.
  Result<void> close();

 private:
  RowTable(Transaction& transaction, Bytes key)
      : transaction_(&transaction), key_(std::move(key)) {}
  // The id, or the hash under which the row can be inserted.
  struct Place {
    std::optional<std::uint64_t> id;
    Bytes hash;
  };
  Result<Place> look_up(ClassId type, ByteView bytes);

  Transaction* transaction_;
  Bytes key_;
  std::int64_t first_new_ = 0;  // 0: none was taken yet
  std::int64_t new_rows_ = 0;
};

// Makes the site's key for the hashes of rows.
Result<void> make_row_key(Transaction& transaction, Random& random);

}  // namespace muster::store
