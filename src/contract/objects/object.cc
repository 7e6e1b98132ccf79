#include "contract/objects/object.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "base/nearest.h"
#include "contract/objects/errors.h"
#include "contract/objects/specs.h"
#include "wire/yaml.h"

namespace muster::contract {
namespace {

using wire::Node;
using wire::NodeAt;
using wire::NodeFields;

constexpr std::string_view kApiVersion = "muster/v1";
constexpr std::array<std::string_view, 6> kKinds = {"Package",  "Collection",     "Deployment",
                                                    "Boundary", "InventoryClass", "FileCollection"};

Result<void> check_api_version(const NodeAt& field) {
  const std::string text = TRY(field.text());
  if (text != kApiVersion)
    return field.failure(kObjectVersion, "is '{}', {} is wanted", text, kApiVersion);
  return {};
}

Result<ObjectKind> read_kind(const NodeAt& field) {
  const std::string text = TRY(field.text());
  if (const auto kind = parse_object_kind(text)) return *kind;
  const std::string_view near = nearest(text, kKinds);
  if (!near.empty())
    return field.failure(kObjectKind, "'{}' is unknown; did you mean {}?", text, near);
  return field.failure(kObjectKind, "'{}' is unknown; there are {}", text, fmt::join(kKinds, ", "));
}

Result<AnyObject> read_spec(ObjectKind kind, std::string name, const NodeAt& spec) {
  switch (kind) {
    case ObjectKind::Package:
      return AnyObject{TRY(decode_package_spec(std::move(name), spec))};
    case ObjectKind::Collection:
      return AnyObject{TRY(decode_collection_spec(std::move(name), spec))};
    case ObjectKind::Boundary:
      return AnyObject{TRY(decode_boundary_spec(std::move(name), spec))};
    case ObjectKind::InventoryClass:
      return AnyObject{TRY(decode_inventory_class_spec(std::move(name), spec))};
    case ObjectKind::FileCollection:
      return AnyObject{TRY(decode_file_collection_spec(std::move(name), spec))};
    case ObjectKind::Deployment:
      break;
  }
  return AnyObject{TRY(decode_deployment_spec(std::move(name), spec))};
}

Node spec_node(const AnyObject& object) {
  switch (object.kind()) {
    case ObjectKind::Package:
      return package_spec(std::get<model::Package>(object.value));
    case ObjectKind::Collection:
      return collection_spec(std::get<model::Collection>(object.value));
    case ObjectKind::Boundary:
      return boundary_spec(std::get<model::Boundary>(object.value));
    case ObjectKind::InventoryClass:
      return inventory_class_spec(std::get<model::DeclaredClass>(object.value));
    case ObjectKind::FileCollection:
      return file_collection_spec(std::get<model::FileCollection>(object.value));
    case ObjectKind::Deployment:
      break;
  }
  return deployment_spec(std::get<model::Deployment>(object.value));
}

Result<ServerFields> read_server_fields(const NodeFields& metadata) {
  ServerFields server;
  if (const auto id = metadata.optional("id")) {
    const std::string text = TRY(id->text());
    server.id = TRY_IN(model::ObjectId::parse(text), "{}", id->where());
  }
  if (const auto site = metadata.optional("site")) {
    const std::string text = TRY(site->text());
    server.site = TRY_IN(model::SiteCode::parse(text), "{}", site->where());
  }
  if (const auto serial = metadata.optional("serial"))
    server.serial = static_cast<std::uint64_t>(
        TRY(serial->integer(1, std::numeric_limits<std::int64_t>::max())));
  return server;
}

Node metadata_node(const AnyObject& object) {
  Node metadata = wire::mapping_node();
  metadata.set("name", wire::text_node(object.name()));
  if (object.apply_set) metadata.set("set", wire::text_node(*object.apply_set));
  if (object.server.id) metadata.set("id", wire::text_node(object.server.id->text()));
  if (object.server.site) metadata.set("site", wire::text_node(object.server.site->text()));
  if (object.server.serial)
    metadata.set("serial", wire::integer_node(static_cast<std::int64_t>(*object.server.serial)));
  return metadata;
}

Result<std::vector<AnyObject>> decode_documents(ByteView text) {
  std::vector<AnyObject> objects;
  std::set<std::pair<ObjectKind, std::string>> seen;
  for (const Node& document : TRY(wire::parse_yaml(text))) {
    if (document.kind == Node::Kind::Null) continue;
    AnyObject object = TRY(decode_object(document));
    if (!seen.emplace(object.kind(), object.name()).second)
      return fail(kObjectTwice, "{}the {} {} stands twice in the file",
                  wire::place_text(document.line, document.column), to_text(object.kind()),
                  object.name());
    objects.push_back(std::move(object));
  }
  if (objects.empty()) return fail(kNoObjects, "there is no object in the file");
  return objects;
}

}  // namespace

std::string_view to_text(ObjectKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::optional<ObjectKind> parse_object_kind(std::string_view text) {
  const auto found = std::ranges::find(kKinds, text);
  if (found == kKinds.end()) return std::nullopt;
  return static_cast<ObjectKind>(found - kKinds.begin());
}

std::span<const std::string_view> object_kinds() { return kKinds; }

const std::string& AnyObject::name() const {
  return std::visit([](const auto& object) -> const std::string& { return object.name; }, value);
}

Result<std::string> name_of(const NodeAt& field) {
  std::string name = TRY(field.text());
  TRY_IN(model::check_name(name), "{}", field.where());
  return name;
}

Result<AnyObject> decode_object(const Node& node) {
  const auto fields =
      TRY(NodeFields::open(NodeAt(node, ""), {"apiVersion", "kind", "metadata", "spec"}));
  TRY(check_api_version(TRY(fields.required("apiVersion"))));
  const ObjectKind kind = TRY(read_kind(TRY(fields.required("kind"))));
  const NodeAt metadata_at = TRY(fields.required("metadata"));
  const auto metadata = TRY(NodeFields::open(metadata_at, {"name", "id", "site", "serial", "set"}));
  std::string name = TRY(name_of(TRY(metadata.required("name"))));
  AnyObject object = TRY(read_spec(kind, std::move(name), TRY(fields.required("spec"))));
  object.server = TRY(read_server_fields(metadata));
  if (const auto set = metadata.optional("set")) object.apply_set = TRY(name_of(*set));
  return object;
}

Result<std::vector<AnyObject>> decode_objects(ByteView text, std::string_view file_name) {
  return TRY_IN(decode_documents(text), "{}", file_name);
}

Node encode_object(const AnyObject& object) {
  Node node = wire::mapping_node();
  node.set("apiVersion", wire::text_node(kApiVersion));
  node.set("kind", wire::text_node(to_text(object.kind())));
  node.set("metadata", metadata_node(object));
  node.set("spec", spec_node(object));
  return node;
}

Bytes encode_spec(const AnyObject& object) { return wire::node_to_json(spec_node(object)); }

Result<AnyObject> decode_spec(ObjectKind kind, std::string_view name, ByteView json) {
  return decode_spec(kind, name, TRY(wire::node_from_json(json)));
}

Result<AnyObject> decode_spec(ObjectKind kind, std::string_view name, const Node& spec) {
  TRY(model::check_name(name));
  return read_spec(kind, std::string(name), NodeAt(spec, "spec"));
}

Result<void> check_server_fields(const ServerFields& file, const ServerFields& stored) {
  if (file.id && file.id != stored.id)
    return fail(kObjectIdentity, "metadata.id is {}, the object of this name has {}",
                file.id->text(), stored.id ? stored.id->text() : "none yet");
  if (file.site && file.site != stored.site)
    return fail(kObjectIdentity, "metadata.site is {}, the object of this name is of {}",
                file.site->text(), stored.site ? stored.site->text() : "no site yet");
  if (file.serial && file.serial != stored.serial)
    return fail(kObjectStale, "metadata.serial is {}, the object is at {} now", *file.serial,
                stored.serial.value_or(0));
  return {};
}

}  // namespace muster::contract
