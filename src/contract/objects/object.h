// The objects that operators write: one schema per kind for YAML files, the provider's interface
// and replication. docs/protocols/objects.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/boundary.h"
#include "model/collection.h"
#include "model/declared_class.h"
#include "model/deployment.h"
#include "model/file_collection.h"
#include "model/ids.h"
#include "model/package.h"
#include "wire/node.h"

namespace muster::contract {

enum class ObjectKind { Package, Collection, Deployment, Boundary, InventoryClass, FileCollection };
std::string_view to_text(ObjectKind kind);  // "Package"
std::optional<ObjectKind> parse_object_kind(std::string_view text);
// All of them, in the order of the enumeration.
std::span<const std::string_view> object_kinds();

// What the site gives an object. Exports have all of it; in files it is optional and then checked
// by check_server_fields().
struct ServerFields {
  std::optional<model::ObjectId> id;
  std::optional<model::SiteCode> site;
  std::optional<std::uint64_t> serial;  // 1 at first, one more with each change
  friend bool operator==(const ServerFields&, const ServerFields&) = default;
};

struct AnyObject {
  std::variant<model::Package, model::Collection, model::Deployment, model::Boundary,
               model::DeclaredClass, model::FileCollection>
      value;
  ServerFields server{};
  // The set of files that the object belongs to: what `apply --prune` may delete.
  std::optional<std::string> apply_set{};

  ObjectKind kind() const { return static_cast<ObjectKind>(value.index()); }
  const std::string& name() const;
  friend bool operator==(const AnyObject&, const AnyObject&) = default;
};

// All objects of a YAML (or JSON) file, in its order; empty documents are skipped. Errors name
// the file, line and column: those of wire/ and model/, and kObjectVersion, kObjectKind,
// kObjectField, kNoObjects, kObjectTwice.
Result<std::vector<AnyObject>> decode_objects(ByteView text, std::string_view file_name);
Result<AnyObject> decode_object(const wire::Node& node);
// What decode_object() reads. Program arguments are written as argv, defaults are written out.
wire::Node encode_object(const AnyObject& object);

// The spec alone, as the site's database keeps it.
Bytes encode_spec(const AnyObject& object);
Result<AnyObject> decode_spec(ObjectKind kind, std::string_view name, ByteView json);
Result<AnyObject> decode_spec(ObjectKind kind, std::string_view name, const wire::Node& spec);

// Whether a file may change the stored object of the same kind and name. id and site must be the
// stored ones, the serial must be the current one: then nobody changed the object since it was
// exported. Errors: kObjectIdentity, kObjectStale.
Result<void> check_server_fields(const ServerFields& file, const ServerFields& stored);

}  // namespace muster::contract
