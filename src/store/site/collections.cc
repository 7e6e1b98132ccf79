#include "store/site/collections.h"

namespace muster::store {
namespace {

Result<std::int64_t> first_integer(Rows& rows) { return rows.integer(0); }

}  // namespace

Result<bool> add_member(Transaction& transaction, const model::ObjectId& collection,
                        DeviceNumber device, Timestamp now) {
  return TRY(transaction.run("INSERT INTO collection_member (collection, device, since) "
                             "SELECT CAST($1 AS TEXT), number, CAST($3 AS BIGINT) "
                             "FROM device WHERE number = $2 "
                             "ON CONFLICT (collection, device) DO NOTHING",
                             {collection.text(), device, now})) > 0;
}

Result<bool> remove_member(Transaction& transaction, const model::ObjectId& collection,
                           DeviceNumber device) {
  return TRY(transaction.run("DELETE FROM collection_member WHERE collection = $1 AND device = $2",
                             {collection.text(), device})) > 0;
}

Result<std::int64_t> remove_members(Transaction& transaction, const model::ObjectId& collection) {
  return transaction.run("DELETE FROM collection_member WHERE collection = $1",
                         {collection.text()});
}

Result<std::vector<CollectionMember>> members_of(Reader& reader, const model::ObjectId& collection,
                                                 DeviceNumber after, std::int64_t limit) {
  return reader.all(
      "SELECT device, since FROM collection_member WHERE collection = $1 AND device > $2 "
      "ORDER BY device LIMIT $3",
      {collection.text(), after, limit}, [](Rows& rows) -> Result<CollectionMember> {
        return CollectionMember{static_cast<DeviceNumber>(TRY(rows.integer(0))), TRY(rows.time(1))};
      });
}

Result<std::int64_t> count_members(Reader& reader, const model::ObjectId& collection) {
  const auto count =
      TRY(reader.first("SELECT COUNT(*) FROM collection_member WHERE collection = $1",
                       {collection.text()}, first_integer));
  return count.value_or(0);
}

Result<bool> is_member(Reader& reader, const model::ObjectId& collection, DeviceNumber device) {
  const auto found =
      TRY(reader.first("SELECT since FROM collection_member WHERE collection = $1 AND device = $2",
                       {collection.text(), device}, first_integer));
  return found.has_value();
}

Result<std::vector<model::ObjectId>> collections_of(Reader& reader, DeviceNumber device) {
  return reader.all(
      "SELECT collection FROM collection_member WHERE device = $1 ORDER BY collection", {device},
      [](Rows& rows) -> Result<model::ObjectId> {
        return model::ObjectId::parse(TRY(rows.text_view(0)));
      });
}

}  // namespace muster::store
