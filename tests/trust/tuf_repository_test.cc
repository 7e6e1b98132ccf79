// Writes the repositories that tests/judges/tuf judges with tuf-js. Without the judge's variable
// they go to a folder of the test, and it asserts only that they can be made.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/os/file.h"
#include "base/os/system.h"
#include "base/sha256.h"
#include "contract/manifest.h"
#include "tests/base/temporary_folder.h"
#include "tests/trust/sample_site.h"

namespace muster::trust {
namespace {

const SampleSite kSite;

struct Versions {
  std::uint64_t targets = 1;
  std::uint64_t entry = 1;
  std::uint64_t snapshot = 1;
  std::uint64_t timestamp = 1;
};

// One state of a site's repository.
struct State {
  Timestamp now;
  std::vector<contract::CatalogueRoot> roots;
  Versions versions;
  const Ed25519Key* operator_key = &kSite.operator_key;
  const Ed25519Key* freshness_key = &kSite.policy_key;
  Timestamp targets_expiry = catalogue_expiry(now);
  Timestamp entry_expiry = catalogue_expiry(now);
  Timestamp snapshot_expiry = freshness_expiry(now);
  Timestamp timestamp_expiry = freshness_expiry(now);
};

void write(const std::filesystem::path& path, ByteView content) {
  ASSERT_TRUE(os::make_private_folder(path.parent_path()).has_value());
  ASSERT_TRUE(os::replace_file(path, content, os::FileMode::Public).has_value());
}

Bytes sample_manifest() {
  return contract::encode_manifest(
      {"editor", "2.1", {{"bin/setup", 5, sha256_hex("setup"), true}}});
}

contract::PackageEntry entry_of(const State& state) {
  const Bytes manifest = sample_manifest();
  contract::PackageEntry entry = sample_entry();
  entry.version = state.versions.entry;
  entry.expires = state.entry_expiry;
  entry.manifest_length = manifest.size();
  entry.manifest_sha256 = sha256_hex(manifest);
  // Where JSON and canonical JSON differ.
  entry.programs[0].argv.push_back("a \"b\" \\ \n\t ü €");
  return entry;
}

void write_state(const std::filesystem::path& folder, const State& state) {
  const auto metadata = folder / "metadata";
  for (const contract::CatalogueRoot& root : state.roots) {
    const Ed25519Key* keys[] = {&kSite.root_key};
    write(metadata / contract::catalogue_file_name("root", root.version), *sign_root(root, keys));
  }
  contract::CatalogueTargets targets =
      next_targets(state.roots.back(), {"package-editor"}, state.versions.targets - 1, state.now);
  targets.expires = state.targets_expiry;
  const Bytes targets_text = sign_targets(targets, *state.operator_key);
  write(metadata / contract::catalogue_file_name("targets", targets.version), targets_text);

  const contract::PackageEntry entry = entry_of(state);
  const std::string role = contract::package_role(entry.package);
  const Bytes entry_text = *sign_entry(entry, *state.operator_key);
  write(metadata / contract::catalogue_file_name(role, entry.version), entry_text);
  write(folder / "targets" / contract::manifest_file_name("editor", entry.manifest_sha256),
        sample_manifest());

  const Ed25519Key* freshness[] = {state.freshness_key};
  contract::CatalogueSnapshot snapshot;
  snapshot.version = state.versions.snapshot;
  snapshot.expires = state.snapshot_expiry;
  snapshot.files["targets"] = contract::catalogue_file(targets.version, targets_text);
  snapshot.files[role] = contract::catalogue_file(entry.version, entry_text);
  const Bytes snapshot_text =
      sign_catalogue_document(contract::encode_snapshot(snapshot), freshness);
  write(metadata / contract::catalogue_file_name("snapshot", snapshot.version), snapshot_text);

  const contract::CatalogueTimestamp timestamp{
      state.versions.timestamp, state.timestamp_expiry,
      contract::catalogue_file(snapshot.version, snapshot_text)};
  write(metadata / contract::catalogue_file_name("timestamp", timestamp.version),
        sign_catalogue_document(contract::encode_timestamp(timestamp), freshness));
}

TEST(TufRepository, IsWrittenForTheJudge) {
  const TemporaryFolder own;
  const char* wanted = std::getenv("MUSTER_TUF_FOLDER");
  const std::filesystem::path folder = wanted == nullptr ? own.path() : wanted;

  const Timestamp now = os::SystemClock().now();
  const Timestamp past = now - kDay;
  contract::CatalogueRoot first = kSite.root();
  first.expires = catalogue_expiry(now);
  const contract::CatalogueRoot both = *with_operator(first, kSite.other_key.public_key(), now);
  const contract::CatalogueRoot without =
      *without_operator(both, catalogue_key(kSite.operator_key.public_key()).id(), now);

  const State good{.now = now, .roots = {first}, .versions = {2, 2, 2, 2}};
  write_state(folder / "good", good);
  const auto variant = [&](const std::string& name, auto change) {
    State state = good;
    change(state);
    write_state(folder / name, state);
  };
  variant("next", [](State& s) { s.versions = {2, 3, 3, 3}; });
  variant("old-timestamp", [](State& s) { s.versions.timestamp = 1; });
  variant("old-snapshot", [](State& s) { s.versions = {2, 2, 1, 3}; });
  variant("old-targets", [](State& s) { s.versions = {1, 2, 3, 3}; });
  variant("old-package", [](State& s) { s.versions = {2, 1, 3, 3}; });
  variant("expired-root", [&](State& s) { s.roots[0].expires = past; });
  variant("expired-timestamp", [&](State& s) { s.timestamp_expiry = past; });
  variant("expired-snapshot", [&](State& s) { s.snapshot_expiry = past; });
  variant("expired-targets", [&](State& s) { s.targets_expiry = past; });
  variant("expired-package", [&](State& s) { s.entry_expiry = past; });
  variant("stranger", [](State& s) { s.operator_key = &kSite.other_key; });
  variant("freshness-by-operator", [](State& s) { s.freshness_key = &kSite.operator_key; });
  variant("second-operator", [&](State& s) {
    s.roots = {first, both};
    s.operator_key = &kSite.other_key;
  });
  variant("removed-operator", [&](State& s) { s.roots = {first, both, without}; });
  variant("removed-and-resigned", [&](State& s) {
    s.roots = {first, both, without};
    s.operator_key = &kSite.other_key;
  });
}

}  // namespace
}  // namespace muster::trust
