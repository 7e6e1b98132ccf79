// The content of packages on the operator's machine: packed from their source folders, uploaded
// and signed for with the operator's catalogue key, which never leaves the operator's folder.
#pragma once

#include <map>
#include <optional>

#include "base/os/fd.h"
#include "contract/manifest.h"
#include "roles/console/commands.h"
#include "roles/console/object_files.h"
#include "store/content_store.h"
#include "trust/catalogue_trust.h"

namespace muster::console {

struct PackedContent {
  contract::Manifest manifest;
  Bytes document;  // the manifest as it is signed
};

// Holds the packed files aside until it is destroyed. What commands left that were ended before
// that is removed by the next one.
class Packing {
 public:
  static Result<Packing> open(const Session& session);
  Packing(Packing&& other) noexcept;
  Packing& operator=(Packing&&) = delete;
  ~Packing();

  // Nothing for a package without `source`: its content stays what the site has.
  // Errors: those of ingest_tree() and check_manifest().
  Result<std::optional<PackedContent>> pack(const FileObject& file) const;
  // What the site does not have yet.
  Result<void> upload(ApiClient& api, const PackedContent& content) const;

 private:
  Packing(std::filesystem::path folder, os::Fd lock, store::ContentStore store)
      : folder_(std::move(folder)), lock_(std::move(lock)), store_(std::move(store)) {}
  Result<void> upload_file(ApiClient& api, const store::ContentHash& hash) const;

  std::filesystem::path folder_;
  os::Fd lock_;  // of FOLDER.lock: says that the folder is in use
  store::ContentStore store_;
};

// The root in the operator's own folder: what documents of a site are verified with.
Result<trust::CatalogueTrust> operator_trust(const contract::OperatorContext& context);

struct SignedPackage {
  Bytes entry;
  std::optional<Bytes> targets;
};

// The next version of the package's signed entry, and of the list of packages where it is new.
// Without `content` the entry names what the site has, if an operator signed for that. Errors:
// kUsage where it has none, those of verify_last_entry(), kSiteDocument.
Result<SignedPackage> sign_package(const Session& session, ApiClient& api,
                                   const contract::OperatorContext& context,
                                   const model::Package& package,
                                   const std::optional<PackedContent>& content);

// Whether the entry that the site has should be signed again though nothing changed: another
// operator signed it, or half of its life is over.
Result<bool> signature_is_due(const Session& session, ApiClient& api,
                              const contract::OperatorContext& context, std::string_view package);

}  // namespace muster::console
