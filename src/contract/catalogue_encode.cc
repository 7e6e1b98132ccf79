#include "contract/catalogue.h"
#include "contract/catalogue_parts.h"
#include "contract/catalogue_text.h"
#include "wire/json.h"

namespace muster::contract {
namespace {

void write_keys(wire::JsonWriter& w, const std::vector<CatalogueKey>& keys) {
  w.key("keys").object();
  for (const CatalogueKey& key : keys) {
    w.key(key.id()).object();
    w.key("keytype").string("ed25519");
    w.key("keyval").object().key("public").string(to_hex(key.public_key)).end();
    w.key("scheme").string("ed25519");
    w.end();
  }
  w.end();
}

void write_role(wire::JsonWriter& w, const std::vector<std::string>& key_ids,
                std::uint64_t threshold) {
  w.key("keyids").array();
  for (const std::string& id : key_ids) w.string(id);
  w.end();
  w.key("threshold").number(threshold);
}

void write_file(wire::JsonWriter& w, std::string_view role, const CatalogueFile& file) {
  w.key(fmt::format("{}.json", role)).object();
  w.key("version").number(file.version);
  w.key("length").number(file.length);
  w.key("hashes").object().key("sha256").string(file.sha256).end();
  w.end();
}

void write_program(wire::JsonWriter& w, const model::Program& program) {
  w.object();
  w.key("name").string(program.name);
  w.key("argv").array();
  for (const std::string& argument : program.argv) w.string(argument);
  w.end();
  w.key("runAs").string(model::to_text(program.run_as));
  w.key("maxRuntime").string(to_text(program.max_runtime));
  w.key("successCodes").array();
  for (const int code : program.success_codes) w.number(code);
  w.end();
  w.key("rebootCodes").array();
  for (const int code : program.reboot_codes) w.number(code);
  w.end();
  // Members of what is not asked for are left out: clients refuse what they do not know.
  if (program.run_first) {
    w.key("runFirst").object();
    w.key("package").string(program.run_first->package);
    w.key("program").string(program.run_first->program);
    w.key("everyTime").boolean(program.run_first->every_time);
    w.end();
  }
  if (program.disk_bytes > 0) w.key("diskSpace").number(program.disk_bytes);
  if (!program.platforms.empty()) {
    w.key("platforms").array();
    for (const model::Platform& platform : program.platforms) {
      w.object();
      w.key("os").string(platform.os);
      w.key("version").string(platform.version);
      w.key("architecture").string(platform.architecture);
      w.end();
    }
    w.end();
  }
  if (!program.variables.empty()) {
    w.key("variables").array();
    for (const model::ProgramVariable& variable : program.variables) {
      w.object();
      w.key("name").string(variable.name);
      w.key("values").array();
      for (const std::string& value : variable.values) w.string(value);
      w.end();
      if (!variable.secrets.empty()) {
        w.key("secrets").array();
        for (const std::string& secret : variable.secrets) w.string(secret);
        w.end();
      }
      w.end();
    }
    w.end();
  }
  w.end();
}

}  // namespace

CataloguePart encode_root(const CatalogueRoot& root) {
  wire::JsonWriter w = open_catalogue_part("root", root.version, root.expires);
  w.key("consistent_snapshot").boolean(true);
  write_keys(w, root.keys);
  w.key("roles").object();
  const auto role = [&](std::string_view name, const RoleKeys& keys) {
    w.key(name).object();
    write_role(w, keys.key_ids, keys.threshold);
    w.end();
  };
  role("root", root.root);
  role("targets", root.targets);
  role("snapshot", root.snapshot);
  role("timestamp", root.timestamp);
  w.end();
  return close_catalogue_part(std::move(w));
}

CataloguePart encode_targets(const CatalogueTargets& targets) {
  std::vector<std::string> key_ids;
  for (const CatalogueKey& key : targets.operators) key_ids.push_back(key.id());

  wire::JsonWriter w = open_catalogue_part("targets", targets.version, targets.expires);
  w.key("targets").object().end();
  w.key("delegations").object();
  write_keys(w, targets.operators);
  w.key("roles").array();
  for (const std::string& each : targets.roles) {
    w.object();
    w.key("name").string(each);
    write_role(w, key_ids, 1);
    w.key("terminating").boolean(true);
    w.key("paths").array().string(delegated_folder(each) + "*").end();
    w.end();
  }
  w.end().end();
  return close_catalogue_part(std::move(w));
}

CataloguePart encode_entry(const PackageEntry& entry) {
  wire::JsonWriter w = open_catalogue_part("targets", entry.version, entry.expires);
  w.key("targets").object().key(manifest_target(entry.package)).object();
  w.key("length").number(entry.manifest_length);
  w.key("hashes").object().key("sha256").string(entry.manifest_sha256).end();
  w.key("custom").object().key("muster").object();
  w.key("package").string(entry.package);
  w.key("packageVersion").string(entry.package_version);
  w.key("programs").array();
  for (const model::Program& program : entry.programs) write_program(w, program);
  w.end().end().end().end().end();
  return close_catalogue_part(std::move(w));
}

CataloguePart encode_snapshot(const CatalogueSnapshot& snapshot) {
  wire::JsonWriter w = open_catalogue_part("snapshot", snapshot.version, snapshot.expires);
  w.key("meta").object();
  for (const auto& [role, file] : snapshot.files) write_file(w, role, file);
  w.end();
  return close_catalogue_part(std::move(w));
}

CataloguePart encode_timestamp(const CatalogueTimestamp& timestamp) {
  wire::JsonWriter w = open_catalogue_part("timestamp", timestamp.version, timestamp.expires);
  w.key("meta").object();
  write_file(w, "snapshot", timestamp.snapshot);
  w.end();
  return close_catalogue_part(std::move(w));
}

Bytes assemble_catalogue(const CataloguePart& part,
                         const std::vector<CatalogueSignature>& signatures) {
  wire::JsonWriter w;
  w.object();
  w.key("signatures").array();
  for (const CatalogueSignature& signature : signatures) {
    w.object();
    w.key("keyid").string(signature.key_id);
    w.key("sig").string(to_hex(signature.signature));
    w.end();
  }
  w.end();
  w.key("signed").raw(part.json);
  w.end();
  return std::move(w).take();
}

}  // namespace muster::contract
