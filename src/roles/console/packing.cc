#include "roles/console/packing.h"

#include <algorithm>

#include "base/os/file.h"
#include "roles/console/errors.h"
#include "store/content_tree.h"

namespace muster::console {
namespace {

constexpr std::string_view kFolderStart = "packing-";

std::filesystem::path lock_of(const std::filesystem::path& folder) {
  return std::filesystem::path(folder).concat(".lock");
}

void remove_packing(const std::filesystem::path& folder) {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  std::filesystem::remove(lock_of(folder), ignored);
}

// A command that was interrupted holds its lock no longer. The lock is there before its folder, so
// a folder whose lock is free belongs to nobody.
void remove_left_ones(const std::filesystem::path& parent) {
  std::error_code error;
  std::vector<std::filesystem::path> found;
  for (std::filesystem::directory_iterator each(parent, error), end; !error && each != end;
       each.increment(error))
    if (each->path().filename().string().starts_with(kFolderStart) && each->is_directory(error))
      found.push_back(each->path());
  for (const std::filesystem::path& folder : found)
    if (const auto lock = os::lock_file(lock_of(folder)); lock) remove_packing(folder);
}

}  // namespace

Result<Packing> Packing::open(const Session& session) {
  const std::filesystem::path parent = session.state / "operator";
  remove_left_ones(parent);
  // Two commands may run beside each other.
  const std::filesystem::path folder =
      parent / (std::string(kFolderStart) + to_hex(session.random.bytes(8)));
  auto lock = TRY(os::lock_file(lock_of(folder)));
  auto store = TRY(store::ContentStore::open(folder));
  return Packing(folder, std::move(lock), std::move(store));
}

Packing::Packing(Packing&& other) noexcept
    : folder_(std::exchange(other.folder_, {})),
      lock_(std::move(other.lock_)),
      store_(std::move(other.store_)) {}

Packing::~Packing() {
  if (!folder_.empty()) remove_packing(folder_);
}

Result<std::optional<PackedContent>> Packing::pack(const FileObject& file) const {
  const auto* package = std::get_if<model::Package>(&file.object.value);
  if (!package || package->source.empty()) return std::optional<PackedContent>();
  const auto files = TRY_IN(store::ingest_tree(store_, file.folder / package->source),
                            "{}: package {}", file.file, package->name);
  PackedContent out;
  out.manifest.package = package->name;
  out.manifest.package_version = package->version;
  for (const store::TreeFile& each : files)
    out.manifest.files.push_back({each.path, each.size, each.hash.text(), (each.mode & 0100) != 0});
  TRY(contract::check_manifest(out.manifest));
  out.document = contract::encode_manifest(out.manifest);
  return std::optional(std::move(out));
}

Result<void> Packing::upload_file(ApiClient& api, const store::ContentHash& hash) const {
  const std::string path = "/api/v1/content/" + hash.text();
  // Asked for by its head alone: the answer's body would be the file.
  if (TRY(api.exists(path))) return {};
  const auto file = TRY(store_.open(hash));
  TRY(api.upload(path, {.fd = file.fd.get(), .offset = 0, .size = file.size}));
  return {};
}

Result<void> Packing::upload(ApiClient& api, const PackedContent& content) const {
  for (const auto& file : content.manifest.files)
    TRY(upload_file(api, TRY(store::ContentHash::parse(file.sha256))));
  return upload_file(api, TRY(store_.put(content.document)).hash);
}

}  // namespace muster::console
