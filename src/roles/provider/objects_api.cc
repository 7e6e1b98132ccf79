#include "roles/provider/objects_api.h"

#include <algorithm>
#include <charconv>

#include "contract/objects/object.h"
#include "hosting/audit.h"
#include "roles/provider/answers.h"
#include "roles/provider/catalogue_checks.h"
#include "roles/provider/deployment_status.h"
#include "roles/provider/devices_api.h"
#include "roles/provider/errors.h"
#include "roles/provider/object_checks.h"
#include "roles/provider/object_resolution.h"
#include "store/site/apply_sets.h"
#include "store/site/collections.h"
#include "store/site/objects.h"
#include "store/site/packages.h"
#include "store/site/status.h"

namespace muster::provider {
namespace {

using contract::AnyObject;
using contract::ObjectKind;

Result<ObjectKind> kind_of(std::string_view plural) {
  if (plural == "packages") return ObjectKind::Package;
  if (plural == "collections") return ObjectKind::Collection;
  if (plural == "deployments") return ObjectKind::Deployment;
  if (plural == "boundaries") return ObjectKind::Boundary;
  if (plural == "inventory-classes") return ObjectKind::InventoryClass;
  if (plural == "file-collections") return ObjectKind::FileCollection;
  return fail(kNoSuchThing, "kind {}", plural.substr(0, 60));
}

// How many rules of each kind: "2 query, 1 exclude".
std::string rules_text(const model::Collection& collection) {
  constexpr std::string_view kWords[] = {"query", "device", "include", "exclude"};
  std::string out;
  for (std::size_t kind = 0; kind < std::size(kWords); ++kind) {
    const auto rules = std::ranges::count(collection.rules, kind, &model::Rule::index);
    if (rules > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", rules, kWords[kind]);
  }
  return out.empty() ? "none" : out;
}

Result<wire::Node> status_node(hosting::Site& site, store::Reader& reader,
                               const store::Object& object, ObjectKind kind) {
  wire::Node status = wire::mapping_node();
  if (kind == ObjectKind::Collection) {
    const auto count = site.fleet.member_count(object.id.text());
    status.set("members", wire::integer_node(count ? static_cast<std::int64_t>(*count) : 0));
    const auto any = TRY(contract::decode_spec(kind, object.name, object.spec));
    status.set("rules", wire::text_node(rules_text(std::get<model::Collection>(any.value))));
  } else if (kind == ObjectKind::Deployment) {
    TRY(add_deployment_status(site, reader, object, status));
  }
  return status;
}

Result<Bytes> view_of(hosting::Site& site, store::Reader& reader, const store::Object& object) {
  const auto kind = contract::parse_object_kind(object.kind);
  if (!kind) return fail(kNoSuchThing, "kind {}", object.kind);
  wire::Node node = contract::encode_object(TRY(shown_object(reader, object)));
  wire::Node status = TRY(status_node(site, reader, object, *kind));
  if (!status.members.empty()) node.set(contract::kStatusMember, std::move(status));
  return wire::node_to_json(node);
}

Result<net::Response> object_answer(hosting::Site& site, int status, const store::Object& object) {
  Bytes body = TRY(
      site.database->read([&](store::Reader& reader) { return view_of(site, reader, object); }));
  net::Response response = json_answer(status, std::move(body));
  response.headers.add("ETag", fmt::format("\"{}\"", object.serial));
  return response;
}

struct Submitted {
  AnyObject object;
  std::optional<contract::CatalogueUpload> catalogue;
};

Result<Submitted> read_submitted(hosting::Call& call, ObjectKind kind) {
  wire::Node node = TRY(wire::node_from_json(call.request.body, {.bytes = 64u << 20}));
  Submitted out;
  out.catalogue = contract::take_catalogue_upload(node);
  // What an answer shows and no file says.
  std::erase_if(node.members, [](const wire::NodeMember& member) {
    return member.key == contract::kStatusMember;
  });
  out.object = TRY(contract::decode_object(node));
  if (out.object.kind() != kind)
    return fail(kBadRequest, "a {} was sent to the address of another kind",
                contract::to_text(out.object.kind()));
  return out;
}

// All checks of a create or update; signed documents come back for storing.
Result<std::optional<CheckedDocuments>> check(hosting::Site& site, store::Reader& reader,
                                              const Submitted& submitted) {
  if (const auto* package = std::get_if<model::Package>(&submitted.object.value))
    TRY(check_run_first(reader, *package, only(*package)));
  if (const auto* declared = std::get_if<model::DeclaredClass>(&submitted.object.value))
    TRY(check_inventory_class(reader, *declared));
  if (const auto* collection = std::get_if<model::Collection>(&submitted.object.value))
    TRY(check_collection(reader, *collection));
  if (const auto* deployment = std::get_if<model::Deployment>(&submitted.object.value))
    TRY(check_deployment(reader, *deployment, only(*deployment)));
  if (const auto* boundary = std::get_if<model::Boundary>(&submitted.object.value))
    TRY(check_boundary(reader, *boundary));
  return check_documents(site, reader, submitted.object, submitted.catalogue);
}

Result<void> store_documents(hosting::Site& site, store::Transaction& transaction,
                             const store::Object& object, const CheckedDocuments& checked,
                             const contract::CatalogueUpload& upload, Timestamp now) {
  const auto version = static_cast<std::int64_t>(checked.version);
  if (checked.targets)
    TRY(store::add_catalogue_document(transaction, "targets",
                                      static_cast<std::int64_t>(checked.targets->version),
                                      *upload.targets, now));
  TRY(store::add_catalogue_document(transaction, checked.role, version, upload.entry, now));
  if (!checked.package) return {};
  return store::add_package_content(
      transaction, {.package = object.id,
                    .version = version,
                    .manifest_sha256 = TRY(from_hex(checked.package->manifest_sha256)),
                    .folder = site.random.bytes(16),
                    .size_bytes = static_cast<std::int64_t>(checked.package->manifest_length),
                    .created = now,
                    .withdrawn = {}});
}

// Nobody reads a deleted package under the folder names that its policies told.
Result<void> withdraw_content(hosting::Site& site, store::Transaction& transaction,
                              const model::ObjectId& package, Timestamp now) {
  for (const auto& content : TRY(store::list_package_content(transaction, package)))
    if (!content.withdrawn)
      TRY(store::withdraw_package_content(transaction, package, content.version,
                                          site.random.bytes(16), now));
  return {};
}

Result<std::optional<std::int64_t>> if_match(const hosting::Call& call) {
  const auto header = call.request.head.headers.find("If-Match");
  if (!header) return std::optional<std::int64_t>();
  std::string_view text = *header;
  if (text.size() > 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  std::int64_t serial = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), serial);
  if (error != std::errc() || stop != text.data() + text.size())
    return fail(kBadRequest, "If-Match is no serial of ours");
  return std::optional(serial);
}

Result<store::Object> existing(store::Reader& reader, ObjectKind kind, std::string_view name) {
  auto object = TRY(store::find_object(reader, contract::to_text(kind), name));
  if (!object) return fail(kNoSuchThing, "{} {}", contract::to_text(kind), name.substr(0, 80));
  return *std::move(object);
}

// The set that the files name. An object of another set moves only when that was asked for.
Result<void> join_set(store::Transaction& transaction, const hosting::Call& call,
                      const AnyObject& submitted, const store::Object& object) {
  if (!submitted.apply_set) return {};
  const auto before = TRY(store::apply_set_of(transaction, object.id));
  if (before == submitted.apply_set) return {};
  TRY(check_set(submitted, before, call.query("takeOver") == "true"));
  TRY(store::set_apply_set(transaction, object.id, *submitted.apply_set));
  return hosting::audit(transaction,
                        {.actor = actor_of(call),
                         .action = "move to set " + *submitted.apply_set,
                         .kind = object.kind,
                         .name = object.name,
                         .before = {},
                         .after = {},
                         .correlation = object.id.text()},
                        call.now);
}

}  // namespace

Result<net::Response> list_objects(hosting::Site& site, hosting::Call& call) {
  const ObjectKind kind = TRY(kind_of(call.captures[0]));
  const auto limit = TRY(page_limit(call));
  const std::string after = TRY(read_cursor(call));
  return site.database->read([&](store::Reader& reader) -> Result<net::Response> {
    const auto objects = TRY(store::list_objects(reader, contract::to_text(kind), after, limit));
    std::vector<Bytes> items;
    for (const auto& object : objects) items.push_back(TRY(view_of(site, reader, object)));
    const bool full = objects.size() == static_cast<std::size_t>(limit);
    return json_answer(200,
                       contract::encode_page(items, full ? make_cursor(objects.back().name) : ""));
  });
}

Result<net::Response> get_object(hosting::Site& site, hosting::Call& call) {
  const ObjectKind kind = TRY(kind_of(call.captures[0]));
  const auto object = TRY(site.database->read(
      [&](store::Reader& reader) { return existing(reader, kind, call.captures[1]); }));
  return object_answer(site, 200, object);
}

Result<net::Response> create_object(hosting::Site& site, hosting::Call& call) {
  const ObjectKind kind = TRY(kind_of(call.captures[0]));
  Submitted submitted = TRY(read_submitted(call, kind));
  TRY(site.database->read([&](store::Reader& reader) {
    return resolve_object(reader, submitted.object, {}, call.now);
  }));
  const Bytes spec = contract::encode_spec(submitted.object);
  if (dry_run(call)) {
    return site.database->read([&](store::Reader& reader) -> Result<net::Response> {
      if (TRY(store::find_object(reader, contract::to_text(kind), submitted.object.name())))
        return fail(store::kNameTaken, "{} {}", contract::to_text(kind), submitted.object.name());
      TRY(check(site, reader, submitted));
      return json_answer(200, wire::node_to_json(contract::encode_object(submitted.object)));
    });
  }
  const auto object =
      TRY(site.database->write([&](store::Transaction& transaction) -> Result<store::Object> {
        const auto checked = TRY(check(site, transaction, submitted));
        auto made = TRY(store::create_object(transaction,
                                             {.kind = contract::to_text(kind),
                                              .name = submitted.object.name(),
                                              .site = site.config.site,
                                              .spec = spec},
                                             call.now));
        if (checked)
          TRY(store_documents(site, transaction, made, *checked, *submitted.catalogue, call.now));
        TRY(join_set(transaction, call, submitted.object, made));
        TRY(hosting::audit(transaction,
                           {.actor = actor_of(call),
                            .action = "create",
                            .kind = std::string(contract::to_text(kind)),
                            .name = made.name,
                            .before = {},
                            .after = spec,
                            .correlation = made.id.text()},
                           call.now));
        return made;
      }));
  site.changed.notify();
  return object_answer(site, 201, object);
}

Result<net::Response> update_object(hosting::Site& site, hosting::Call& call) {
  const ObjectKind kind = TRY(kind_of(call.captures[0]));
  Submitted submitted = TRY(read_submitted(call, kind));
  if (submitted.object.name() != call.captures[1])
    return fail(kBadRequest, "metadata.name {} differs from the address", submitted.object.name());
  const auto expected = TRY(if_match(call));
  const auto before = TRY(site.database->read(
      [&](store::Reader& reader) { return existing(reader, kind, call.captures[1]); }));
  TRY(contract::check_server_fields(
      submitted.object.server,
      {before.id, before.site, static_cast<std::uint64_t>(before.serial)}));
  TRY(site.database->read([&](store::Reader& reader) {
    return resolve_object(reader, submitted.object, before, call.now);
  }));
  const Bytes spec = contract::encode_spec(submitted.object);
  if (dry_run(call)) {
    TRY(site.database->read([&](store::Reader& reader) { return check(site, reader, submitted); }));
    return json_answer(200, wire::node_to_json(contract::encode_object(submitted.object)));
  }
  const auto object =
      TRY(site.database->write([&](store::Transaction& transaction) -> Result<store::Object> {
        const auto checked = TRY(check(site, transaction, submitted));
        // Without If-Match the serial that was read above still guards against a lost update.
        auto made = TRY(store::update_object(transaction, before.id, spec,
                                             expected ? *expected : before.serial, call.now));
        if (checked)
          TRY(store_documents(site, transaction, made, *checked, *submitted.catalogue, call.now));
        TRY(join_set(transaction, call, submitted.object, made));
        TRY(hosting::audit(transaction,
                           {.actor = actor_of(call),
                            .action = "update",
                            .kind = std::string(contract::to_text(kind)),
                            .name = made.name,
                            .before = before.spec,
                            .after = spec,
                            .correlation = made.id.text()},
                           call.now));
        return made;
      }));
  site.changed.notify();
  return object_answer(site, 200, object);
}

Result<net::Response> delete_object(hosting::Site& site, hosting::Call& call) {
  const ObjectKind kind = TRY(kind_of(call.captures[0]));
  const auto expected = TRY(if_match(call));
  const auto remove = [&](store::Transaction& transaction) -> Result<void> {
    const auto object = TRY(existing(transaction, kind, call.captures[1]));
    TRY(check_unused(transaction, kind, object.name));
    TRY(store::leave_apply_set(transaction, object.id));
    TRY(store::delete_object(transaction, object.id, expected, call.now));
    if (kind == ObjectKind::Deployment)
      TRY(store::remove_deployment_states(transaction, object.id));
    if (kind == ObjectKind::Package) TRY(withdraw_content(site, transaction, object.id, call.now));
    return hosting::audit(transaction,
                          {.actor = actor_of(call),
                           .action = "delete",
                           .kind = std::string(contract::to_text(kind)),
                           .name = object.name,
                           .before = object.spec,
                           .after = {},
                           .correlation = object.id.text()},
                          call.now);
  };
  if (dry_run(call)) {
    TRY(site.database->read([&](store::Reader& reader) -> Result<void> {
      const auto object = TRY(existing(reader, kind, call.captures[1]));
      return check_unused(reader, kind, object.name);
    }));
    return empty_answer();
  }
  TRY(site.database->write(remove));
  if (kind == ObjectKind::Package) ++site.content_epoch;
  site.changed.notify();
  return empty_answer();
}

}  // namespace muster::provider
