// `muster apply`: creates or changes the objects of a file. A package's content is uploaded and its
// entry signed here, with the operator's catalogue key, which never leaves the operator's folder.
#include <algorithm>
#include <cstdio>

#include "base/os/file.h"
#include "contract/catalogue.h"
#include "contract/manifest.h"
#include "contract/objects/object.h"
#include "roles/console/commands.h"
#include "roles/console/errors.h"
#include "store/content_tree.h"
#include "trust/ceremony.h"

namespace muster::console {
namespace {

using contract::AnyObject;

std::string lower(std::string_view word) {
  std::string out(word);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

struct SignedPackage {
  Bytes entry;
  std::optional<Bytes> targets;
};

class Applier {
 public:
  Applier(const Session& session, const contract::OperatorContext& context, ApiClient& api,
          bool dry_run)
      : session_(session), context_(context), api_(api), dry_run_(dry_run) {}

  Result<void> apply(const AnyObject& object, const std::filesystem::path& folder);

 private:
  Result<void> upload_source(const model::Package& package, const std::filesystem::path& folder,
                             contract::PackageEntry& entry);
  Result<void> upload(const store::ContentStore& content, const store::ContentHash& hash);
  Result<SignedPackage> sign(const model::Package& package, const std::filesystem::path& folder);
  Result<std::optional<Bytes>> catalogue(std::string_view role);

  const Session& session_;
  const contract::OperatorContext& context_;
  ApiClient& api_;
  bool dry_run_;
};

Result<void> Applier::upload(const store::ContentStore& content, const store::ContentHash& hash) {
  const std::string path = "/api/v1/content/" + hash.text();
  // Asked for by its head alone: the answer's body would be the file.
  if (TRY(api_.exists(path))) return {};
  const auto file = TRY(content.open(hash));
  TRY(api_.upload(path, {.fd = file.fd.get(), .offset = 0, .size = file.size}));
  return {};
}

// The source folder as the content that devices get: every file by hash, listed in the manifest.
Result<void> Applier::upload_source(const model::Package& package,
                                    const std::filesystem::path& folder,
                                    contract::PackageEntry& entry) {
  if (package.source.empty())
    return fail(kUsage, "package {}: spec.source is wanted, the folder with its content",
                package.name);
  const std::filesystem::path aside = session_.state / "operator" / "packing";
  const auto content = TRY(store::ContentStore::open(aside));
  const auto files =
      TRY_IN(store::ingest_tree(content, folder / package.source), "package {}", package.name);
  contract::Manifest manifest;
  manifest.package = package.name;
  manifest.package_version = package.version;
  for (const store::TreeFile& file : files)
    manifest.files.push_back({file.path, file.size, file.hash.text(), (file.mode & 0100) != 0});
  TRY(contract::check_manifest(manifest));
  const Bytes document = contract::encode_manifest(manifest);
  const auto stored = TRY(content.put(document));
  entry.manifest_sha256 = stored.hash.text();
  entry.manifest_length = document.size();
  for (const store::TreeFile& file : files) TRY(upload(content, file.hash));
  TRY(upload(content, stored.hash));
  std::error_code ignored;
  std::filesystem::remove_all(aside, ignored);
  return {};
}

Result<std::optional<Bytes>> Applier::catalogue(std::string_view role) {
  auto answer = TRY(api_.find("/api/v1/catalogue/" + path_part(role)));
  if (!answer) return std::optional<Bytes>();
  return std::optional(std::move(answer->body));
}

contract::PackageEntry entry_of(const model::Package& package, Timestamp now) {
  contract::PackageEntry entry;
  entry.expires = trust::catalogue_expiry(now);
  entry.package = package.name;
  entry.package_version = package.version;
  entry.programs = package.programs;
  return entry;
}

Result<SignedPackage> Applier::sign(const model::Package& package,
                                    const std::filesystem::path& folder) {
  const Timestamp now = session_.clock.now();
  const std::filesystem::path keys = context_.folder;
  const auto key = TRY(trust::Ed25519Key::from_pem(TRY(os::read_file(keys / "catalogue.key"))));
  const Bytes root_bytes = TRY(os::read_file(keys / "root.json"));
  const auto root = TRY(contract::decode_root(root_bytes)).value;

  contract::PackageEntry entry = entry_of(package, now);
  TRY(upload_source(package, folder, entry));
  if (const auto last = TRY(catalogue(contract::package_role(package.name))))
    entry.version = TRY(contract::decode_entry(*last)).value.version + 1;
  SignedPackage out{TRY(trust::sign_entry(entry, key)), {}};

  std::vector<std::string> packages;
  std::uint64_t last_version = 0;
  if (const auto last = TRY(catalogue("targets"))) {
    const auto targets = TRY(contract::decode_targets(*last)).value;
    packages = targets.packages;
    last_version = targets.version;
  }
  if (std::find(packages.begin(), packages.end(), package.name) == packages.end()) {
    packages.push_back(package.name);
    std::sort(packages.begin(), packages.end());
    out.targets = trust::sign_targets(trust::next_targets(root, packages, last_version, now), key);
  }
  return out;
}

Result<void> Applier::apply(const AnyObject& object, const std::filesystem::path& folder) {
  const std::string plural = TRY(plural_kind(lower(contract::to_text(object.kind()))));
  const std::string path = fmt::format("/api/v1/{}/{}", plural, path_part(object.name()));
  const auto before = TRY(api_.find(path));
  wire::Node node = contract::encode_object(object);
  if (const auto* package = std::get_if<model::Package>(&object.value)) {
    const SignedPackage documents = TRY(sign(*package, folder));
    contract::add_catalogue_upload(node, {documents.entry, documents.targets});
  }
  const std::string dry = dry_run_ ? "?dryRun=true" : "";
  const Bytes body = wire::node_to_json(node);
  if (before) {
    TRY(api_.send("PUT", path + dry, body, "application/json", before->etag));
  } else {
    TRY(api_.send("POST", fmt::format("/api/v1/{}{}", plural, dry), body));
  }
  std::printf("%s %s %s%s\n", lower(contract::to_text(object.kind())).c_str(),
              object.name().c_str(), before ? "configured" : "created",
              dry_run_ ? " (dry run)" : "");
  return {};
}

}  // namespace

Result<void> apply(const Session& session, const std::string& file, bool dry_run) {
  const Bytes text = TRY(os::read_file(file));
  const auto objects = TRY(contract::decode_objects(text, file));
  const auto context = TRY(read_context(session));
  auto api = TRY(sign_in(session));
  Applier applier(session, context, api, dry_run);
  const auto folder = std::filesystem::absolute(file).parent_path();
  for (const AnyObject& object : objects)
    TRY_IN(applier.apply(object, folder), "{}: {} {}", file, contract::to_text(object.kind()),
           object.name());
  return {};
}

}  // namespace muster::console
