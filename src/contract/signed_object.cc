#include "contract/signed_object.h"

#include "base/check.h"
#include "base/sha256.h"
#include "contract/catalogue_parts.h"
#include "contract/catalogue_text.h"
#include "contract/fields.h"

namespace muster::contract {
namespace {

Bytes canonical_spec(const AnyObject& object) {
  const auto document = wire::JsonDocument::parse(encode_spec(object), {.bytes = kCatalogueLimit});
  MUSTER_CHECK(document.has_value());
  auto canonical = wire::canonical_json(document->root());
  MUSTER_CHECK(canonical.has_value());
  return *std::move(canonical);
}

std::string target_of(const AnyObject& object) {
  return fmt::format("{}{}", delegated_folder(object_role(object.kind(), object.name())),
                     kSpecName);
}

Result<SignedObject> read_signed_object(const wire::Json& part) {
  const CatalogueHead head = TRY(read_catalogue_head(part, "targets"));
  const auto malformed = [](std::string_view what) {
    return fail(kCatalogueMalformed, "{}", what);
  };
  if (TRY(part.find("delegations"))) return malformed("an object's document delegates");
  const auto targets = TRY(TRY(part.at("targets")).members());
  if (targets.size() != 1) return malformed("there is not exactly one target");
  const auto& [path, target] = targets[0];
  const wire::Json custom = TRY(TRY(target.at("custom")).at("muster"));
  if (TRY(custom.members()).size() != 3) return malformed("the object has unknown members");
  const auto kind = parse_object_kind(TRY(text_field(custom, "kind")));
  if (!kind || !is_signed_kind(*kind)) return malformed("objects of the kind are not signed");
  const std::string name = TRY(text_field(custom, "name"));
  const wire::Json spec = TRY(custom.at("spec"));
  const Bytes canonical = TRY(wire::canonical_json(spec));
  SignedObject out{.version = head.version,
                   .expires = head.expires,
                   .object = TRY(decode_spec(*kind, name, TRY(wire::node_of(spec))))};
  if (path != target_of(out.object)) return malformed("its target is another object's");
  if (TRY(number_field(target, "length")) != canonical.size() ||
      TRY(sha256_field(TRY(target.at("hashes")), "sha256")) != sha256_hex(canonical))
    return malformed("its target is not the spec");
  return out;
}

}  // namespace

bool is_signed_kind(ObjectKind kind) {
  return kind == ObjectKind::InventoryClass || kind == ObjectKind::FileCollection;
}

std::string object_role(ObjectKind kind, std::string_view name) {
  MUSTER_CHECK(is_signed_kind(kind));
  return fmt::format(
      "{}{}", kind == ObjectKind::FileCollection ? kFilesRolePrefix : kClassRolePrefix, name);
}

std::string catalogue_role(const AnyObject& object) {
  if (object.kind() == ObjectKind::Package) return package_role(object.name());
  return is_signed_kind(object.kind()) ? object_role(object.kind(), object.name()) : std::string();
}

CataloguePart encode_signed_object(const SignedObject& signed_object) {
  const AnyObject& object = signed_object.object;
  const Bytes canonical = canonical_spec(object);
  wire::JsonWriter w = open_catalogue_part("targets", signed_object.version, signed_object.expires);
  w.key("targets").object().key(target_of(object)).object();
  w.key("length").number(canonical.size());
  w.key("hashes").object().key("sha256").string(sha256_hex(canonical)).end();
  w.key("custom").object().key("muster").object();
  w.key("kind").string(to_text(object.kind()));
  w.key("name").string(object.name());
  w.key("spec").raw(encode_spec(object));
  w.end().end().end().end();
  return close_catalogue_part(std::move(w));
}

Result<SignedCatalogue<SignedObject>> decode_signed_object(ByteView document) {
  return as_malformed("object's document",
                      read_catalogue_document<SignedObject>(document, read_signed_object));
}

}  // namespace muster::contract
