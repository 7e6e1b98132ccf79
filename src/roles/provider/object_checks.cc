#include "roles/provider/object_checks.h"

#include <algorithm>

#include "fleet/errors.h"
#include "hosting/stored_schema.h"
#include "model/collection_links.h"
#include "model/query/parse.h"
#include "model/query/resolve.h"
#include "roles/provider/devices_api.h"
#include "roles/provider/errors.h"
#include "store/site/objects.h"

namespace muster::provider {
namespace {

constexpr std::int64_t kAll = 1'000'000;
constexpr std::string_view kClassKind = "InventoryClass";
constexpr std::size_t kUsersShown = 20;

}  // namespace

Result<void> check_collection(store::Reader& reader, const model::Collection& collection) {
  const model::Schema schema = TRY(hosting::stored_schema(reader));
  for (const model::Rule& rule : collection.rules) {
    if (const auto* query = std::get_if<model::QueryRule>(&rule))
      TRY(model::resolve_rule(TRY(model::parse_query(query->query)), schema));
    if (const auto* device = std::get_if<model::DeviceRule>(&rule))
      TRY(named_device(reader, device->device));
  }
  const auto links = [&](const std::string& name) -> Result<std::vector<model::CollectionLink>> {
    if (name == collection.name) return model::links_of(collection);
    const auto next = TRY(store::find_object(reader, "Collection", name));
    if (!next) return fail(kReferenceMissing, "there is no collection {}", name);
    const auto object =
        TRY(contract::decode_spec(contract::ObjectKind::Collection, name, next->spec));
    return model::links_of(std::get<model::Collection>(object.value));
  };
  const std::string cycle = TRY(model::find_cycle(collection.name, links));
  if (!cycle.empty()) return fail(fleet::kCollectionCycle, "{}", cycle);
  return {};
}

Result<void> check_boundary(store::Reader& reader, const model::Boundary& boundary) {
  for (const auto& each : TRY(store::list_objects(reader, "Boundary", "", kAll))) {
    if (each.name == boundary.name) continue;
    const auto object =
        TRY(contract::decode_spec(contract::ObjectKind::Boundary, each.name, each.spec));
    const auto& other = std::get<model::Boundary>(object.value);
    if (model::overlap(boundary, other))
      return fail(kBoundaryOverlap, "{} and {} of site {} have addresses in common",
                  model::full_name(boundary), model::full_name(other), each.site.text());
  }
  return {};
}

Result<void> check_inventory_class(store::Reader& reader, const model::DeclaredClass& declared) {
  std::size_t count = 1;
  for (const auto& each : TRY(store::list_objects(reader, kClassKind, "", kAll))) {
    const auto object =
        TRY(contract::decode_spec(contract::ObjectKind::InventoryClass, each.name, each.spec));
    const auto& other = std::get<model::DeclaredClass>(object.value);
    if (each.name != declared.name) {
      ++count;
      if (other.definition.name == declared.definition.name)
        return fail(kClassTaken, "class {} is inventory-class {}", declared.definition.name,
                    each.name);
      continue;
    }
    if (other.definition.name != declared.definition.name)
      return fail(kClassChanged, "inventory-class {} is class {}, not {}", declared.name,
                  other.definition.name, declared.definition.name);
    if (!extends(declared.definition, other.definition))
      return fail(kClassChanged, "class {} has other columns than before, and not only more",
                  declared.definition.name);
  }
  if (count > model::kMostDefinedClasses)
    return fail(kClassTaken, "there are {} classes already", model::kMostDefinedClasses);
  return {};
}

namespace {

// The collections with a query that asks for the class.
Result<std::vector<std::string>> users_of_class(store::Reader& reader, std::string_view name) {
  std::vector<std::string> out;
  const auto stored = TRY(store::find_object(reader, kClassKind, name));
  if (!stored) return out;
  const auto declared =
      TRY(contract::decode_spec(contract::ObjectKind::InventoryClass, name, stored->spec));
  const std::string& type = std::get<model::DeclaredClass>(declared.value).definition.name;
  const model::Schema schema = TRY(hosting::stored_schema(reader));
  for (const auto& each : TRY(store::list_objects(reader, "Collection", "", kAll))) {
    const auto object =
        TRY(contract::decode_spec(contract::ObjectKind::Collection, each.name, each.spec));
    for (const model::Rule& rule : std::get<model::Collection>(object.value).rules) {
      const auto* query = std::get_if<model::QueryRule>(&rule);
      if (query == nullptr) continue;
      const auto parsed = TRY(model::parse_query(query->query));
      const auto plan = model::resolve(parsed, schema);
      if (!plan ||
          std::ranges::none_of(plan->classes, [&](const model::InventoryClass* each_class) {
            return each_class->name == type;
          }))
        continue;
      out.push_back("collection " + each.name);
      break;
    }
  }
  return out;
}

Result<bool> deploys_already(store::Reader& reader, const model::Deployment& deployment) {
  const auto object = TRY(store::find_object(reader, "Deployment", deployment.name));
  if (!object) return false;
  const auto before =
      TRY(contract::decode_spec(contract::ObjectKind::Deployment, object->name, object->spec));
  return std::get<model::Deployment>(before.value).package == deployment.package;
}

}  // namespace

Result<void> check_deployment(store::Reader& reader, const model::Deployment& deployment,
                              const Submission& submission) {
  TRY(check_after(reader, deployment, submission));
  const auto package = TRY(stored_package(reader, deployment.package));
  if (!package) return fail(kReferenceMissing, "there is no package {}", deployment.package);
  if (package->retired && !TRY(deploys_already(reader, deployment)))
    return fail(kPackageRetired, "deployment {} names package {} {}", deployment.name,
                package->name, package->version);
  if (!package->program(deployment.program))
    return fail(kReferenceMissing, "package {} has no program {}", deployment.package,
                deployment.program);
  if (deployment.collection != model::kAllSystems &&
      !TRY(store::find_object(reader, "Collection", deployment.collection)))
    return fail(kReferenceMissing, "there is no collection {}", deployment.collection);
  return {};
}

Result<void> check_unused(store::Reader& reader, contract::ObjectKind kind, std::string_view name) {
  std::vector<std::string> users;
  if (kind == contract::ObjectKind::Boundary || kind == contract::ObjectKind::FileCollection)
    return {};
  if (kind == contract::ObjectKind::InventoryClass) users = TRY(users_of_class(reader, name));
  for (const auto& each : TRY(store::list_objects(reader, "Deployment", "", kAll))) {
    const auto object =
        TRY(contract::decode_spec(contract::ObjectKind::Deployment, each.name, each.spec));
    const auto& deployment = std::get<model::Deployment>(object.value);
    if ((kind == contract::ObjectKind::Package && deployment.package == name) ||
        (kind == contract::ObjectKind::Collection && deployment.collection == name) ||
        (kind == contract::ObjectKind::Deployment &&
         std::ranges::find(deployment.after, name) != deployment.after.end()))
      users.push_back("deployment " + each.name);
  }
  if (kind == contract::ObjectKind::Package)
    for (const auto& each : TRY(store::list_objects(reader, "Package", "", kAll))) {
      const auto object =
          TRY(contract::decode_spec(contract::ObjectKind::Package, each.name, each.spec));
      const auto& programs = std::get<model::Package>(object.value).programs;
      if (each.name != name && std::ranges::any_of(programs, [&](const model::Program& program) {
            return program.run_first && program.run_first->package == name;
          }))
        users.push_back("package " + each.name);
    }
  if (kind == contract::ObjectKind::Collection)
    for (const auto& each : TRY(store::list_objects(reader, "Collection", "", kAll))) {
      const auto object =
          TRY(contract::decode_spec(contract::ObjectKind::Collection, each.name, each.spec));
      const auto links = model::links_of(std::get<model::Collection>(object.value));
      if (std::ranges::any_of(links, [&](const auto& link) { return link.collection == name; }))
        users.push_back("collection " + each.name);
    }
  if (users.empty()) return {};
  const std::size_t shown = std::min<std::size_t>(users.size(), kUsersShown);
  const std::string more =
      users.size() > shown ? fmt::format(" and {} more", users.size() - shown) : std::string();
  users.resize(shown);
  return fail(kInUse, "{} is used by {}{}", name, fmt::join(users, ", "), more);
}

}  // namespace muster::provider
