// Objects (collections, packages, deployments...) and the log of their changes, which feeds
// replication, the collection evaluator and everybody else who must hear of a change.
#pragma once

#include "model/ids.h"
#include "store/database.h"

namespace muster::store {

struct Object {
  model::ObjectId id;
  std::string kind;
  std::string name;
  model::SiteCode site;  // that owns it
  std::int64_t serial;   // of its last change; the ETag
  Bytes spec;            // JSON text
  Timestamp created;
  Timestamp modified;
  std::optional<Timestamp> deleted;  // a tombstone keeps the last spec
};

struct NewObject {
  std::string_view kind;
  std::string_view name;
  model::SiteCode site;
  ByteView spec;
};

// Takes the next id of the site. Errors: kNameTaken when a live object has kind and name,
// kCounterExhausted.
Result<Object> create_object(Transaction& transaction, const NewObject& object, Timestamp now);

// With `expected_serial` the change is refused with kConflict when the object has another one.
// Errors: kNotFound (also when deleted), kConflict.
Result<Object> update_object(Transaction& transaction, const model::ObjectId& id, ByteView spec,
                             std::optional<std::int64_t> expected_serial, Timestamp now);
// Errors: kNotFound, kConflict, kNameTaken.
Result<Object> rename_object(Transaction& transaction, const model::ObjectId& id,
                             std::string_view name, std::optional<std::int64_t> expected_serial,
                             Timestamp now);
Result<Object> delete_object(Transaction& transaction, const model::ObjectId& id,
                             std::optional<std::int64_t> expected_serial, Timestamp now);

// Writes an object of another site as that site sent it, tombstones included, and logs it here
// with the next serial of this site. One that is not newer than what is here changes nothing.
// Errors: kNameTaken, kConflict when the id stands for another kind or site.
Result<void> put_replica(Transaction& transaction, const Object& object, Timestamp now);

// Deleted ones too.
Result<std::optional<Object>> find_object(Reader& reader, const model::ObjectId& id);
// Live ones.
Result<std::optional<Object>> find_object(Reader& reader, std::string_view kind,
                                          std::string_view name);
// Live ones by name, those after `after`; at most `limit`.
Result<std::vector<Object>> list_objects(Reader& reader, std::string_view kind,
                                         std::string_view after, std::int64_t limit);

enum class ChangeAction { Create, Update, Delete };

struct Change {
  std::int64_t serial;
  Timestamp at;
  model::SiteCode site;
  std::string kind;
  model::ObjectId id;
  ChangeAction action;
  Bytes spec;
};

// In order of serial; serials rise but have gaps.
Result<std::vector<Change>> changes_after(Reader& reader, std::int64_t serial, std::int64_t limit);
// Forgets changes up to and including `serial`; returns how many.
Result<std::int64_t> trim_changes(Transaction& transaction, std::int64_t serial);

}  // namespace muster::store
