// What a client refuses, each with its own error: every step from root to program is attacked by
// somebody who holds everything but the key that matters there.
#include "roles/client/policy/policy_keeper.h"

#include <gmock/gmock.h>

#include "base/sha256.h"
#include "contract/errors.h"
#include "roles/client/errors.h"
#include "roles/client/software/errors.h"
#include "tests/client/policy_keeper_test.h"
#include "trust/ceremony.h"
#include "trust/document_signature.h"
#include "trust/errors.h"

namespace muster::client {
namespace {

TEST_F(PolicyKeeperTest, FollowsWhatTheOperatorSignedAndNothingElse) {
  ASSERT_TRUE(take(site_.publish(1, site_.operator_key)));
  ASSERT_EQ(keeper_->deployments().size(), 1u);
  const Deployment& deployment = keeper_->deployments()[0].deployment;
  EXPECT_EQ(deployment.program.argv, (std::vector<std::string>{"sh", "install.sh"}));
  EXPECT_EQ(deployment.files[0].sha256, sha256_hex("hello"));
  EXPECT_TRUE(keeper_->refusals().empty());
}

TEST_F(PolicyKeeperTest, WhatRunsFirstIsWhatTheOperatorSignedNoMoreAndNoLess) {
  const auto base = site_.publish_base(site_.operator_key);
  // The entry names nothing, policy does.
  site_.first = {base};
  ASSERT_TRUE(take(site_.publish(1, site_.operator_key)));
  ASSERT_TRUE(refusal());
  EXPECT_EQ(refusal()->number, kFirstProgramMissing.number);
  // The entry names it, policy leaves it out.
  site_.entry.programs[0].run_first = {"base", "prepare", true};
  site_.first.clear();
  ASSERT_TRUE(take(site_.publish(2, site_.operator_key)));
  ASSERT_TRUE(refusal());
  EXPECT_EQ(refusal()->number, kFirstProgramMissing.number);
  // Both agree.
  site_.first = {base};
  ASSERT_TRUE(take(site_.publish(3, site_.operator_key)));
  ASSERT_EQ(keeper_->deployments().size(), 1u);
  const Deployment& deployment = keeper_->deployments()[0].deployment;
  ASSERT_EQ(deployment.first.size(), 1u);
  EXPECT_EQ(deployment.first[0].program.argv, (std::vector<std::string>{"sh", "prepare.sh"}));
  EXPECT_EQ(deployment.first[0].files[0].sha256, sha256_hex("prepare"));
  EXPECT_EQ(deployment.first[0].content_folder, std::string(32, 'b'));
  EXPECT_TRUE(deployment.first[0].every_time);
  // Another program of the same package, in the operator's words.
  site_.first[0].program = "purge";
  ASSERT_TRUE(take(site_.publish(4, site_.operator_key)));
  ASSERT_TRUE(refusal());
  EXPECT_EQ(refusal()->number, kFirstProgramMissing.number);
}

TEST_F(PolicyKeeperTest, WhatRunsFirstNeedsAnOperatorsSignatureOfItsOwn) {
  site_.entry.programs[0].run_first = {"base", "prepare", false};
  site_.first = {site_.publish_base(site_.policy_key)};
  ASSERT_TRUE(take(site_.publish(1, site_.operator_key)));
  ASSERT_TRUE(refusal());
  EXPECT_EQ(refusal()->number, trust::kSignerNotOperator.number);
}

TEST_F(PolicyKeeperTest, HandsAProgramTheVariablesThatItsEntryTakesAndNoOthers) {
  site_.entry.programs[0].variables = {
      {"SERVER", {"lic1", "lic2"}}, {"KEY", {}, {"licence"}}, {"ABSENT"}};
  site_.say("P01-00000A", "low",
            {.precedence = 1,
             .settings = {{"countdown", std::chrono::minutes(3)}},
             .variables = {{"SERVER", "lic1"}, {"LD_PRELOAD", "evil.so"}}});
  site_.say("P01-00000B", "high",
            {.precedence = 2,
             .settings = {},
             .variables = {{"SERVER", "lic2"}, {.name = "KEY", .secret = "licence"}}});
  ASSERT_TRUE(take(site_.publish(1, site_.operator_key)));
  ASSERT_EQ(keeper_->deployments().size(), 1u);
  EXPECT_EQ(
      keeper_->deployments()[0].deployment.variables,
      (std::vector<model::Variable>{{"SERVER", "lic2"}, {.name = "KEY", .secret = "licence"}}));
  EXPECT_EQ(keeper_->agent().duration(model::kCountdown), std::chrono::minutes(3));
  EXPECT_EQ(keeper_->agent().settings.find(model::kCountdown)->second.from, "low");
}

TEST_F(PolicyKeeperTest, RefusesAValueThatTheEntryDoesNotAllow) {
  site_.entry.programs[0].variables = {{"SERVER", {"lic1"}}};
  site_.say("P01-00000A", "all", {.variables = {{"SERVER", "http://attacker"}}});
  ASSERT_TRUE(take(site_.publish(1, site_.operator_key)));
  EXPECT_EQ(refusal(), &kVariableRefused);
}

// Which of a device's secrets a collection names is not signed by an operator: who has stolen the
// site server can name any.
TEST_F(PolicyKeeperTest, RefusesASecretThatTheEntryDoesNotName) {
  site_.say("P01-00000A", "all", {.variables = {{.name = "KEY", .secret = "licence"}}});
  const std::vector<model::ProgramVariable> wrong = {
      {"KEY"}, {"KEY", {"licence"}}, {"KEY", {}, {"other"}}};
  std::uint64_t version = 0;
  for (const model::ProgramVariable& variable : wrong) {
    site_.entry.programs[0].variables = {variable};
    ASSERT_TRUE(take(site_.publish(++version, site_.operator_key)));
    EXPECT_EQ(refusal(), &kSecretRefused) << version;
  }
  site_.entry.programs[0].variables = {{"KEY", {}, {"other", "licence"}}};
  ASSERT_TRUE(take(site_.publish(++version, site_.operator_key)));
  EXPECT_EQ(keeper_->deployments().size(), 1u);
  // With secrets alone, an open value is not taken either.
  site_.said.clear();
  site_.say("P01-00000B", "open", {.variables = {{"KEY", "licence"}}});
  ASSERT_TRUE(take(site_.publish(++version, site_.operator_key)));
  EXPECT_EQ(refusal(), &kVariableRefused);
}

// Of the collections' bodies one cannot be fetched: it may be the one that has the last word.
TEST_F(PolicyKeeperTest, HoldsAProgramThatTakesVariablesWhileAPartOfThePolicyIsMissing) {
  site_.entry.programs[0].variables = {{"SERVER", {"lic1", "lic2"}}};
  site_.say("P01-00000A", "low", {.precedence = 1, .variables = {{"SERVER", "lic1"}}});
  site_.say("P01-00000B", "high", {.precedence = 2, .variables = {{"SERVER", "lic2"}}});
  const std::string missing = site_.said.back().sha256;
  const Bytes body = site_.bodies.at(missing);
  site_.bodies.erase(missing);
  ASSERT_TRUE(take(site_.publish(1, site_.operator_key)));
  EXPECT_TRUE(keeper_->deployments().empty());
  ASSERT_EQ(keeper_->refusals().size(), 2u);
  EXPECT_TRUE(keeper_->refusals()[1].error.is(kVariablesUnknown));
  site_.bodies[missing] = body;
  ASSERT_TRUE(keeper_->evaluate(site_, kStart));
  ASSERT_EQ(keeper_->deployments().size(), 1u);
  EXPECT_EQ(keeper_->deployments()[0].deployment.variables,
            (std::vector<model::Variable>{{"SERVER", "lic2"}}));
  // A program that takes none goes on meanwhile.
  site_.entry.programs[0].variables.clear();
  site_.bodies.erase(missing);
  std::filesystem::remove(folder_ / "bodies" / missing);
  ASSERT_TRUE(take(site_.publish(2, site_.operator_key)));
  EXPECT_EQ(keeper_->deployments().size(), 1u);
}

// The commands of inventory classes: each check that stands before one of them.

TEST_F(PolicyKeeperTest, TakesAnInventoryClassThatAnOperatorSigned) {
  site_.declare(site_.declaration("/usr/bin/shapes", 1, site_.operator_key), 1, "class-shapes");
  ASSERT_TRUE(take(site_.publish(1, site_.operator_key)));
  EXPECT_TRUE(keeper_->refusals().empty());
  EXPECT_TRUE(keeper_->classes_known());
  ASSERT_EQ(keeper_->classes().size(), 1u);
  EXPECT_EQ(keeper_->classes()[0].declared, FakeSite::shapes("/usr/bin/shapes"));
  EXPECT_EQ(keeper_->classes()[0].expires, trust::catalogue_expiry(kStart));
  // One that the policy names no more is not followed any more.
  site_.said.clear();
  ASSERT_TRUE(take(site_.publish(2, site_.operator_key)));
  EXPECT_TRUE(keeper_->classes().empty());
  EXPECT_TRUE(keeper_->classes_known());
}

TEST_F(PolicyKeeperTest, RefusesACommandThatNoOperatorSigned) {
  const auto refused = [&](const ErrorKind& kind) {
    EXPECT_TRUE(keeper_->classes().empty());
    EXPECT_FALSE(keeper_->classes_known());
    ASSERT_EQ(keeper_->refusals().size(), 1u);
    EXPECT_TRUE(keeper_->refusals()[0].error.is(kind)) << keeper_->refusals()[0].error.text();
    // The rest of the policy is followed.
    EXPECT_EQ(keeper_->deployments().size(), 1u);
  };
  // Signed by the key that the site server has.
  site_.declare(site_.declaration("/usr/bin/evil", 1, site_.policy_key), 1, "class-shapes");
  ASSERT_TRUE(take(site_.publish(1, site_.operator_key)));
  refused(trust::kSignerNotOperator);

  // The operator's signature over another command.
  const Bytes good = site_.declaration("/usr/bin/shapes", 1, site_.operator_key);
  Bytes forged = good;
  for (std::size_t at; (at = forged.find("/usr/bin/shapes")) != Bytes::npos;)
    forged.replace(at, 15, "/usr/bin/eviled");
  site_.declare(forged, 1, "class-shapes");
  ASSERT_TRUE(take(site_.publish(2, site_.operator_key)));
  refused(contract::kCatalogueMalformed);  // the target is not the hash of the spec
  const contract::SignedObject evil{.version = 1,
                                    .expires = trust::catalogue_expiry(kStart),
                                    .object = {FakeSite::shapes("/usr/bin/eviled")}};
  forged = contract::assemble_catalogue(contract::encode_signed_object(evil),
                                        contract::decode_signed_object(good)->signatures);
  site_.declare(forged, 1, "class-shapes");
  ASSERT_TRUE(take(site_.publish(3, site_.operator_key)));
  refused(trust::kBadSignature);

  // The document of another class, and that of a package.
  site_.declare(good, 1, "class-other");
  ASSERT_TRUE(take(site_.publish(4, site_.operator_key)));
  refused(trust::kWrongObject);
  site_.declare(trust::sign_entry(site_.entry, site_.operator_key).value(), 1, "class-shapes");
  ASSERT_TRUE(take(site_.publish(5, site_.operator_key)));
  refused(contract::kCatalogueMalformed);

  // Other bytes than those that policy names.
  const Bytes fresh = site_.declaration("/usr/bin/fresh", 1, site_.operator_key);
  site_.declare(fresh, 1, "class-shapes");
  site_.files[contract::catalogue_file_name("class-shapes", 1)] = flipped(fresh, fresh.size() / 2);
  ASSERT_TRUE(take(site_.publish(6, site_.operator_key)));
  refused(kEntryAltered);
}

TEST_F(PolicyKeeperTest, RefusesAnInventoryClassOlderThanTheLastAcceptedAlsoAfterARestart) {
  site_.declare(site_.declaration("/usr/bin/new", 2, site_.operator_key), 2, "class-shapes");
  ASSERT_TRUE(take(site_.publish(1, site_.operator_key)));
  ASSERT_EQ(keeper_->classes().size(), 1u);
  open();
  site_.declare(site_.declaration("/usr/bin/old", 1, site_.operator_key), 1, "class-shapes");
  ASSERT_TRUE(take(site_.publish(2, site_.operator_key)));
  EXPECT_TRUE(keeper_->classes().empty());
  ASSERT_EQ(keeper_->refusals().size(), 1u);
  EXPECT_TRUE(keeper_->refusals()[0].error.is(trust::kRolledBack));
}

TEST_F(PolicyKeeperTest, RefusesAnInventoryClassThatHasExpiredOrWhoseOperatorWasRemoved) {
  const trust::Ed25519Key second = trust::Ed25519Key::generate(random_);
  contract::CatalogueRoot root =
      trust::with_operator(site_.root_1, second.public_key(), kStart).value();
  site_.roots[2] = site_.sign_root(root);
  site_.declare(site_.declaration("/usr/bin/shapes", 1, second), 1, "class-shapes");
  ASSERT_TRUE(take(site_.publish(1, site_.operator_key)));
  EXPECT_EQ(keeper_->classes().size(), 1u);
  root = trust::without_operator(
             root, contract::CatalogueKey{Bytes(second.public_key().raw())}.id(), kStart)
             .value();
  site_.roots[3] = site_.sign_root(root);
  ASSERT_TRUE(take(site_.publish(2, site_.operator_key)));
  EXPECT_TRUE(keeper_->classes().empty());
  EXPECT_TRUE(keeper_->refusals()[0].error.is(trust::kSignerNotOperator));

  contract::SignedObject past{
      .version = 1, .expires = kStart, .object = {FakeSite::shapes("/bin/x")}};
  site_.declare(trust::sign_object(past, site_.operator_key).value(), 1, "class-shapes");
  ASSERT_TRUE(take(site_.publish(3, site_.operator_key)));
  EXPECT_TRUE(keeper_->classes().empty());
  EXPECT_TRUE(keeper_->refusals()[0].error.is(trust::kExpired));
}

TEST_F(PolicyKeeperTest, RefusesAHeaderWithAnyByteFlipped) {
  const Bytes header = site_.publish(1, site_.operator_key);
  for (std::size_t at = 0; at < header.size(); ++at) {
    const auto taken = take(flipped(header, at));
    ASSERT_FALSE(taken) << "byte " << at;
    EXPECT_TRUE(keeper_->deployments().empty());
  }
}

TEST_F(PolicyKeeperTest, NamesAFlippedByteInTheHeadersPayload) {
  const Bytes header = site_.publish(1, site_.operator_key);
  EXPECT_TRUE(take(flipped(header, header.size() - 20)).error().is(trust::kBadSignature));
}

TEST_F(PolicyKeeperTest, RefusesABodyWithAFlippedByte) {
  const Bytes header = site_.publish(1, site_.operator_key);
  auto& body = site_.bodies[sha256_hex(site_.body_document)];
  body = flipped(body, body.size() - 10);
  ASSERT_TRUE(take(header));
  EXPECT_EQ(refusal(), &kBodyAltered);
  EXPECT_FALSE(keeper_->windows_known());
}

TEST_F(PolicyKeeperTest, RefusesACatalogueEntryWithAFlippedByte) {
  const Bytes header = site_.publish(1, site_.operator_key);
  auto& entry = site_.files["1.package-hello.json"];
  entry = flipped(entry, entry.size() / 2);
  ASSERT_TRUE(take(header));
  EXPECT_EQ(refusal(), &kEntryAltered);
}

TEST_F(PolicyKeeperTest, RefusesAManifestWithAFlippedByte) {
  const Bytes header = site_.publish(1, site_.operator_key);
  auto& manifest = site_.contents[site_.entry.manifest_sha256];
  manifest = flipped(manifest, manifest.size() / 2);
  ASSERT_TRUE(take(header));
  EXPECT_EQ(refusal(), &kManifestAltered);
}

// The site server, its database and the signer's policy key are the attacker's: policy can be
// signed at will, an entry cannot.
TEST_F(PolicyKeeperTest, RefusesAnEntryThatAStolenSiteServerInvented) {
  site_.entry.programs[0].argv = {"sh", "-c", "id"};
  ASSERT_TRUE(take(site_.publish(1, site_.policy_key)));
  EXPECT_EQ(refusal(), &trust::kSignerNotOperator);
}

TEST_F(PolicyKeeperTest, RefusesAnEntryOfAnOperatorWhoWasRemovedOnceItKnowsTheRoot) {
  const Bytes before = site_.publish(1, site_.operator_key);
  ASSERT_TRUE(take(before));
  ASSERT_EQ(keeper_->deployments().size(), 1u);
  SeededRandom random(9);
  const auto successor = trust::Ed25519Key::generate(random);
  auto root = trust::with_operator(site_.root_1, successor.public_key(), kStart).value();
  site_.roots[2] = site_.sign_root(root);
  const std::string removed = site_.root_1.targets.key_ids[0];
  root = trust::without_operator(root, removed, kStart).value();
  site_.roots[3] = site_.sign_root(root);
  ASSERT_TRUE(take(site_.header(2, site_.policy_key)));
  EXPECT_EQ(refusal(), &trust::kSignerNotOperator);
}

TEST_F(PolicyKeeperTest, RefusesAHeaderThatHidesTheRootItNames) {
  const Bytes header = site_.publish(1, site_.operator_key);
  site_.roots[2] = "";
  const Bytes newer = site_.header(2, site_.policy_key);
  site_.roots.erase(2);
  EXPECT_TRUE(take(newer).error().is(kSiteAnswer));
  ASSERT_TRUE(take(header));
}

TEST_F(PolicyKeeperTest, RefusesPolicyOlderThanTheLastSeenAlsoAfterARestart) {
  const Bytes first = site_.publish(1, site_.operator_key);
  ASSERT_TRUE(take(first));
  ASSERT_TRUE(take(site_.header(5, site_.policy_key)));
  EXPECT_TRUE(take(first).error().is(trust::kRolledBack));
  open();
  EXPECT_TRUE(take(first).error().is(trust::kRolledBack));
}

TEST_F(PolicyKeeperTest, RefusesAnEntryOlderThanTheLastAccepted) {
  site_.entry.version = 4;
  ASSERT_TRUE(take(site_.publish(1, site_.operator_key)));
  ASSERT_EQ(keeper_->deployments().size(), 1u);
  site_.entry.version = 3;
  ASSERT_TRUE(take(site_.publish(2, site_.operator_key)));
  EXPECT_EQ(refusal(), &trust::kRolledBack);
}

TEST_F(PolicyKeeperTest, RefusesAHeaderOfAnotherDevice) {
  SeededRandom random(11);
  const auto own = site_.device;
  site_.publish(1, site_.operator_key);
  site_.device = model::DeviceId::make(random);
  const Bytes foreign = site_.header(2, site_.policy_key);
  site_.device = own;
  EXPECT_TRUE(take(foreign).error().is(trust::kWrongDevice));
}

TEST_F(PolicyKeeperTest, RefusesAHeaderThatAnOperatorSigned) {
  site_.publish(1, site_.operator_key);
  EXPECT_TRUE(take(site_.header(2, site_.operator_key)).error().is(trust::kUnknownKey));
}

TEST_F(PolicyKeeperTest, RefusesARootThatTheTokenDoesNotName) {
  std::filesystem::remove_all(folder_);
  open();
  EXPECT_TRUE(
      keeper_->first_trust(site_.roots[1], sha256("another")).error().is(trust::kWrongRoot));
  EXPECT_FALSE(keeper_->trusts());
}

TEST_F(PolicyKeeperTest, KeepsItsPolicyOverARestartAndVerifiesItAgain) {
  ASSERT_TRUE(take(site_.publish(1, site_.operator_key)));
  open();
  EXPECT_EQ(keeper_->etag(), "\"1.1\"");
  ASSERT_TRUE(keeper_->evaluate(site_, kStart));
  EXPECT_EQ(keeper_->deployments().size(), 1u);
}

TEST_F(PolicyKeeperTest, StartsNothingWhenTheSitesSignedTimeStandsStill) {
  ASSERT_TRUE(take(site_.publish(1, site_.operator_key)));
  // No settings body: the default of seven days after the newest signed time.
  EXPECT_EQ(keeper_->good_until(), kStart + std::chrono::hours(24 * 7));
  const Bytes time =
      trust::sign_document(contract::SignedType::SiteTime,
                           contract::encode_site_time({model::SiteCode::parse("P01").value(),
                                                       kStart + std::chrono::hours(24)}),
                           site_.policy_key);
  ASSERT_TRUE(keeper_->take_site_time(time, kStart));
  EXPECT_EQ(keeper_->good_until(), kStart + std::chrono::hours(24 * 8));
}

}  // namespace
}  // namespace muster::client
