#include "roles/provider/catalogue_checks.h"

#include <algorithm>

#include "base/os/file.h"
#include "contract/manifest.h"
#include "contract/signed_object.h"
#include "roles/provider/errors.h"
#include "store/site/packages.h"
#include "trust/catalogue_signature.h"
#include "trust/errors.h"

namespace muster::provider {
namespace {

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
    store::Reader& reader, const contract::CatalogueRoot& root, std::string_view role,
    const std::optional<Bytes>& upload) {
  const auto latest = TRY(store::latest_catalogue_document(reader, "targets"));
  const auto lists = [&](const contract::CatalogueTargets& targets) {
    return std::ranges::find(targets.roles, role) != targets.roles.end();
  };
  if (!upload) {
    if (latest && lists(TRY(contract::decode_targets(latest->bytes)).value))
      return std::optional<contract::CatalogueTargets>();
    return fail(kCatalogueMismatch, "targets.json delegates no role {}", role);
  }
  auto targets = TRY(contract::decode_targets(*upload));
  TRY(trust::check_signatures("targets", targets.canonical, targets.signatures, root, root.targets,
                              trust::kSignerNotOperator));
  const std::uint64_t wanted = latest ? static_cast<std::uint64_t>(latest->version) + 1 : 1;
  if (targets.value.version != wanted)
    return fail(kStale, "targets.json has version {}, {} is next", targets.value.version, wanted);
  if (!lists(targets.value))
    return fail(kCatalogueMismatch, "targets.json delegates no role {}", role);
  if (latest)
    for (const auto& before : TRY(contract::decode_targets(latest->bytes)).value.roles)
      if (std::ranges::find(targets.value.roles, before) == targets.value.roles.end())
        return fail(kCatalogueMismatch, "targets.json leaves out the role {}", before);
  return std::optional(std::move(targets.value));
}

Result<contract::PackageEntry> check_package(hosting::Site& site,
                                             const contract::CatalogueRoot& root,
                                             const model::Package& package, ByteView document) {
  const auto entry = TRY(contract::decode_entry(document));
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
  TRY(check_content(site, entry.value));
  return entry.value;
}

Result<std::uint64_t> check_object(const contract::CatalogueRoot& root,
                                   const contract::AnyObject& object, ByteView document) {
  const auto entry = TRY(contract::decode_signed_object(document));
  TRY(trust::check_signatures("the object's document", entry.canonical, entry.signatures, root,
                              root.targets, trust::kSignerNotOperator));
  if (entry.value.object.value != object.value)
    return fail(kCatalogueMismatch, "the signed document of {} {} says otherwise than the spec",
                contract::to_text(object.kind()), object.name());
  return entry.value.version;
}

}  // namespace

Result<std::optional<CheckedDocuments>> check_documents(
    hosting::Site& site, store::Reader& reader, const contract::AnyObject& object,
    const std::optional<contract::CatalogueUpload>& upload) {
  CheckedDocuments out;
  out.role = contract::catalogue_role(object);
  if (out.role.empty()) return std::optional<CheckedDocuments>();
  if (!upload)
    return fail(kCatalogueMismatch, "{} {} came without its signed document",
                contract::to_text(object.kind()), object.name());
  const auto root_document = TRY(store::latest_catalogue_document(reader, "root"));
  if (!root_document) return fail(kCatalogueMismatch, "this site has no catalogue root yet");
  const auto root = TRY(contract::decode_root(root_document->bytes)).value;
  if (const auto* package = std::get_if<model::Package>(&object.value)) {
    out.package = TRY(check_package(site, root, *package, upload->entry));
    out.version = out.package->version;
  } else {
    out.version = TRY(check_object(root, object, upload->entry));
  }
  const auto latest = TRY(store::latest_catalogue_document(reader, out.role));
  const std::uint64_t wanted = latest ? static_cast<std::uint64_t>(latest->version) + 1 : 1;
  if (out.version != wanted)
    return fail(kStale, "the document of {} has version {}, {} is next", out.role, out.version,
                wanted);
  out.targets = TRY(check_targets(reader, root, out.role, upload->targets));
  return std::optional(std::move(out));
}

}  // namespace muster::provider
