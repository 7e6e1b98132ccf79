#include "store/site/settings.h"

#include "base/check.h"

namespace muster::store {
namespace {

std::string_view counter_name(Counter counter) {
  switch (counter) {
    case Counter::Object:
      return "object";
    case Counter::Change:
      return "change";
    case Counter::Policy:
      return "policy";
    case Counter::Device:
      return "device";
    case Counter::InventoryRow:
      return "inventory_row";
    case Counter::InventoryClass:
      return "inventory_class";
    case Counter::InventorySequence:
      return "inventory_sequence";
    case Counter::Status:
      return "status";
    case Counter::Audit:
      return "audit";
    case Counter::Quarantine:
      return "quarantine";
    case Counter::Revocation:
      return "revocation";
    case Counter::CollectedFile:
      return "collected_file";
  }
  MUSTER_CHECK(false);
}

}  // namespace

Result<std::optional<Bytes>> site_setting(Reader& reader, std::string_view name) {
  return reader.first("SELECT value FROM site_setting WHERE name = $1", {name},
                      [](Rows& rows) { return rows.blob(0); });
}

Result<void> set_site_setting(Transaction& transaction, std::string_view name, ByteView value) {
  TRY(
      transaction.run("INSERT INTO site_setting (name, value) VALUES ($1, $2) "
                      "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                      {name, blob(value)}));
  return {};
}

Result<Bytes> site_secret(Transaction& transaction, std::string_view name, std::size_t size,
                          Random& random) {
  if (auto known = TRY(site_setting(transaction, name))) {
    if (known->size() != size)
      return fail(kUnexpectedValue, "secret {} has {} bytes, not {}", name, known->size(), size);
    return *std::move(known);
  }
  Bytes secret = random.bytes(size);
  TRY(set_site_setting(transaction, name, secret));
  return secret;
}

Result<std::int64_t> take_counter(Transaction& transaction, Counter counter, std::int64_t count) {
  MUSTER_CHECK(count > 0);
  const auto last = TRY(transaction.first(
      "INSERT INTO counter (name, value) VALUES ($1, $2) "
      "ON CONFLICT (name) DO UPDATE SET value = counter.value + excluded.value "
      "RETURNING value",
      {counter_name(counter), count}, [](Rows& rows) { return rows.integer(0); }));
  MUSTER_CHECK(last.has_value());
  return *last - count + 1;
}

Result<void> give_back_to_counter(Transaction& transaction, Counter counter, std::int64_t count) {
  TRY(transaction.run("UPDATE counter SET value = value - $1 WHERE name = $2",
                      {count, counter_name(counter)}));
  return {};
}

Result<std::int64_t> read_counter(Reader& reader, Counter counter) {
  const auto value =
      TRY(reader.first("SELECT value FROM counter WHERE name = $1", {counter_name(counter)},
                       [](Rows& rows) { return rows.integer(0); }));
  return value.value_or(0);
}

}  // namespace muster::store
