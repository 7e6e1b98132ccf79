#include "contract/catalogue.h"

#include <gtest/gtest.h>

#include "base/sha256.h"
#include "contract/catalogue_check.h"
#include "contract/errors.h"
#include "wire/json.h"

namespace muster::contract {
namespace {

const Timestamp kExpires = *parse_timestamp("2027-01-31T12:00:00Z");
const CatalogueKey kRootKey{Bytes(32, 'r')};
const CatalogueKey kOperatorKey{Bytes(32, 'o')};
const CatalogueKey kPolicyKey{Bytes(32, 'p')};
const std::string kHash(64, 'e');

CatalogueRoot sample_root() {
  CatalogueRoot root;
  root.version = 3;
  root.expires = kExpires;
  // In the order of their ids, as JSON objects keep the order of the text.
  root.keys = {kRootKey, kOperatorKey, kPolicyKey};
  root.root = {{kRootKey.id()}, 1};
  root.targets = {{kOperatorKey.id()}, 1};
  root.snapshot = {{kPolicyKey.id()}, 1};
  root.timestamp = {{kPolicyKey.id()}, 1};
  return root;
}

CatalogueTargets sample_targets() {
  CatalogueTargets targets;
  targets.version = 4;
  targets.expires = kExpires;
  targets.operators = {kOperatorKey};
  targets.roles = {"package-editor", "package-kernel"};
  return targets;
}

model::Program sample_program() {
  model::Program program{"install"};
  program.argv = {"bin/setup", "--quiet", "a \"b\" \\ \n\t\x01 ü"};
  program.run_as = model::RunAs::System;
  program.max_runtime = std::chrono::minutes(30);
  program.success_codes = {0};
  program.reboot_codes = {3010, -2147483648};
  return program;
}

PackageEntry sample_entry() {
  PackageEntry entry;
  entry.version = 5;
  entry.expires = kExpires;
  entry.package = "editor";
  entry.package_version = "2.1";
  entry.manifest_length = 700;
  entry.manifest_sha256 = kHash;
  entry.programs = {sample_program()};
  return entry;
}

CatalogueSnapshot sample_snapshot() {
  CatalogueSnapshot snapshot;
  snapshot.version = 6;
  snapshot.expires = kExpires;
  snapshot.files = {{"package-editor", {5, 900, kHash}}, {"targets", {4, 800, kHash}}};
  return snapshot;
}

CatalogueTimestamp sample_timestamp() { return {7, kExpires, {6, 500, kHash}}; }

const std::vector<CatalogueSignature> kSignatures{{kOperatorKey.id(), Bytes(64, 's')}};

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return text.replace(at, from.size(), to);
}

// Both spell the same document: JSON, and what is signed.
template <typename Decode, typename Value>
void expect_kept(const CataloguePart& part, Decode decode, const Value& value) {
  const auto decoded = decode(assemble_catalogue(part, kSignatures));
  ASSERT_TRUE(decoded.has_value()) << decoded.error().text();
  EXPECT_EQ(decoded->value, value);
  EXPECT_EQ(decoded->canonical, part.canonical);
  EXPECT_EQ(decoded->signatures, kSignatures);
}

template <typename Decode>
void expect_malformed(Decode decode, const std::string& text) {
  const auto decoded = decode(text);
  ASSERT_FALSE(decoded.has_value()) << text;
  EXPECT_TRUE(decoded.error().is(kCatalogueMalformed)) << decoded.error().text();
}

template <typename Decode>
void expect_refused_when_cut(const CataloguePart& part, Decode decode) {
  const Bytes text = assemble_catalogue(part, kSignatures);
  for (std::size_t size = 0; size < text.size(); ++size)
    expect_malformed(decode, text.substr(0, size));
}

TEST(Catalogue, NamesKeysAsTufDoes) {
  // printf '%s' '{"keytype":"ed25519",...}' | sha256sum
  EXPECT_EQ(kRootKey.id(), "db9492666b8a2cb3391518056d95193087d5de9e4c631048f73e0d77d2c9057c");
}

TEST(Catalogue, KeepsEveryDocument) {
  expect_kept(encode_root(sample_root()), decode_root, sample_root());
  expect_kept(encode_targets(sample_targets()), decode_targets, sample_targets());
  expect_kept(encode_entry(sample_entry()), decode_entry, sample_entry());
  expect_kept(encode_snapshot(sample_snapshot()), decode_snapshot, sample_snapshot());
  expect_kept(encode_timestamp(sample_timestamp()), decode_timestamp, sample_timestamp());
}

TEST(Catalogue, RefusesEveryDocumentCutAtAnyByte) {
  expect_refused_when_cut(encode_root(sample_root()), decode_root);
  expect_refused_when_cut(encode_targets(sample_targets()), decode_targets);
  expect_refused_when_cut(encode_entry(sample_entry()), decode_entry);
  expect_refused_when_cut(encode_snapshot(sample_snapshot()), decode_snapshot);
  expect_refused_when_cut(encode_timestamp(sample_timestamp()), decode_timestamp);
}

TEST(Catalogue, SignsTheCanonicalFormWithControlCharactersAsTheyAre) {
  const CataloguePart part = encode_entry(sample_entry());
  EXPECT_NE(part.canonical.find("a \\\"b\\\" \\\\ \n\t\x01 ü"), Bytes::npos);
  EXPECT_NE(part.json.find("\\n\\t\\u0001"), Bytes::npos);
}

TEST(Catalogue, TimestampHasTheFormOfItsProtocolPage) {
  EXPECT_EQ(encode_timestamp(sample_timestamp()).canonical,
            "{\"_type\":\"timestamp\",\"expires\":\"2027-01-31T12:00:00Z\",\"meta\":"
            "{\"snapshot.json\":{\"hashes\":{\"sha256\":\"" +
                kHash +
                "\"},\"length\":500,\"version\":6}},\"spec_version\":\"1.0.31\","
                "\"version\":7}");
}

TEST(Catalogue, EntryHasTheFormOfItsProtocolPage) {
  PackageEntry entry = sample_entry();
  entry.programs[0].argv = {"bin/setup"};
  EXPECT_EQ(encode_entry(entry).canonical,
            "{\"_type\":\"targets\",\"expires\":\"2027-01-31T12:00:00Z\",\"spec_version\":"
            "\"1.0.31\",\"targets\":{\"packages/editor/manifest.json\":{\"custom\":{\"muster\":{"
            "\"package\":\"editor\",\"packageVersion\":\"2.1\",\"programs\":[{\"argv\":["
            "\"bin/setup\"],\"maxRuntime\":\"PT30M\",\"name\":\"install\",\"rebootCodes\":[3010,"
            "-2147483648],\"runAs\":\"system\",\"successCodes\":[0]}]}},\"hashes\":{\"sha256\":\"" +
                kHash + "\"},\"length\":700}},\"version\":5}");
}

TEST(Catalogue, RefusesOneDocumentInThePlaceOfAnother) {
  expect_malformed(decode_root, assemble_catalogue(encode_targets(sample_targets()), kSignatures));
  expect_malformed(decode_targets, assemble_catalogue(encode_entry(sample_entry()), kSignatures));
  expect_malformed(decode_entry, assemble_catalogue(encode_targets(sample_targets()), kSignatures));
  expect_malformed(decode_snapshot,
                   assemble_catalogue(encode_timestamp(sample_timestamp()), kSignatures));
  expect_malformed(decode_timestamp,
                   assemble_catalogue(encode_snapshot(sample_snapshot()), kSignatures));
}

TEST(CatalogueRoot, WithAKeyUnderAnotherKeysIdIsRefused) {
  CatalogueRoot root = sample_root();
  root.keys.push_back({Bytes(32, 'u')});
  const std::string text = assemble_catalogue(encode_root(root), {});
  ASSERT_TRUE(decode_root(text).has_value());
  for (const char key : {'o', 'u'})  // one that a role names, one that none does
    expect_malformed(decode_root, replaced(text, to_hex(Bytes(32, key)), to_hex(Bytes(32, 'x'))));
}

TEST(CatalogueRoot, WithARoleThatNamesAMissingKeyIsRefused) {
  CatalogueRoot root = sample_root();
  root.targets.key_ids = {kHash};
  expect_malformed(decode_root, assemble_catalogue(encode_root(root), {}));
}

TEST(CatalogueRoot, WithARoleThatNamesAKeyTwiceIsRefused) {
  CatalogueRoot root = sample_root();
  root.root = {{kRootKey.id(), kRootKey.id()}, 2};
  expect_malformed(decode_root, assemble_catalogue(encode_root(root), {}));
}

TEST(CatalogueRoot, WithAThresholdThatNobodyOrEverybodyMeetsIsRefused) {
  CatalogueRoot root = sample_root();
  root.root.threshold = 0;
  expect_malformed(decode_root, assemble_catalogue(encode_root(root), {}));
  root.root.threshold = 2;
  expect_malformed(decode_root, assemble_catalogue(encode_root(root), {}));
}

TEST(CatalogueRoot, OfAnotherKeyTypeSpecificationOrVersionIsRefused) {
  const std::string text = assemble_catalogue(encode_root(sample_root()), {});
  expect_malformed(decode_root, replaced(text, "\"keytype\":\"ed25519\"", "\"keytype\":\"rsa\""));
  expect_malformed(decode_root, replaced(text, "\"1.0.31\"", "\"2.0.0\""));
  expect_malformed(decode_root, replaced(text, "\"version\":3", "\"version\":0"));
  expect_malformed(decode_root, replaced(text, "\"version\":3", "\"version\":3.5"));
  expect_malformed(decode_root, replaced(text, "snapshot\":true", "snapshot\":false"));
}

TEST(Catalogue, RefusesAnExpiryWithMilliseconds) {
  const std::string text = assemble_catalogue(encode_entry(sample_entry()), kSignatures);
  expect_malformed(decode_entry, replaced(text, "T12:00:00Z", "T12:00:00.500Z"));
}

TEST(Catalogue, RefusesTwoSignaturesOfOneKey) {
  std::vector<CatalogueSignature> twice{kSignatures[0], kSignatures[0]};
  expect_malformed(decode_entry, assemble_catalogue(encode_entry(sample_entry()), twice));
}

TEST(Catalogue, RefusesASignatureOfAnotherLength) {
  const std::vector<CatalogueSignature> shorter{{kOperatorKey.id(), Bytes(63, 's')}};
  expect_malformed(decode_entry, assemble_catalogue(encode_entry(sample_entry()), shorter));
}

TEST(CatalogueTargets, ThatDelegateMoreThanAPackagesFolderAreRefused) {
  const std::string text = assemble_catalogue(encode_targets(sample_targets()), kSignatures);
  expect_malformed(decode_targets, replaced(text, "packages/editor/*", "packages/*/*"));
  expect_malformed(decode_targets, replaced(text, "\"package-editor\"", "\"scripts\""));
  expect_malformed(decode_targets, replaced(text, "\"targets\":{}", "\"targets\":{\"x\":{}}"));
  expect_malformed(decode_targets, replaced(text, "terminating\":true", "terminating\":false"));
}

TEST(CatalogueTargets, UnsortedOrTwiceAreRefused) {
  CatalogueTargets targets = sample_targets();
  targets.roles = {"package-kernel", "package-editor"};
  expect_malformed(decode_targets, assemble_catalogue(encode_targets(targets), kSignatures));
  targets.roles = {"package-editor", "package-editor"};
  expect_malformed(decode_targets, assemble_catalogue(encode_targets(targets), kSignatures));
}

TEST(CatalogueSnapshot, WithoutTargetsOrWithAStrangeRoleIsRefused) {
  CatalogueSnapshot snapshot = sample_snapshot();
  snapshot.files.erase("targets");
  expect_malformed(decode_snapshot, assemble_catalogue(encode_snapshot(snapshot), kSignatures));
  snapshot = sample_snapshot();
  snapshot.files["root"] = {1, 1, kHash};
  expect_malformed(decode_snapshot, assemble_catalogue(encode_snapshot(snapshot), kSignatures));
  snapshot = sample_snapshot();
  snapshot.files["package-../x"] = {1, 1, kHash};
  expect_malformed(decode_snapshot, assemble_catalogue(encode_snapshot(snapshot), kSignatures));
}

TEST(PackageEntry, WhoseTargetIsOfAnotherPackageIsRefused) {
  const std::string text = assemble_catalogue(encode_entry(sample_entry()), kSignatures);
  expect_malformed(decode_entry, replaced(text, "packages/editor/", "packages/kernel/"));
}

TEST(PackageEntry, WithAnUnknownMemberIsRefusedSinceItMayBeARestriction) {
  const std::string text = assemble_catalogue(encode_entry(sample_entry()), kSignatures);
  expect_malformed(decode_entry, replaced(text, "\"runAs\"", "\"onlyIf\":\"never\",\"runAs\""));
  expect_malformed(decode_entry, replaced(text, "\"programs\"", "\"httpsOnly\":true,\"programs\""));
}

TEST(PackageEntry, ThatRunsAsSomeoneElseIsRefused) {
  const std::string text = assemble_catalogue(encode_entry(sample_entry()), kSignatures);
  expect_malformed(decode_entry, replaced(text, "\"system\"", "\"root\""));
}

void expect_refused(void (*change)(PackageEntry&)) {
  PackageEntry entry = sample_entry();
  ASSERT_TRUE(check_entry(entry).has_value());
  change(entry);
  const auto checked = check_entry(entry);
  ASSERT_FALSE(checked.has_value());
  EXPECT_TRUE(checked.error().is(kCatalogueMalformed));
}

TEST(PackageEntry, KeepsTheRulesOfNamesArgumentsAndCodes) {
  expect_refused([](PackageEntry& e) { e.package = "Editor"; });
  expect_refused([](PackageEntry& e) { e.package_version = ""; });
  expect_refused([](PackageEntry& e) { e.programs.push_back(e.programs[0]); });
  expect_refused([](PackageEntry& e) { e.programs[0].run_first = {"a b", "install", false}; });
  expect_refused([](PackageEntry& e) {
    e.programs[0].platforms = {model::Platform{"debian", "12", "z80"}};
  });
  expect_refused([](PackageEntry& e) {
    e.programs[0].platforms = {model::Platform{"", "12", ""}};
  });
  expect_refused([](PackageEntry& e) { e.programs[0].platforms = {model::Platform{}}; });
  expect_refused([](PackageEntry& e) { e.programs[0].platforms = {model::Platform{"deb\nian"}}; });
  expect_refused([](PackageEntry& e) { e.programs[0].disk_bytes = 1ull << 60; });
  expect_refused([](PackageEntry& e) { e.programs[0].name = "in stall"; });
  expect_refused([](PackageEntry& e) { e.programs[0].argv = {}; });
  expect_refused([](PackageEntry& e) { e.programs[0].argv = {""}; });
  expect_refused([](PackageEntry& e) { e.programs[0].argv[1] = Bytes("a\0b", 3); });
  expect_refused([](PackageEntry& e) { e.programs[0].argv[1] = "\xff"; });
  expect_refused([](PackageEntry& e) { e.programs[0].argv[1] = std::string(40'000, 'a'); });
  expect_refused([](PackageEntry& e) { e.programs[0].argv.resize(300, "a"); });
  expect_refused([](PackageEntry& e) { e.programs[0].max_runtime = Duration(0); });
  expect_refused([](PackageEntry& e) { e.programs[0].max_runtime = std::chrono::hours(25); });
  expect_refused([](PackageEntry& e) { e.programs[0].success_codes = {}; });
  expect_refused([](PackageEntry& e) { e.programs[0].reboot_codes = {0}; });
  expect_refused([](PackageEntry& e) { e.programs[0].variables = {{"A"}, {"A"}}; });
  expect_refused([](PackageEntry& e) { e.programs[0].variables = {{"A=B"}}; });
  expect_refused([](PackageEntry& e) { e.programs[0].variables = {{"A", {"\xff"}}}; });
  expect_refused([](PackageEntry& e) { e.programs[0].variables = {{"A", {}, {"../shadow"}}}; });
  expect_refused([](PackageEntry& e) { e.programs[0].variables = {{"A", {}, {""}}}; });
}

TEST(PackageEntry, NamesTheVariablesThatAProgramTakes) {
  PackageEntry entry = sample_entry();
  entry.programs[0].variables = {{"SERVER", {"lic1", "lic2"}}, {"KEY"}, {"PIN", {}, {"pin"}}};
  const auto part = encode_entry(entry);
  EXPECT_NE(
      part.canonical.find("\"variables\":[{\"name\":\"SERVER\",\"values\":[\"lic1\",\"lic2\"]}"
                          ",{\"name\":\"KEY\",\"values\":[]}"
                          ",{\"name\":\"PIN\",\"secrets\":[\"pin\"],\"values\":[]}]"),
      std::string::npos)
      << part.canonical;
  const std::string text = assemble_catalogue(part, kSignatures);
  const auto read = decode_entry(text);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->value, entry);
  expect_malformed(decode_entry, replaced(text, "\"values\"", "\"valuez\""));
  expect_malformed(decode_entry, replaced(text, "\"variables\"", "\"variablez\""));
}

TEST(PackageEntry, WithACodeOver32BitsIsRefused) {
  const std::string text = assemble_catalogue(encode_entry(sample_entry()), kSignatures);
  expect_malformed(decode_entry, replaced(text, "3010", "4294967296"));
}

TEST(Catalogue, NamesItsFilesAsTufDoes) {
  EXPECT_EQ(catalogue_file_name("root", 2), "2.root.json");
  EXPECT_EQ(catalogue_file_name(package_role("editor"), 5), "5.package-editor.json");
  EXPECT_EQ(catalogue_file_name("timestamp", 9), "timestamp.json");
  EXPECT_EQ(manifest_target("editor"), "packages/editor/manifest.json");
  EXPECT_EQ(manifest_file_name("editor", "ab"), "packages/editor/ab.manifest.json");
}

}  // namespace
}  // namespace muster::contract
