#include "store/site/apply_sets.h"

namespace muster::store {

Result<void> set_apply_set(Transaction& transaction, const model::ObjectId& object,
                           std::string_view name) {
  TRY(
      transaction.run("INSERT INTO apply_set_member (object, name) VALUES ($1, $2) "
                      "ON CONFLICT (object) DO UPDATE SET name = excluded.name",
                      {object.text(), name}));
  return {};
}

Result<void> leave_apply_set(Transaction& transaction, const model::ObjectId& object) {
  TRY(transaction.run("DELETE FROM apply_set_member WHERE object = $1", {object.text()}));
  return {};
}

Result<std::optional<std::string>> apply_set_of(Reader& reader, const model::ObjectId& object) {
  return reader.first("SELECT name FROM apply_set_member WHERE object = $1", {object.text()},
                      [](Rows& rows) { return rows.text(0); });
}

Result<std::vector<model::ObjectId>> objects_of_apply_set(Reader& reader, std::string_view name) {
  return reader.all("SELECT object FROM apply_set_member WHERE name = $1 ORDER BY object", {name},
                    [](Rows& rows) -> Result<model::ObjectId> {
                      return model::ObjectId::parse(TRY(rows.text_view(0)));
                    });
}

}  // namespace muster::store
