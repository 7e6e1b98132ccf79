#include <algorithm>
#include <set>

#include "contract/catalogue.h"
#include "contract/catalogue_check.h"
#include "contract/catalogue_parts.h"
#include "contract/catalogue_text.h"
#include "contract/errors.h"
#include "contract/fields.h"
#include "wire/json.h"

namespace muster::contract {
namespace {

constexpr std::size_t kMostKeys = 256;
constexpr std::size_t kMostRoles = 10'000;
constexpr std::size_t kKeySize = 32;

template <typename... Args>
Failure malformed(fmt::format_string<Args...> format, Args&&... args) {
  return fail(kCatalogueMalformed, format, std::forward<Args>(args)...);
}

Result<std::vector<CatalogueKey>> read_keys(const wire::Json& object) {
  std::vector<CatalogueKey> keys;
  for (const auto& [id, json] : TRY(TRY(object.at("keys")).members())) {
    if (keys.size() == kMostKeys) return malformed("over {} keys", kMostKeys);
    if (TRY(text_field(json, "keytype")) != "ed25519" ||
        TRY(text_field(json, "scheme")) != "ed25519")
      return malformed("key {} is not of type and scheme ed25519", id);
    auto raw = from_hex(TRY(text_field(TRY(json.at("keyval")), "public")));
    if (!raw || raw->size() != kKeySize)
      return malformed("key {} is not {} bytes in hex", id, kKeySize);
    keys.push_back({*std::move(raw)});
    if (keys.back().id() != id) return malformed("key {} stands under another key's id", id);
  }
  return keys;
}

Result<RoleKeys> read_role(const wire::Json& json, const std::vector<CatalogueKey>& keys) {
  RoleKeys role;
  role.key_ids = TRY(text_list_field(json, "keyids"));
  role.threshold = TRY(number_field(json, "threshold"));
  const std::set<std::string> distinct(role.key_ids.begin(), role.key_ids.end());
  if (distinct.size() != role.key_ids.size()) return malformed("a role names a key twice");
  if (role.threshold == 0 || role.threshold > role.key_ids.size())
    return malformed("threshold {} with {} keys", role.threshold, role.key_ids.size());
  for (const std::string& id : role.key_ids) {
    const bool known = std::any_of(keys.begin(), keys.end(),
                                   [&](const CatalogueKey& key) { return key.id() == id; });
    if (!known) return malformed("a role names key {}, which is not in the document", id);
  }
  return role;
}

Result<CatalogueRoot> read_root(const wire::Json& part) {
  const CatalogueHead head = TRY(read_catalogue_head(part, "root"));
  if (!TRY(truth_field(part, "consistent_snapshot")))
    return malformed("consistent_snapshot is false");
  CatalogueRoot root{.version = head.version, .expires = head.expires};
  root.keys = TRY(read_keys(part));
  const wire::Json roles = TRY(part.at("roles"));
  if (TRY(roles.members()).size() != 4) return malformed("there are not exactly four roles");
  root.root = TRY_IN(read_role(TRY(roles.at("root")), root.keys), "role root");
  root.targets = TRY_IN(read_role(TRY(roles.at("targets")), root.keys), "role targets");
  root.snapshot = TRY_IN(read_role(TRY(roles.at("snapshot")), root.keys), "role snapshot");
  root.timestamp = TRY_IN(read_role(TRY(roles.at("timestamp")), root.keys), "role timestamp");
  return root;
}

Result<std::string> read_delegation(const wire::Json& json,
                                    const std::vector<CatalogueKey>& operators) {
  std::string name = TRY(text_field(json, "name"));
  const std::string folder = delegated_folder(name);
  if (folder.empty()) return malformed("'{}' is no role that is delegated", name);
  const RoleKeys role = TRY(read_role(json, operators));
  if (role.threshold != 1 || role.key_ids.size() != operators.size())
    return malformed("role '{}' is not delegated to every operator alone", name);
  const std::vector<std::string> paths = TRY(text_list_field(json, "paths"));
  if (paths.size() != 1 || paths[0] != folder + "*")
    return malformed("role '{}' has other paths than its own", name);
  if (!TRY(truth_field(json, "terminating"))) return malformed("role '{}' does not end", name);
  return name;
}

Result<CatalogueTargets> read_targets(const wire::Json& part) {
  const CatalogueHead head = TRY(read_catalogue_head(part, "targets"));
  if (!TRY(TRY(part.at("targets")).members()).empty())
    return malformed("targets.json lists a target itself");
  CatalogueTargets targets{.version = head.version, .expires = head.expires};
  const wire::Json delegations = TRY(part.at("delegations"));
  targets.operators = TRY(read_keys(delegations));
  for (const wire::Json& item : TRY(TRY(delegations.at("roles")).items())) {
    if (targets.roles.size() == kMostRoles) return malformed("over {} roles", kMostRoles);
    std::string name = TRY(read_delegation(item, targets.operators));
    if (!targets.roles.empty() && targets.roles.back() >= name)
      return malformed("roles are not sorted, or '{}' stands twice", name);
    targets.roles.push_back(std::move(name));
  }
  return targets;
}

Result<std::vector<int>> read_codes(const wire::Json& json, std::string_view key) {
  std::vector<int> codes;
  for (const wire::Json& item : TRY(TRY(json.at(key)).items())) {
    const std::int64_t code = TRY_IN(item.i64(), "{}", key);
    if (code < INT32_MIN || code > INT32_MAX)
      return malformed("{}: {} has over 32 bits", key, code);
    codes.push_back(static_cast<int>(code));
  }
  return codes;
}

Result<model::RunFirst> read_run_first(const wire::Json& json) {
  if (TRY(json.members()).size() != 3) return malformed("runFirst has unknown members");
  model::RunFirst out;
  out.package = TRY(text_field(json, "package"));
  out.program = TRY(text_field(json, "program"));
  out.every_time = TRY(truth_field(json, "everyTime"));
  return out;
}

Result<std::vector<model::Platform>> read_platforms(const wire::Json& json) {
  std::vector<model::Platform> out;
  for (const wire::Json& item : TRY(json.items())) {
    if (TRY(item.members()).size() != 3) return malformed("a platform has unknown members");
    model::Platform& platform = out.emplace_back();
    platform.os = TRY(text_field(item, "os"));
    platform.version = TRY(text_field(item, "version"));
    platform.architecture = TRY(text_field(item, "architecture"));
  }
  if (out.empty()) return malformed("platforms lists none");
  return out;
}

Result<std::vector<model::ProgramVariable>> read_variables(const wire::Json& json) {
  std::vector<model::ProgramVariable> out;
  const auto items = TRY(json.items());
  if (items.empty()) return malformed("variables is empty");
  for (const wire::Json& item : items) {
    const auto secrets = TRY(item.find("secrets"));
    if (TRY(item.members()).size() != (secrets ? 3u : 2u))
      return malformed("a variable has unknown members");
    if (out.size() == model::kMostProgramVariables) return malformed("too many variables");
    model::ProgramVariable& variable = out.emplace_back();
    variable.name = TRY(text_field(item, "name"));
    variable.values = TRY(text_list_field(item, "values"));
    if (secrets) variable.secrets = TRY(text_list_field(item, "secrets"));
    if (secrets && variable.secrets.empty()) return malformed("secrets lists none");
  }
  return out;
}

Result<model::Program> read_program(const wire::Json& json) {
  const auto run_first = TRY(json.find("runFirst"));
  const auto disk_space = TRY(json.find("diskSpace"));
  const auto platforms = TRY(json.find("platforms"));
  const auto variables = TRY(json.find("variables"));
  const std::size_t members = 6 + (run_first ? 1u : 0u) + (disk_space ? 1u : 0u) +
                              (platforms ? 1u : 0u) + (variables ? 1u : 0u);
  // An unknown member may be a restriction that this version cannot keep.
  if (TRY(json.members()).size() != members) return malformed("a program has unknown members");
  model::Program program{TRY(text_field(json, "name"))};
  program.argv = TRY(text_list_field(json, "argv"));
  const std::string run_as = TRY(text_field(json, "runAs"));
  const auto known = model::parse_run_as(run_as);
  if (!known) return malformed("runAs '{}' is not known", run_as);
  program.run_as = *known;
  program.max_runtime = TRY(duration_field(json, "maxRuntime"));
  program.success_codes = TRY(read_codes(json, "successCodes"));
  program.reboot_codes = TRY(read_codes(json, "rebootCodes"));
  if (run_first) program.run_first = TRY_IN(read_run_first(*run_first), "runFirst");
  if (disk_space) program.disk_bytes = TRY(number_field(json, "diskSpace"));
  if (platforms) program.platforms = TRY_IN(read_platforms(*platforms), "platforms");
  if (variables) program.variables = TRY(read_variables(*variables));
  return program;
}

Result<PackageEntry> read_entry(const wire::Json& part) {
  const CatalogueHead head = TRY(read_catalogue_head(part, "targets"));
  if (TRY(part.find("delegations"))) return malformed("a package's document delegates");
  const auto targets = TRY(TRY(part.at("targets")).members());
  if (targets.size() != 1) return malformed("{} targets instead of one", targets.size());
  const auto& [path, target] = targets[0];

  PackageEntry entry{.version = head.version, .expires = head.expires};
  entry.manifest_length = TRY(number_field(target, "length"));
  entry.manifest_sha256 = TRY(sha256_field(TRY(target.at("hashes")), "sha256"));
  const wire::Json custom = TRY(TRY(target.at("custom")).at("muster"));
  if (TRY(custom.members()).size() != 3) return malformed("the package has unknown members");
  entry.package = TRY(text_field(custom, "package"));
  entry.package_version = TRY(text_field(custom, "packageVersion"));
  for (const wire::Json& item : TRY(TRY(custom.at("programs")).items()))
    entry.programs.push_back(TRY(read_program(item)));
  TRY(check_entry(entry));
  if (path != manifest_target(entry.package))
    return malformed("its target is '{}', its package '{}'", path, entry.package);
  return entry;
}

Result<CatalogueFile> read_file(const wire::Json& json) {
  CatalogueFile file{TRY(number_field(json, "version")), TRY(number_field(json, "length")),
                     TRY(sha256_field(TRY(json.at("hashes")), "sha256"))};
  if (file.version == 0) return malformed("version is 0");
  return file;
}

Result<CatalogueSnapshot> read_snapshot(const wire::Json& part) {
  const CatalogueHead head = TRY(read_catalogue_head(part, "snapshot"));
  CatalogueSnapshot snapshot{.version = head.version, .expires = head.expires};
  constexpr std::string_view kEnd = ".json";
  for (const auto& [name, json] : TRY(TRY(part.at("meta")).members())) {
    if (snapshot.files.size() > kMostRoles) return malformed("over {} files", kMostRoles);
    const std::string_view role =
        name.ends_with(kEnd) ? name.substr(0, name.size() - kEnd.size()) : std::string_view();
    if (role != "targets" && delegated_folder(role).empty())
      return malformed("'{}' is no known role", name);
    snapshot.files.emplace(role, TRY_IN(read_file(json), "{}", name));
  }
  if (!snapshot.files.contains("targets")) return malformed("targets.json is missing");
  return snapshot;
}

Result<CatalogueTimestamp> read_timestamp(const wire::Json& part) {
  const CatalogueHead head = TRY(read_catalogue_head(part, "timestamp"));
  const wire::Json meta = TRY(part.at("meta"));
  if (TRY(meta.members()).size() != 1) return malformed("meta has other files than snapshot.json");
  return CatalogueTimestamp{head.version, head.expires,
                            TRY(read_file(TRY(meta.at("snapshot.json"))))};
}

template <typename Document>
Result<Document> read_part(ByteView text, CatalogueReader<Document> read) {
  const auto document = TRY(wire::JsonDocument::parse(text, {.bytes = kCatalogueLimit}));
  return read(document.root());
}

}  // namespace

Result<SignedCatalogue<CatalogueRoot>> decode_root(ByteView document) {
  return as_malformed("root.json", read_catalogue_document<CatalogueRoot>(document, read_root));
}
Result<SignedCatalogue<CatalogueTargets>> decode_targets(ByteView document) {
  return as_malformed("targets.json",
                      read_catalogue_document<CatalogueTargets>(document, read_targets));
}
Result<SignedCatalogue<PackageEntry>> decode_entry(ByteView document) {
  return as_malformed("package document",
                      read_catalogue_document<PackageEntry>(document, read_entry));
}
Result<SignedCatalogue<CatalogueSnapshot>> decode_snapshot(ByteView document) {
  return as_malformed("snapshot.json",
                      read_catalogue_document<CatalogueSnapshot>(document, read_snapshot));
}
Result<SignedCatalogue<CatalogueTimestamp>> decode_timestamp(ByteView document) {
  return as_malformed("timestamp.json",
                      read_catalogue_document<CatalogueTimestamp>(document, read_timestamp));
}
Result<CatalogueSnapshot> decode_snapshot_part(ByteView part) {
  return as_malformed("snapshot.json", read_part<CatalogueSnapshot>(part, read_snapshot));
}
Result<CatalogueTimestamp> decode_timestamp_part(ByteView part) {
  return as_malformed("timestamp.json", read_part<CatalogueTimestamp>(part, read_timestamp));
}

}  // namespace muster::contract
