#include "roles/site_server/distribution_manager/content_retirement.h"

#include <set>

#include "base/log.h"
#include "base/os/file.h"
#include "contract/catalogue.h"
#include "contract/manifest.h"
#include "contract/objects/object.h"
#include "roles/site_server/errors.h"
#include "store/site/objects.h"
#include "store/site/package_retirement.h"

namespace muster::site_server {
namespace {

constexpr std::int64_t kAll = 1'000'000;

// Ids of live deployments whose program is of the package.
Result<std::vector<model::ObjectId>> deployments_of_package(store::Reader& reader,
                                                            const std::string& package) {
  std::vector<model::ObjectId> out;
  for (const auto& object : TRY(store::list_objects(reader, "Deployment", "", kAll))) {
    const auto any =
        TRY(contract::decode_spec(contract::ObjectKind::Deployment, object.name, object.spec));
    if (std::get<model::Deployment>(any.value).package == package) out.push_back(object.id);
  }
  return out;
}

Result<bool> is_needed(store::Reader& reader, const store::PackageContent& content,
                       Timestamp since) {
  const auto package = TRY(store::find_object(reader, content.package));
  if (!package || package->deleted) return false;
  const auto document = TRY(store::find_catalogue_document(
      reader, contract::package_role(package->name), content.version));
  if (!document) return false;
  const auto entry = TRY(contract::decode_entry(document->bytes)).value;
  for (const auto& deployment : TRY(deployments_of_package(reader, package->name)))
    if (TRY(store::is_under_way(reader, deployment, entry.package_version, since))) return true;
  return false;
}

// The manifest itself and every file that it lists.
Result<std::set<std::string>> hashes_of(const hosting::Site& site,
                                        const store::PackageContent& content) {
  const auto manifest_hash = TRY(store::ContentHash::from_bytes(content.manifest_sha256));
  const Bytes document =
      TRY(os::read_file(site.content->path_of(manifest_hash), contract::kManifestLimit));
  std::set<std::string> out = {manifest_hash.text()};
  for (const auto& file : TRY(contract::decode_manifest(document)).files) out.insert(file.sha256);
  return out;
}

// Within the transaction: an operator whose package names a file that is about to go comes either
// before, and the file stays, or after, and is told to upload it.
Result<void> remove_withdrawn(const hosting::Site& site, store::Transaction& transaction,
                              const std::vector<store::PackageContent>& leaving) {
  std::set<std::string> candidates;
  for (const auto& content : leaving) {
    // Without its manifest nothing is known of its files, and nothing can be fetched either.
    if (const auto hashes = hashes_of(site, content))
      candidates.insert(hashes->begin(), hashes->end());
    TRY(store::remove_package_content(transaction, content.package, content.version));
  }
  for (const auto& content : TRY(store::all_package_content(transaction))) {
    const auto kept = hashes_of(site, content);
    if (!kept)
      return fail(kBadObject, "the manifest of package {} version {}: {}; nothing is removed",
                  content.package.text(), content.version, kept.error().text());
    for (const std::string& hash : *kept) candidates.erase(hash);
  }
  for (const std::string& hash : candidates)
    TRY(site.content->remove(TRY(store::ContentHash::parse(hash))));
  log::info("content.removed", "content of old package versions was removed",
            {{"versions", leaving.size()}, {"files", candidates.size()}});
  return {};
}

}  // namespace

Result<void> retire_content(hosting::Site& site, Timestamp now) {
  const Timestamp before = now - site.settings.duration("content.grace");
  const Timestamp since = now - site.settings.duration("status.keep");
  bool changed = false;
  TRY(site.database->write([&](store::Transaction& transaction) -> Result<void> {
    for (const auto& content : TRY(store::superseded_content(transaction, before))) {
      if (TRY(is_needed(transaction, content, since))) continue;
      TRY(store::withdraw_package_content(transaction, content.package, content.version,
                                          site.random.bytes(16), now));
      changed = true;
    }
    const auto leaving = TRY(store::withdrawn_content(transaction, before));
    if (leaving.empty()) return {};
    changed = true;
    return remove_withdrawn(site, transaction, leaving);
  }));
  if (changed) ++site.content_epoch;
  return {};
}

}  // namespace muster::site_server
