#include "roles/console/packing.h"

#include <algorithm>

#include "base/os/file.h"
#include "contract/catalogue.h"
#include "roles/console/errors.h"
#include "store/content_tree.h"
#include "trust/ceremony.h"

namespace muster::console {
namespace {

Result<std::optional<Bytes>> catalogue(ApiClient& api, std::string_view role) {
  auto answer = TRY(api.find("/api/v1/catalogue/" + path_part(role)));
  if (!answer) return std::optional<Bytes>();
  return std::optional(std::move(answer->body));
}

Result<trust::Ed25519Key> catalogue_key(const contract::OperatorContext& context) {
  const std::filesystem::path folder = context.folder;
  return trust::Ed25519Key::from_pem(TRY(os::read_file(folder / "catalogue.key")));
}

// Versions grow by one: a site that names such a number wants the last one to be reached.
constexpr std::uint64_t kHighestVersion = std::uint64_t{1} << 53;

Result<std::uint64_t> version_after(std::uint64_t last, std::string_view what) {
  if (last < kHighestVersion) return last + 1;
  return fail(kSiteDocument, "{}: the site has it in version {}", what, last);
}

// The list of packages with this one, where the site's does not have it yet.
Result<std::optional<Bytes>> sign_targets(const Session& session, ApiClient& api,
                                          const contract::OperatorContext& context,
                                          const std::string& package,
                                          const trust::Ed25519Key& key) {
  const contract::CatalogueRoot root = TRY(operator_trust(context)).root();
  std::vector<std::string> packages;
  std::uint64_t last_version = 0;
  // The names alone are taken from the site: none of them authorises anything.
  if (const auto last = TRY(catalogue(api, "targets"))) {
    const auto targets = TRY(contract::decode_targets(*last)).value;
    packages = targets.packages;
    last_version = targets.version;
    TRY(version_after(last_version, "the list of packages"));
  }
  if (std::ranges::find(packages, package) != packages.end()) return std::optional<Bytes>();
  packages.push_back(package);
  std::ranges::sort(packages);
  return std::optional(trust::sign_targets(
      trust::next_targets(root, packages, last_version, session.clock.now()), key));
}

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

Result<trust::CatalogueTrust> operator_trust(const contract::OperatorContext& context) {
  const std::filesystem::path file = std::filesystem::path(context.folder) / "root.json";
  return TRY_IN(trust::CatalogueTrust::restore(TRY(os::read_file(file))), "{}", file.string());
}

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

Result<SignedPackage> sign_package(const Session& session, ApiClient& api,
                                   const contract::OperatorContext& context,
                                   const model::Package& package,
                                   const std::optional<PackedContent>& content) {
  const auto key = TRY(catalogue_key(context));
  contract::PackageEntry entry;
  entry.expires = trust::catalogue_expiry(session.clock.now());
  entry.package = package.name;
  entry.package_version = package.version;
  entry.programs = package.programs;
  const auto last = TRY(catalogue(api, contract::package_role(package.name)));
  if (last)
    entry.version =
        TRY(version_after(TRY(contract::decode_entry(*last)).value.version, package.name));
  if (content) {
    entry.manifest_sha256 = to_hex(sha256(content->document));
    entry.manifest_length = content->document.size();
  } else {
    if (!last)
      return fail(kUsage, "package {}: the site has no content of it; spec.source is wanted",
                  package.name);
    // What the site says of its content is worth nothing until an operator has signed it.
    const auto before =
        TRY_IN(TRY(operator_trust(context)).verify_last_entry(*last, package.name),
               "package {}: the content that the site has; name it in spec.source", package.name);
    if (before.package_version != package.version)
      return fail(kUsage, "package {}: version {} is new to the site; spec.source is wanted",
                  package.name, package.version);
    entry.manifest_sha256 = before.manifest_sha256;
    entry.manifest_length = before.manifest_length;
  }
  SignedPackage out;
  out.entry = TRY(trust::sign_entry(entry, key));
  out.targets = TRY(sign_targets(session, api, context, package.name, key));
  return out;
}

Result<bool> signature_is_due(const Session& session, ApiClient& api,
                              const contract::OperatorContext& context, std::string_view package) {
  const auto last = TRY(catalogue(api, contract::package_role(package)));
  if (!last) return true;
  const auto entry = TRY(contract::decode_entry(*last));
  const auto key = TRY(catalogue_key(context));
  const std::string own = contract::CatalogueKey{Bytes(key.public_key().raw())}.id();
  const bool ours = std::ranges::any_of(
      entry.signatures, [&](const auto& signature) { return signature.key_id == own; });
  const Timestamp now = session.clock.now();
  const Duration whole_life = trust::catalogue_expiry(now) - now;
  return !ours || entry.value.expires - now < whole_life / 2;
}

}  // namespace muster::console
