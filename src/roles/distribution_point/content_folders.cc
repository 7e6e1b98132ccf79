#include "roles/distribution_point/content_folders.h"

#include <fcntl.h>

#include "base/os/file.h"
#include "contract/manifest.h"
#include "store/site/packages.h"

namespace muster::distribution_point {

Result<std::shared_ptr<const ContentFolders::Files>> ContentFolders::files_of(
    const std::string& folder) {
  const auto name = from_hex(folder);
  if (!name || name->size() != 16) return std::shared_ptr<const Files>();
  const auto package = TRY(site_->database->read(
      [&](store::Reader& reader) { return store::find_package_by_folder(reader, *name); }));
  if (!package || package->withdrawn) return std::shared_ptr<const Files>();
  auto files = std::make_shared<Files>();
  const auto manifest_hash = TRY(store::ContentHash::from_bytes(package->manifest_sha256));
  files->insert(manifest_hash.text());
  const Bytes document =
      TRY(os::read_file(site_->content->path_of(manifest_hash), contract::kManifestLimit));
  for (const auto& file : TRY(contract::decode_manifest(document)).files)
    files->insert(file.sha256);
  return std::shared_ptr<const Files>(std::move(files));
}

Result<bool> ContentFolders::holds(std::string_view folder, std::string_view sha256) {
  const std::uint64_t epoch = site_->content_epoch.load();
  {
    const std::lock_guard lock(mutex_);
    if (epoch_ != epoch) known_.clear();
    epoch_ = epoch;
    if (const auto known = known_.find(folder); known != known_.end())
      return known->second->contains(std::string(sha256));
  }
  // Strangers' guesses are looked up outside the lock, and not remembered: they could fill the
  // memory.
  const auto files = TRY(files_of(std::string(folder)));
  if (!files) return false;
  const std::lock_guard lock(mutex_);
  if (epoch_ == epoch) known_.insert_or_assign(std::string(folder), files);
  return files->contains(std::string(sha256));
}

}  // namespace muster::distribution_point
