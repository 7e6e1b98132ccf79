// `muster export`: objects as apply reads them, with the content of packages, so that an export of
// everything makes an empty site the same.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/os/file.h"
#include "base/sha256.h"
#include "contract/catalogue.h"
#include "contract/manifest.h"
#include "contract/signed_object.h"
#include "roles/console/commands.h"
#include "roles/console/errors.h"
#include "roles/console/object_files.h"
#include "roles/console/signing.h"
#include "wire/yaml.h"

namespace muster::console {
namespace fs = std::filesystem;
namespace {

using contract::AnyObject;

constexpr std::string_view kContentFolder = "content";
// A folder with this file holds an export, which --replace may write anew.
constexpr std::string_view kMarker = ".muster-export";
constexpr std::string_view kMarkerText =
    "An export by muster. With --replace another one takes its place.\n";
constexpr std::string_view kAside = ".muster-export.new";
constexpr std::string_view kFormer = ".muster-export.old";

// The operator's copy of what the site sent: without what only this site says of it.
Result<AnyObject> portable_object(wire::Node node, bool with_serial) {
  std::erase_if(node.members, [](const wire::NodeMember& member) {
    return member.key == contract::kStatusMember;
  });
  AnyObject object = TRY(contract::decode_object(node));
  if (!with_serial) object.server = {};
  if (auto* package = std::get_if<model::Package>(&object.value)) package->source.clear();
  return object;
}

// What only the site says happens on clients must not come under an operator's signature by an
// export that is applied again.
Result<void> check_signed(ApiClient& api, const trust::CatalogueTrust& trust,
                          const AnyObject& object) {
  const auto document =
      TRY(api.get("/api/v1/catalogue/" + path_part(contract::catalogue_role(object))));
  const auto entry = TRY(trust.verify_last_object(document.body, contract::catalogue_role(object)));
  if (entry.object.value != object.value)
    return fail(kSiteDocument, "the site's {} is not that of the signed document", object.name());
  return {};
}

Result<std::vector<AnyObject>> fetch_objects(ApiClient& api, const ExportRequest& request) {
  std::vector<std::string> kinds = file_kinds();
  if (!request.kind.empty()) {
    const std::string wanted = TRY(plural_kind(request.kind));
    if (std::find(kinds.begin(), kinds.end(), wanted) == kinds.end())
      return fail(kUsage, "{} cannot be applied, so they are not exported; there are {}", wanted,
                  fmt::join(kinds, ", "));
    kinds = {wanted};
  }
  std::vector<AnyObject> out;
  for (const std::string& kind : kinds) {
    if (request.name.empty()) {
      // By name, as the interface lists them.
      for (wire::Node& item : TRY(api.list(kind)))
        out.push_back(TRY(portable_object(std::move(item), request.with_serial)));
    } else {
      const auto answer = TRY(api.get(fmt::format("/api/v1/{}/{}", kind, path_part(request.name))));
      out.push_back(
          TRY(portable_object(TRY(wire::node_from_json(answer.body)), request.with_serial)));
    }
  }
  return out;
}

// Verified by a hash below an operator's signature, so that neither the site nor anybody in between
// can put other bytes into the next site.
Result<Bytes> fetch_content(ApiClient& api, const std::string& sha256_hex) {
  Bytes content = TRY(api.get("/api/v1/content/" + sha256_hex)).body;
  if (to_hex(sha256(content)) != sha256_hex)
    return fail(kExportDamaged, "the site sent other bytes than {}", sha256_hex);
  return content;
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(kExportFolder, "{}: {}", folder.string(), error.message());
  return {};
}

// Straight to the disk: content may be larger than memory.
Result<void> write_content_file(ApiClient& api, const contract::ManifestFile& file,
                                const fs::path& path) {
  TRY(make_folder(path.parent_path()));
  const os::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd.valid()) return fail(kExportFolder, "{}: {}", path.string(), std::strerror(errno));
  Sha256 hash;
  TRY(api.download("/api/v1/content/" + file.sha256, file.size_bytes,
                   [&](ByteView part) -> Result<void> {
                     hash.update(part);
                     return os::write_all(fd.get(), part, path);
                   }));
  if (to_hex(hash.finish()) != file.sha256)
    return fail(kExportDamaged, "the site sent other bytes than {}", file.sha256);
  if (::fchmod(fd.get(), file.executable ? 0755 : 0644) != 0 || ::fsync(fd.get()) != 0)
    return fail(kExportFolder, "{}: {}", path.string(), std::strerror(errno));
  return {};
}

Result<void> write_content(ApiClient& api, const trust::CatalogueTrust& trust,
                           const fs::path& folder, model::Package& package) {
  const auto document =
      TRY(api.get("/api/v1/catalogue/" + path_part(contract::package_role(package.name))));
  const auto entry = TRY(trust.verify_last_entry(document.body, package.name));
  if (entry.programs != package.programs || entry.package_version != package.version)
    return fail(kSiteDocument, "the site's version and programs are not those of the signed entry");
  // decode_manifest() refuses paths that lead out of the folder.
  const auto manifest =
      TRY(contract::decode_manifest(TRY(fetch_content(api, entry.manifest_sha256))));
  const fs::path source = folder / kContentFolder / package.name;
  TRY(make_folder(source));
  for (const auto& file : manifest.files) TRY(write_content_file(api, file, source / file.path));
  package.source = fmt::format("../{}/{}", kContentFolder, package.name);
  return {};
}

std::vector<std::string> parts_of_export() {
  std::vector<std::string> out = file_kinds();
  out.emplace_back(kContentFolder);
  return out;
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

// Folders of these names are replaced only where an export made them and that was asked for.
Result<void> check_folder(const fs::path& folder, bool replace) {
  for (const std::string& name : parts_of_export()) {
    if (!is_there(folder / name)) continue;
    if (!replace)
      return fail(kExportFolder, "{} is there already; --replace writes it anew",
                  (folder / name).string());
    if (!is_there(folder / kMarker))
      return fail(kExportFolder, "{} is there, and without {} nothing says that it is an export",
                  (folder / name).string(), (folder / kMarker).string());
  }
  return {};
}

Result<void> remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return fail(kExportFolder, "{}: {}", path.string(), error.message());
  return {};
}

Result<void> move_tree(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (is_there(from)) fs::rename(from, to, error);
  if (error) return fail(kExportFolder, "{}: {}", from.string(), error.message());
  return {};
}

// The former export goes once the new one is whole; nothing else in the folder is touched.
Result<void> put_in_place(const fs::path& folder) {
  TRY(remove_tree(folder / kFormer));
  TRY(make_folder(folder / kFormer));
  TRY(os::replace_file(folder / kMarker, kMarkerText, os::FileMode::Public));
  for (const std::string& name : parts_of_export()) {
    TRY(move_tree(folder / name, folder / kFormer / name));
    TRY(move_tree(folder / kAside / name, folder / name));
  }
  TRY(os::sync_folder(folder));
  TRY(remove_tree(folder / kFormer));
  return remove_tree(folder / kAside);
}

Result<void> write_objects(ApiClient& api, const trust::CatalogueTrust& trust,
                           std::vector<AnyObject>& objects, const fs::path& folder) {
  TRY(make_folder(folder));
  for (AnyObject& object : objects) {
    if (contract::is_signed_kind(object.kind()))
      TRY_IN(check_signed(api, trust, object), "{} {}", contract::to_text(object.kind()),
             object.name());
    if (auto* package = std::get_if<model::Package>(&object.value))
      TRY_IN(write_content(api, trust, folder, *package), "package {}", package->name);
    const std::string kind = TRY(folder_of_kind(contract::to_text(object.kind())));
    TRY(make_folder(folder / kind));
    TRY(os::replace_file(folder / kind / (object.name() + ".yaml"),
                         wire::emit_yaml(contract::encode_object(object)), os::FileMode::Public));
  }
  return {};
}

}  // namespace

Result<void> export_objects(const Session& session, const ExportRequest& request) {
  auto api = TRY(sign_in(session));
  std::vector<AnyObject> objects = TRY(fetch_objects(api, request));
  if (request.output.empty() || request.output == "-") {
    std::vector<wire::Node> nodes;
    for (const AnyObject& object : objects) nodes.push_back(contract::encode_object(object));
    const Bytes text = nodes.empty() ? Bytes() : wire::emit_yaml(nodes);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return {};
  }
  const auto trust = TRY(operator_trust(TRY(read_context(session))));
  const fs::path folder = request.output;
  TRY(check_folder(folder, request.replace));
  // What an interrupted export left.
  TRY(remove_tree(folder / kAside));
  if (auto written = write_objects(api, trust, objects, folder / kAside); !written) {
    static_cast<void>(remove_tree(folder / kAside));
    return written;
  }
  TRY(put_in_place(folder));
  std::printf("%zu object%s exported to %s\n", objects.size(), objects.size() == 1 ? "" : "s",
              folder.c_str());
  return {};
}

}  // namespace muster::console
