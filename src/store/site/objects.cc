#include "store/site/objects.h"

#include <limits>

#include "store/site/settings.h"

namespace muster::store {
namespace {

constexpr std::string_view kColumns =
    "id, kind, name, site, serial, spec, created, modified, deleted";

Result<Object> decode_object(Rows& rows) {
  return Object{TRY(model::ObjectId::parse(TRY(rows.text_view(0)))),
                TRY(rows.text(1)),
                TRY(rows.text(2)),
                TRY(model::SiteCode::parse(TRY(rows.text_view(3)))),
                TRY(rows.integer(4)),
                TRY(rows.text(5)),
                TRY(rows.time(6)),
                TRY(rows.time(7)),
                TRY(rows.maybe_time(8))};
}

std::string_view to_text(ChangeAction action) {
  switch (action) {
    case ChangeAction::Create:
      return "create";
    case ChangeAction::Update:
      return "update";
    case ChangeAction::Delete:
      break;
  }
  return "delete";
}

Result<ChangeAction> parse_action(std::string_view text) {
  if (text == "create") return ChangeAction::Create;
  if (text == "update") return ChangeAction::Update;
  if (text == "delete") return ChangeAction::Delete;
  return fail(kUnexpectedValue, "action \"{}\" in the change log", text);
}

Result<void> log_change(Transaction& transaction, const Object& object, std::int64_t serial,
                        ChangeAction action, Timestamp now) {
  TRY(
      transaction.run("INSERT INTO change_log (serial, at, site, kind, id, action, spec) "
                      "VALUES ($1, $2, $3, $4, $5, $6, $7)",
                      {serial, now, object.site.text(), object.kind, object.id.text(),
                       to_text(action), object.spec}));
  return {};
}

Result<void> write_object(Transaction& transaction, const Object& object) {
  TRY(transaction.run(
      "INSERT INTO object (id, kind, name, site, serial, spec, created, modified, deleted) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO UPDATE SET "
      "name = excluded.name, serial = excluded.serial, spec = excluded.spec, "
      "modified = excluded.modified, deleted = excluded.deleted",
      {object.id.text(), object.kind, object.name, object.site.text(), object.serial, object.spec,
       object.created, object.modified, object.deleted}));
  return {};
}

// Asked before writing rather than read from the engine's constraint error, whose text and fields
// differ between engines.
Result<void> check_name_free(Reader& reader, std::string_view kind, std::string_view name,
                             const model::ObjectId* self) {
  const auto holder = TRY(find_object(reader, kind, name));
  if (holder && (self == nullptr || holder->id != *self))
    return fail(kNameTaken, "{} \"{}\" is there already as {}", kind, name, holder->id.text());
  return {};
}

Result<Object> live_object(Reader& reader, const model::ObjectId& id,
                           std::optional<std::int64_t> expected_serial) {
  auto object = TRY(find_object(reader, id));
  if (!object || object->deleted) return fail(kNotFound, "object {}", id.text());
  if (expected_serial && *expected_serial != object->serial)
    return fail(kConflict, "{} {} has serial {}, not {}", object->kind, id.text(), object->serial,
                *expected_serial);
  return *std::move(object);
}

Result<Object> save(Transaction& transaction, Object object, ChangeAction action, Timestamp now) {
  object.serial = TRY(take_counter(transaction, Counter::Change));
  object.modified = now;
  TRY(write_object(transaction, object));
  TRY(log_change(transaction, object, object.serial, action, now));
  return object;
}

}  // namespace

Result<Object> create_object(Transaction& transaction, const NewObject& object, Timestamp now) {
  TRY(check_name_free(transaction, object.kind, object.name, nullptr));
  const std::int64_t number = TRY(take_counter(transaction, Counter::Object));
  if (number > std::numeric_limits<std::uint32_t>::max())
    return fail(kCounterExhausted, "object ids of site {}", object.site.text());
  return save(transaction,
              Object{model::ObjectId::make(object.site, static_cast<std::uint32_t>(number)),
                     std::string(object.kind), std::string(object.name), object.site, 0,
                     Bytes(object.spec), now, now, std::nullopt},
              ChangeAction::Create, now);
}

Result<Object> update_object(Transaction& transaction, const model::ObjectId& id, ByteView spec,
                             std::optional<std::int64_t> expected_serial, Timestamp now) {
  Object object = TRY(live_object(transaction, id, expected_serial));
  object.spec = spec;
  return save(transaction, std::move(object), ChangeAction::Update, now);
}

Result<Object> rename_object(Transaction& transaction, const model::ObjectId& id,
                             std::string_view name, std::optional<std::int64_t> expected_serial,
                             Timestamp now) {
  Object object = TRY(live_object(transaction, id, expected_serial));
  TRY(check_name_free(transaction, object.kind, name, &id));
  object.name = name;
  return save(transaction, std::move(object), ChangeAction::Update, now);
}

Result<Object> delete_object(Transaction& transaction, const model::ObjectId& id,
                             std::optional<std::int64_t> expected_serial, Timestamp now) {
  Object object = TRY(live_object(transaction, id, expected_serial));
  object.deleted = now;
  return save(transaction, std::move(object), ChangeAction::Delete, now);
}

Result<void> put_replica(Transaction& transaction, const Object& object, Timestamp now) {
  const auto known = TRY(find_object(transaction, object.id));
  if (known && (known->kind != object.kind || known->site != object.site))
    return fail(kConflict, "{} is {} of {} here, {} of {} there", object.id.text(), known->kind,
                known->site.text(), object.kind, object.site.text());
  if (known && known->serial >= object.serial) return {};
  if (!object.deleted) TRY(check_name_free(transaction, object.kind, object.name, &object.id));
  TRY(write_object(transaction, object));
  const ChangeAction action = object.deleted             ? ChangeAction::Delete
                              : known && !known->deleted ? ChangeAction::Update
                                                         : ChangeAction::Create;
  const std::int64_t serial = TRY(take_counter(transaction, Counter::Change));
  return log_change(transaction, object, serial, action, now);
}

Result<std::optional<Object>> find_object(Reader& reader, const model::ObjectId& id) {
  static const std::string kSql = fmt::format("SELECT {} FROM object WHERE id = $1", kColumns);
  return reader.first(kSql, {id.text()}, decode_object);
}

Result<std::optional<Object>> find_object(Reader& reader, std::string_view kind,
                                          std::string_view name) {
  static const std::string kSql = fmt::format(
      "SELECT {} FROM object WHERE kind = $1 AND name = $2 AND deleted IS NULL", kColumns);
  return reader.first(kSql, {kind, name}, decode_object);
}

Result<std::vector<Object>> list_objects(Reader& reader, std::string_view kind,
                                         std::string_view after, std::int64_t limit) {
  static const std::string kSql = fmt::format(
      "SELECT {} FROM object WHERE kind = $1 AND name > $2 AND deleted IS NULL "
      "ORDER BY name LIMIT $3",
      kColumns);
  return reader.all(kSql, {kind, after, limit}, decode_object);
}

Result<std::vector<Change>> changes_after(Reader& reader, std::int64_t serial, std::int64_t limit) {
  return reader.all(
      "SELECT serial, at, site, kind, id, action, spec FROM change_log "
      "WHERE serial > $1 ORDER BY serial LIMIT $2",
      {serial, limit}, [](Rows& rows) -> Result<Change> {
        return Change{TRY(rows.integer(0)),
                      TRY(rows.time(1)),
                      TRY(model::SiteCode::parse(TRY(rows.text_view(2)))),
                      TRY(rows.text(3)),
                      TRY(model::ObjectId::parse(TRY(rows.text_view(4)))),
                      TRY(parse_action(TRY(rows.text_view(5)))),
                      TRY(rows.text(6))};
      });
}

Result<std::int64_t> trim_changes(Transaction& transaction, std::int64_t serial) {
  return transaction.run("DELETE FROM change_log WHERE serial <= $1", {serial});
}

}  // namespace muster::store
