#include "contract/catalogue.h"

#include <algorithm>

#include "base/sha256.h"
#include "contract/catalogue_text.h"
#include "model/ids.h"

namespace muster::contract {

std::string CatalogueKey::id() const {
  // Canonical JSON as it stands: sorted members, and nothing in them that needs escaping.
  return sha256_hex(
      fmt::format(R"({{"keytype":"ed25519","keyval":{{"public":"{}"}},"scheme":"ed25519"}})",
                  to_hex(public_key)));
}

const CatalogueKey* CatalogueRoot::key(std::string_view id) const {
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const CatalogueKey& key) { return key.id() == id; });
  return found == keys.end() ? nullptr : &*found;
}

const model::Program* PackageEntry::program(std::string_view name) const {
  const auto found =
      std::find_if(programs.begin(), programs.end(),
                   [&](const model::Program& program) { return program.name == name; });
  return found == programs.end() ? nullptr : &*found;
}

CatalogueFile catalogue_file(std::uint64_t version, ByteView document) {
  return {version, document.size(), sha256_hex(document)};
}

std::string delegated_folder(std::string_view role) {
  constexpr std::pair<std::string_view, std::string_view> kFolders[] = {
      {kPackageRolePrefix, kTargetFolder},
      {kClassRolePrefix, "classes/"},
      {kFilesRolePrefix, "files/"}};
  for (const auto& [prefix, folder] : kFolders) {
    if (!role.starts_with(prefix)) continue;
    const std::string_view name = role.substr(prefix.size());
    return model::check_name(name) ? fmt::format("{}{}/", folder, name) : std::string();
  }
  return {};
}

std::string package_role(std::string_view package) {
  return fmt::format("{}{}", kPackageRolePrefix, package);
}

std::string catalogue_file_name(std::string_view role, std::uint64_t version) {
  if (role == "timestamp") return "timestamp.json";
  return fmt::format("{}.{}.json", version, role);
}

std::string manifest_target(std::string_view package) {
  return fmt::format("{}{}/{}", kTargetFolder, package, kManifestName);
}

std::string manifest_file_name(std::string_view package, std::string_view sha256) {
  return fmt::format("{}{}/{}.{}", kTargetFolder, package, sha256, kManifestName);
}

}  // namespace muster::contract
