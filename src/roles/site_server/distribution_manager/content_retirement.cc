#include "roles/site_server/distribution_manager/content_retirement.h"

#include <set>

#include "base/log.h"
#include "base/os/file.h"
#include "contract/catalogue.h"
#include "contract/manifest.h"
#include "contract/objects/object.h"
#include "roles/site_server/errors.h"
#include "roles/site_server/message.h"
#include "roles/site_server/program_reference.h"
#include "store/site/objects.h"
#include "store/site/package_retirement.h"

namespace muster::site_server {
namespace {

constexpr std::int64_t kAll = 1'000'000;

struct Use {
  model::ObjectId deployment;
  std::optional<model::ObjectId> collection;  // nothing: all systems
};

// Whether the program or one that runs before it is of `package`.
Result<bool> runs_one_of(ProgramReader& programs, const model::Deployment& deployment,
                         const std::string& package) {
  if (deployment.package == package) return true;
  const auto program = TRY(programs.find(deployment.package, deployment.program));
  bool found = false;
  if (program)
    TRY(programs.run_before(*program,
                            [&](const std::string& first) { found |= first == package; }));
  return found;
}

// Live deployments that run a program of the package.
Result<std::vector<Use>> uses_of_package(store::Reader& reader, const std::string& package) {
  std::vector<Use> out;
  ProgramReader programs(reader);
  for (const auto& object : TRY(store::list_objects(reader, "Deployment", "", kAll))) {
    const auto any =
        TRY(contract::decode_spec(contract::ObjectKind::Deployment, object.name, object.spec));
    const auto& deployment = std::get<model::Deployment>(any.value);
    if (!TRY(runs_one_of(programs, deployment, package))) continue;
    Use use{object.id, {}};
    if (deployment.collection != model::kAllSystems) {
      const auto target = TRY(store::find_object(reader, "Collection", deployment.collection));
      if (!target) continue;  // nobody
      use.collection = target->id;
    }
    out.push_back(std::move(use));
  }
  return out;
}

Result<bool> is_needed(const hosting::Site& site, store::Reader& reader,
                       const store::PackageContent& content, Timestamp since) {
  const auto package = TRY(store::find_object(reader, content.package));
  if (!package || package->deleted) return false;
  const auto document = TRY(store::find_catalogue_document(
      reader, contract::package_role(package->name), content.version));
  if (!document) return false;
  const auto entry = TRY(contract::decode_entry(document->bytes)).value;
  for (const Use& use : TRY(uses_of_package(reader, package->name))) {
    const auto is_meant = [&](store::DeviceNumber device) {
      if (!use.collection) return true;
      const auto standing = site.fleet.standing_of(use.collection->text(), device);
      return standing && standing->kind == fleet::Standing::Kind::Member;
    };
    if (TRY(store::is_under_way(reader, use.deployment, entry.package_version, since, is_meant)))
      return true;
  }
  return false;
}

struct Hashes {
  std::string manifest;
  std::set<std::string> files;
};
Result<Hashes> hashes_of(const hosting::Site& site, const store::PackageContent& content) {
  const auto manifest_hash = TRY(store::ContentHash::from_bytes(content.manifest_sha256));
  const Bytes document =
      TRY(os::read_file(site.content->path_of(manifest_hash), contract::kManifestLimit));
  Hashes out{manifest_hash.text(), {}};
  for (const auto& file : TRY(contract::decode_manifest(document)).files)
    out.files.insert(file.sha256);
  return out;
}

// Within the transaction: an operator whose package names a file that is about to go comes either
// before, and the file stays, or after, and is told to upload it.
Result<void> remove_withdrawn(const hosting::Site& site, store::Transaction& transaction,
                              const std::vector<store::PackageContent>& leaving) {
  std::set<std::string> manifests, files;
  for (const auto& content : leaving) {
    // Without its manifest nothing is known of its files, and nothing can be fetched either.
    if (auto hashes = hashes_of(site, content)) {
      manifests.insert(hashes->manifest);
      files.merge(hashes->files);
    }
    TRY(store::remove_package_content(transaction, content.package, content.version));
  }
  for (const auto& content : TRY(store::all_package_content(transaction))) {
    const auto kept = hashes_of(site, content);
    if (!kept && content.withdrawn) continue;
    if (!kept)
      return fail(kBadObject, "the manifest of package {} version {}: {}; nothing is removed",
                  content.package.text(), content.version, kept.error().text());
    manifests.erase(kept->manifest);
    for (const std::string& hash : kept->files) files.erase(hash);
    files.erase(kept->manifest);
  }
  // Manifests last: as long as the transaction is not through, they say what is still to be done.
  for (const auto* hashes : {&files, &manifests})
    for (const std::string& hash : *hashes)
      TRY(site.content->remove(TRY(store::ContentHash::parse(hash))));
  log::info("content.removed", "content of old package versions was removed",
            {{"versions", leaving.size()}, {"files", files.size() + manifests.size()}});
  return {};
}

Result<bool> withdraw(hosting::Site& site, store::Transaction& transaction, Timestamp before,
                      Timestamp now) {
  const Timestamp since = now - site.settings.duration("status.keep");
  bool changed = false;
  for (const auto& content : TRY(store::superseded_content(transaction, before))) {
    const auto needed = is_needed(site, transaction, content, since);
    if (!needed && store::is_outage(needed.error())) return fail(needed.error());
    // One that cannot be judged holds up no other.
    if (!needed)
      log::failure(log::Level::Error, "content.use.unknown", needed.error(),
                   {{"package", content.package.text()}, {"version", content.version}});
    if (!needed || *needed) continue;
    TRY(store::withdraw_package_content(transaction, content.package, content.version,
                                        site.random.bytes(16), now));
    changed = true;
  }
  return changed;
}

}  // namespace

Result<void> retire_content(hosting::Site& site, Timestamp now) {
  const Timestamp before = now - site.settings.duration("content.grace");
  if (TRY(site.database->write([&](store::Transaction& transaction) {
        return withdraw(site, transaction, before, now);
      })))
    ++site.content_epoch;
  bool removed = false;
  TRY(site.database->write([&](store::Transaction& transaction) -> Result<void> {
    const auto leaving = TRY(store::withdrawn_content(transaction, before));
    removed = !leaving.empty();
    if (removed) TRY(remove_withdrawn(site, transaction, leaving));
    return {};
  }));
  if (removed) ++site.content_epoch;
  return {};
}

}  // namespace muster::site_server
