#include "trust/ceremony.h"

#include <gtest/gtest.h>

#include "base/os/file.h"
#include "contract/errors.h"
#include "tests/trust/sample_site.h"
#include "trust/errors.h"

namespace muster::trust {
namespace {

const SampleSite kSite;

std::string id_of(const Ed25519Key& key) { return catalogue_key(key.public_key()).id(); }

// Accepted by tuf-js in tests/judges/tuf, which builds its repository in the same way.
TEST(Ceremony, MakesTheSameDocumentsInEveryVersion) {
  const auto golden = [](const std::string& name) {
    return *os::read_file(std::string(MUSTER_SOURCE_DIR) + "/tests/trust/golden/" + name);
  };
  const contract::CatalogueRoot root = kSite.root();
  const Ed25519Key* keys[] = {&kSite.root_key};
  EXPECT_EQ(*sign_root(root, keys), golden("1.root.json"));
  EXPECT_EQ(sign_targets(next_targets(root, {"package-editor"}, 0, kNow), kSite.operator_key),
            golden("1.targets.json"));
  EXPECT_EQ(*sign_entry(sample_entry(), kSite.operator_key), golden("5.package-editor.json"));
}

TEST(Ceremony, GivesEachRoleItsOwnKey) {
  const contract::CatalogueRoot root = kSite.root();
  EXPECT_EQ(root.version, 1u);
  EXPECT_EQ(root.expires, kNow + 365 * kDay);
  EXPECT_EQ(root.root.key_ids, std::vector<std::string>{id_of(kSite.root_key)});
  EXPECT_EQ(root.targets.key_ids, std::vector<std::string>{id_of(kSite.operator_key)});
  EXPECT_EQ(root.snapshot.key_ids, std::vector<std::string>{id_of(kSite.policy_key)});
  EXPECT_EQ(root.timestamp.key_ids, std::vector<std::string>{id_of(kSite.policy_key)});
}

TEST(Ceremony, AddsAndRemovesOperators) {
  const auto two = with_operator(kSite.root(), kSite.other_key.public_key(), kNow + kDay);
  ASSERT_TRUE(two.has_value());
  EXPECT_EQ(two->version, 2u);
  EXPECT_EQ(two->expires, kNow + 366 * kDay);
  EXPECT_EQ(two->targets.key_ids.size(), 2u);
  const auto one = without_operator(*two, id_of(kSite.operator_key), kNow);
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(one->version, 3u);
  EXPECT_EQ(one->targets.key_ids, std::vector<std::string>{id_of(kSite.other_key)});
  EXPECT_EQ(one->key(id_of(kSite.operator_key)), nullptr);
}

TEST(Ceremony, RefusesAKeyThatHasARoleAlready) {
  for (const Ed25519Key* key : {&kSite.operator_key, &kSite.root_key, &kSite.policy_key})
    EXPECT_TRUE(with_operator(kSite.root(), key->public_key(), kNow).error().is(kOperatorExists));
}

TEST(Ceremony, RefusesToRemoveAStranger) {
  EXPECT_TRUE(
      without_operator(kSite.root(), id_of(kSite.other_key), kNow).error().is(kOperatorUnknown));
  EXPECT_TRUE(
      without_operator(kSite.root(), id_of(kSite.root_key), kNow).error().is(kOperatorUnknown));
}

TEST(Ceremony, RefusesToRemoveTheLastOperator) {
  EXPECT_TRUE(
      without_operator(kSite.root(), id_of(kSite.operator_key), kNow).error().is(kThreshold));
}

TEST(Ceremony, ReplacesThePolicyKey) {
  const auto next = with_policy_key(kSite.root(), kSite.other_key.public_key(), kNow);
  EXPECT_EQ(next.snapshot.key_ids, std::vector<std::string>{id_of(kSite.other_key)});
  EXPECT_EQ(next.timestamp.key_ids, std::vector<std::string>{id_of(kSite.other_key)});
  EXPECT_EQ(next.key(id_of(kSite.policy_key)), nullptr);
  EXPECT_NE(next.key(id_of(kSite.other_key)), nullptr);
}

TEST(Ceremony, SignsNoRootBelowItsThreshold) {
  const Ed25519Key* stranger[] = {&kSite.other_key};
  EXPECT_TRUE(sign_root(kSite.root(), stranger).error().is(kThreshold));
  EXPECT_TRUE(sign_root(kSite.root(), {}).error().is(kThreshold));
}

TEST(Ceremony, DelegatesEachPackageOnceInOrder) {
  const auto targets =
      next_targets(kSite.root(), {"package-kernel", "package-editor", "package-kernel"}, 6, kNow);
  EXPECT_EQ(targets.version, 7u);
  EXPECT_EQ(targets.roles, (std::vector<std::string>{"package-editor", "package-kernel"}));
  const auto decoded = contract::decode_targets(sign_targets(targets, kSite.operator_key));
  ASSERT_TRUE(decoded.has_value()) << decoded.error().text();
  EXPECT_EQ(decoded->value, targets);
}

TEST(Ceremony, SignsNoEntryThatBreaksTheRules) {
  contract::PackageEntry entry = sample_entry();
  entry.programs[0].argv.clear();
  EXPECT_TRUE(sign_entry(entry, kSite.operator_key).error().is(contract::kCatalogueMalformed));
}

}  // namespace
}  // namespace muster::trust
