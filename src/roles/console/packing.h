// The content of packages on the operator's machine: packed from their source folders and uploaded.
#pragma once

#include <map>
#include <optional>

#include "base/os/fd.h"
#include "contract/manifest.h"
#include "roles/console/commands.h"
#include "roles/console/object_files.h"
#include "store/content_store.h"

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

}  // namespace muster::console
