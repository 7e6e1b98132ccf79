#include "roles/provider/object_checks.h"

#include <algorithm>

#include "base/os/file.h"
#include "contract/manifest.h"
#include "fleet/errors.h"
#include "model/collection_links.h"
#include "model/query/parse.h"
#include "model/query/resolve.h"
#include "roles/provider/devices_api.h"
#include "roles/provider/errors.h"
#include "store/site/objects.h"
#include "store/site/packages.h"
#include "trust/catalogue_signature.h"
#include "trust/errors.h"

namespace muster::provider {
namespace {

constexpr std::int64_t kAll = 1'000'000;
constexpr std::size_t kUsersShown = 20;

Result<void> check_program(const model::Program& entry, const model::Program& spec) {
  if (entry != spec)
    return fail(kCatalogueMismatch, "program {}: the signed entry says otherwise than the spec",
                spec.name);
  return {};
}

Result<void> check_content(hosting::Site& site, const contract::PackageEntry& entry) {
  const auto hash = TRY(store::ContentHash::parse(entry.manifest_sha256));
  if (!site.content->has(hash))
    return fail(kContentNotThere, "the manifest {}", entry.manifest_sha256);
  const Bytes document = TRY(os::read_file(site.content->path_of(hash), contract::kManifestLimit));
  const auto manifest = TRY(contract::decode_manifest(document));
  if (document.size() != entry.manifest_length || manifest.package != entry.package ||
      manifest.package_version != entry.package_version)
    return fail(kCatalogueMismatch, "the manifest is not the one that the entry describes");
  for (const auto& file : manifest.files)
    if (!site.content->has(TRY(store::ContentHash::parse(file.sha256))))
      return fail(kContentNotThere, "{} ({})", file.path, file.sha256);
  return {};
}

Result<std::optional<contract::CatalogueTargets>> check_targets(
    store::Reader& reader, const contract::CatalogueRoot& root, std::string_view package,
    const std::optional<Bytes>& upload) {
  const auto latest = TRY(store::latest_catalogue_document(reader, "targets"));
  const auto lists = [&](const contract::CatalogueTargets& targets) {
    return std::ranges::find(targets.packages, package) != targets.packages.end();
  };
  if (!upload) {
    if (latest && lists(TRY(contract::decode_targets(latest->bytes)).value))
      return std::optional<contract::CatalogueTargets>();
    return fail(kCatalogueMismatch, "targets.json delegates no role for package {}", package);
  }
  auto targets = TRY(contract::decode_targets(*upload));
  TRY(trust::check_signatures("targets", targets.canonical, targets.signatures, root, root.targets,
                              trust::kSignerNotOperator));
  const std::uint64_t wanted = latest ? static_cast<std::uint64_t>(latest->version) + 1 : 1;
  if (targets.value.version != wanted)
    return fail(kStale, "targets.json has version {}, {} is next", targets.value.version, wanted);
  if (!lists(targets.value))
    return fail(kCatalogueMismatch, "targets.json delegates no role for package {}", package);
  if (latest)
    for (const auto& before : TRY(contract::decode_targets(latest->bytes)).value.packages)
      if (std::ranges::find(targets.value.packages, before) == targets.value.packages.end())
        return fail(kCatalogueMismatch, "targets.json leaves out package {}", before);
  return std::optional(std::move(targets.value));
}

}  // namespace

Result<void> check_collection(store::Reader& reader, const model::Collection& collection) {
  for (const model::Rule& rule : collection.rules) {
    if (const auto* query = std::get_if<model::QueryRule>(&rule))
      TRY(model::resolve_rule(TRY(model::parse_query(query->query))));
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

namespace {

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

Result<CheckedPackage> check_package(hosting::Site& site, store::Reader& reader,
                                     const model::Package& package,
                                     const contract::CatalogueUpload& upload) {
  const auto root_document = TRY(store::latest_catalogue_document(reader, "root"));
  if (!root_document) return fail(kCatalogueMismatch, "this site has no catalogue root yet");
  const auto root = TRY(contract::decode_root(root_document->bytes)).value;
  const auto entry = TRY(contract::decode_entry(upload.entry));
  TRY(trust::check_signatures("the package's document", entry.canonical, entry.signatures, root,
                              root.targets, trust::kSignerNotOperator));
  if (entry.value.package != package.name || entry.value.package_version != package.version)
    return fail(kCatalogueMismatch, "the signed entry is of {} {}, the spec of {} {}",
                entry.value.package, entry.value.package_version, package.name, package.version);
  if (entry.value.programs.size() != package.programs.size())
    return fail(kCatalogueMismatch, "the signed entry has {} programs, the spec {}",
                entry.value.programs.size(), package.programs.size());
  for (std::size_t i = 0; i < package.programs.size(); ++i)
    TRY(check_program(entry.value.programs[i], package.programs[i]));
  const auto latest =
      TRY(store::latest_catalogue_document(reader, contract::package_role(package.name)));
  const std::uint64_t wanted = latest ? static_cast<std::uint64_t>(latest->version) + 1 : 1;
  if (entry.value.version != wanted)
    return fail(kStale, "the package's document has version {}, {} is next", entry.value.version,
                wanted);
  TRY(check_content(site, entry.value));
  return CheckedPackage{entry.value,
                        TRY(check_targets(reader, root, package.name, upload.targets))};
}

Result<void> check_unused(store::Reader& reader, contract::ObjectKind kind, std::string_view name) {
  std::vector<std::string> users;
  if (kind == contract::ObjectKind::Boundary) return {};
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
