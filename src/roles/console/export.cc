// `muster export`: objects as apply reads them, with the content of packages, so that an export of
// everything makes an empty site the same.
#include <cstdio>
#include <filesystem>

#include "base/os/file.h"
#include "base/sha256.h"
#include "contract/catalogue.h"
#include "contract/manifest.h"
#include "roles/console/commands.h"
#include "roles/console/errors.h"
#include "roles/console/object_files.h"
#include "roles/console/packing.h"
#include "wire/yaml.h"

namespace muster::console {
namespace fs = std::filesystem;
namespace {

using contract::AnyObject;

constexpr std::string_view kContentFolder = "content";

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

Result<void> write_file(const fs::path& path, ByteView content, bool executable) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return fail(kExportFolder, "{}: {}", path.parent_path().string(), error.message());
  TRY(os::replace_file(path, content, os::FileMode::Public));
  if (executable)
    fs::permissions(path, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                    fs::perm_options::add, error);
  if (error) return fail(kExportFolder, "{}: {}", path.string(), error.message());
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
  std::error_code error;
  fs::create_directories(source, error);
  for (const auto& file : manifest.files) {
    const Bytes content = TRY(fetch_content(api, file.sha256));
    TRY(write_file(source / file.path, content, file.executable));
  }
  package.source = fmt::format("../{}/{}", kContentFolder, package.name);
  return {};
}

// An old export is replaced only when that was asked for, and then nothing else in the folder.
Result<void> clear_folder(const fs::path& folder, bool replace) {
  std::error_code error;
  std::vector<std::string> ours = file_kinds();
  ours.emplace_back(kContentFolder);
  for (const std::string& name : ours) {
    const fs::path path = folder / name;
    if (!fs::exists(fs::symlink_status(path, error))) continue;
    if (!replace)
      return fail(kExportFolder, "{} is there already; --replace writes it anew", path.string());
    fs::remove_all(path, error);
    if (error) return fail(kExportFolder, "{}: {}", path.string(), error.message());
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
  TRY(clear_folder(folder, request.replace));
  for (AnyObject& object : objects) {
    if (auto* package = std::get_if<model::Package>(&object.value))
      TRY_IN(write_content(api, trust, folder, *package), "package {}", package->name);
    const std::string kind = TRY(folder_of_kind(contract::to_text(object.kind())));
    TRY(write_file(folder / kind / (object.name() + ".yaml"),
                   wire::emit_yaml(contract::encode_object(object)), false));
  }
  std::printf("%zu object%s exported to %s\n", objects.size(), objects.size() == 1 ? "" : "s",
              folder.c_str());
  return {};
}

}  // namespace muster::console
