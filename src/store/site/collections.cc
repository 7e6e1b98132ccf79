#include "store/site/collections.h"

#include "store/row_chunks.h"

namespace muster::store {
namespace {

// `sql` with the places of `room` devices behind its first `fixed` parameters.
template <typename Sql>
Result<void> for_devices(Transaction& transaction, const std::vector<Param>& fixed,
                         std::span<const DeviceNumber> devices, Sql&& sql) {
  return in_padded_chunks(
      devices.size(), [&](std::size_t first, std::size_t count, std::size_t room) -> Result<void> {
        std::vector<Param> params = fixed;
        for (std::size_t i = 0; i < room; ++i)
          params.emplace_back(devices[first + std::min(i, count - 1)]);
        TRY(transaction.run(sql(placeholders(fixed.size() + 1, room)), Params(params)));
        return {};
      });
}

}  // namespace

Result<void> add_members(Transaction& transaction, const model::ObjectId& collection,
                         std::span<const DeviceNumber> devices, Timestamp now) {
  const std::string& id = collection.text();
  return for_devices(transaction, {id, now}, devices, [](const std::string& places) {
    return fmt::format(
        "INSERT INTO collection_member (collection, device, since) "
        "SELECT CAST($1 AS TEXT), number, CAST($2 AS BIGINT) FROM device WHERE number IN ({}) "
        "ON CONFLICT (collection, device) DO NOTHING",
        places);
  });
}

Result<void> remove_members(Transaction& transaction, const model::ObjectId& collection,
                            std::span<const DeviceNumber> devices) {
  const std::string& id = collection.text();
  return for_devices(transaction, {id}, devices, [](const std::string& places) {
    return fmt::format("DELETE FROM collection_member WHERE collection = $1 AND device IN ({})",
                       places);
  });
}

Result<void> remove_all_members(Transaction& transaction, const model::ObjectId& collection) {
  TRY(transaction.run("DELETE FROM collection_member WHERE collection = $1", {collection.text()}));
  return {};
}

Result<void> forget_members(Transaction& transaction) {
  TRY(transaction.run("DELETE FROM collection_member", {}));
  return {};
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

}  // namespace muster::store
