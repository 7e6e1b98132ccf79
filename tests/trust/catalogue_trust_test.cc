#include "trust/catalogue_trust.h"

#include <gtest/gtest.h>

#include "base/sha256.h"
#include "contract/errors.h"
#include "tests/trust/sample_site.h"
#include "trust/document_signature.h"
#include "trust/errors.h"
#include "trust/signed_time.h"

namespace muster::trust {
namespace {

const SampleSite kSite;
const model::DeviceId kDevice = *model::DeviceId::parse("00112233445566778899aabbccddeeff");

CatalogueTrust trusted() {
  const Bytes root = kSite.root_document();
  return *CatalogueTrust::pin(root, sha256(root));
}

template <typename T>
void expect_error(const Result<T>& result, const ErrorKind& kind) {
  ASSERT_FALSE(result.has_value());
  EXPECT_TRUE(result.error().is(kind)) << result.error().text();
}

// --- first trust and the chain of roots

TEST(CatalogueTrust, PinsTheRootThatTheTokenNames) {
  const Bytes root = kSite.root_document();
  const auto trust = CatalogueTrust::pin(root, sha256(root));
  ASSERT_TRUE(trust.has_value()) << trust.error().text();
  EXPECT_EQ(trust->root().version, 1u);
  EXPECT_EQ(trust->document(), root);
}

TEST(CatalogueTrust, RefusesToPinAnotherRoot) {
  const Bytes root = kSite.root_document();
  expect_error(CatalogueTrust::pin(root, sha256("another")), kWrongRoot);
  expect_error(CatalogueTrust::pin(root + "\n", sha256(root)), kWrongRoot);
}

TEST(CatalogueTrust, RefusesToPinALaterRoot) {
  const Bytes root = SampleSite::signed_root(renewed(kSite.root(), kNow), {&kSite.root_key});
  expect_error(CatalogueTrust::pin(root, sha256(root)), kWrongVersion);
}

TEST(CatalogueTrust, RefusesToPinARootThatItsOwnKeyDidNotSign) {
  const Bytes stranger = SampleSite::signed_root(kSite.root(), {&kSite.other_key});
  expect_error(CatalogueTrust::pin(stranger, sha256(stranger)), kUnknownKey);
  const Bytes nobody = SampleSite::signed_root(kSite.root(), {});
  expect_error(CatalogueTrust::pin(nobody, sha256(nobody)), kUnknownKey);
}

TEST(CatalogueTrust, RefusesToPinAMalformedRoot) {
  expect_error(CatalogueTrust::pin("{}", sha256("{}")), contract::kCatalogueMalformed);
}

TEST(CatalogueTrust, AdvancesToTheNextRoot) {
  const auto next = with_operator(kSite.root(), kSite.other_key.public_key(), kNow);
  const auto trust = trusted().advance(SampleSite::signed_root(*next, {&kSite.root_key}));
  ASSERT_TRUE(trust.has_value()) << trust.error().text();
  EXPECT_EQ(trust->root(), *next);
  const auto restored = CatalogueTrust::restore(trust->document());
  ASSERT_TRUE(restored.has_value());
  EXPECT_EQ(restored->root(), *next);
}

TEST(CatalogueTrust, WalksThroughRootsThatHaveExpired) {
  CatalogueTrust trust = trusted();
  contract::CatalogueRoot root = kSite.root();
  for (int i = 0; i < 3; ++i) {
    root = renewed(root, *parse_timestamp("1990-01-01T00:00:00Z"));
    auto next = trust.advance(SampleSite::signed_root(root, {&kSite.root_key}));
    ASSERT_TRUE(next.has_value()) << next.error().text();
    trust = *std::move(next);
  }
  EXPECT_EQ(trust.root().version, 4u);
}

TEST(CatalogueTrust, RefusesTheSameAndAnOlderRoot) {
  expect_error(trusted().advance(kSite.root_document()), kRolledBack);
}

TEST(CatalogueTrust, RefusesToLeaveOutARoot) {
  const auto root = renewed(renewed(kSite.root(), kNow), kNow);
  expect_error(trusted().advance(SampleSite::signed_root(root, {&kSite.root_key})), kWrongVersion);
}

TEST(CatalogueTrust, RefusesARootThatOnlyNewKeysSigned) {
  contract::CatalogueRoot next = renewed(kSite.root(), kNow);
  const contract::CatalogueKey usurper = catalogue_key(kSite.other_key.public_key());
  next.keys.push_back(usurper);
  next.root.key_ids = {usurper.id()};
  expect_error(trusted().advance(SampleSite::signed_root(next, {&kSite.other_key})), kUnknownKey);
}

TEST(CatalogueTrust, RefusesARootThatItsNewKeysDidNotSign) {
  contract::CatalogueRoot next = renewed(kSite.root(), kNow);
  const contract::CatalogueKey added = catalogue_key(kSite.other_key.public_key());
  next.keys.push_back(added);
  next.root = {{kSite.root().root.key_ids[0], added.id()}, 2};
  expect_error(trusted().advance(SampleSite::signed_root(next, {&kSite.root_key})), kThreshold);
  EXPECT_TRUE(
      trusted().advance(SampleSite::signed_root(next, {&kSite.root_key, &kSite.other_key})));
}

TEST(CatalogueTrust, RefusesAnAlteredRoot) {
  Bytes text = SampleSite::signed_root(renewed(kSite.root(), kNow), {&kSite.root_key});
  text.replace(text.find("2027-"), 5, "2028-");
  expect_error(trusted().advance(text), kBadSignature);
}

// --- package documents

struct Case {
  contract::PackageEntry entry = sample_entry();
  std::vector<const Ed25519Key*> keys{&kSite.operator_key};
  ExpectedEntry expected{"editor", {}, 0};
  Timestamp now = kNow;

  Result<contract::PackageEntry> verify(const CatalogueTrust& trust = trusted()) const {
    return verify_text(sign_catalogue_document(contract::encode_entry(entry), keys), trust);
  }
  // The policy names the hash of what is served.
  Result<contract::PackageEntry> verify_text(const Bytes& text,
                                             const CatalogueTrust& trust = trusted()) const {
    ExpectedEntry named = expected;
    named.sha256 = sha256_hex(text);
    return trust.verify_entry(text, named, now);
  }
};

TEST(PackageDocument, SignedByAnOperatorIsAccepted) {
  const auto entry = Case().verify();
  ASSERT_TRUE(entry.has_value()) << entry.error().text();
  EXPECT_EQ(*entry, sample_entry());
}

TEST(PackageDocument, OfTheVersionThatWasSeenIsAccepted) {
  Case c;
  c.expected.lowest_version = 5;
  EXPECT_TRUE(c.verify().has_value());
}

TEST(PackageDocument, OfALowerVersionIsRolledBack) {
  Case c;
  c.expected.lowest_version = 6;
  expect_error(c.verify(), kRolledBack);
}

TEST(PackageDocument, WithOneArgumentAlteredIsRefused) {
  Bytes text = *sign_entry(sample_entry(), kSite.operator_key);
  text.replace(text.find("--quiet"), 7, "--evil!");
  expect_error(Case().verify_text(text), kBadSignature);
}

TEST(PackageDocument, WithAnAlteredSignatureIsRefused) {
  Bytes text = *sign_entry(sample_entry(), kSite.operator_key);
  const std::size_t at = text.find("\"sig\":\"") + 7;
  text[at] = text[at] == '0' ? '1' : '0';
  expect_error(Case().verify_text(text), kBadSignature);
}

TEST(PackageDocument, WithAnotherHashThanThePolicyNamesIsRefused) {
  const Bytes text = *sign_entry(sample_entry(), kSite.operator_key);
  expect_error(trusted().verify_entry(text, {"editor", sha256_hex("another"), 0}, kNow),
               kWrongHash);
}

TEST(PackageDocument, SignedByAStrangerIsRefused) {
  Case c;
  c.keys = {&kSite.other_key};
  expect_error(c.verify(), kSignerNotOperator);
}

TEST(PackageDocument, SignedByTheRootOrThePolicyKeyIsRefused) {
  Case c;
  c.keys = {&kSite.root_key, &kSite.policy_key};
  expect_error(c.verify(), kSignerNotOperator);
}

TEST(PackageDocument, SignedByNobodyIsRefused) {
  Case c;
  c.keys = {};
  expect_error(c.verify(), kSignerNotOperator);
}

TEST(PackageDocument, OfAnOperatorWhoWasRemovedIsRefused) {
  const auto both = *with_operator(kSite.root(), kSite.other_key.public_key(), kNow);
  const auto without =
      *without_operator(both, catalogue_key(kSite.operator_key.public_key()).id(), kNow);
  const auto second = *trusted().advance(SampleSite::signed_root(both, {&kSite.root_key}));
  EXPECT_TRUE(Case().verify(second).has_value());
  const auto third = *second.advance(SampleSite::signed_root(without, {&kSite.root_key}));
  expect_error(Case().verify(third), kSignerNotOperator);
  Case resigned;
  resigned.keys = {&kSite.other_key};
  EXPECT_TRUE(resigned.verify(third).has_value());
}

TEST(PackageDocument, BelowTheThresholdIsRefused) {
  auto root = *with_operator(kSite.root(), kSite.other_key.public_key(), kNow);
  root.targets.threshold = 2;
  const auto trust = *trusted().advance(SampleSite::signed_root(root, {&kSite.root_key}));
  Case c;
  expect_error(c.verify(trust), kThreshold);
  c.keys = {&kSite.operator_key, &kSite.other_key};
  EXPECT_TRUE(c.verify(trust).has_value());
}

TEST(PackageDocument, IsExpiredFromItsExpiryOn) {
  Case c;
  c.entry.expires = kNow + std::chrono::hours(1);
  c.now = c.entry.expires - std::chrono::seconds(1);
  EXPECT_TRUE(c.verify().has_value());
  c.now = c.entry.expires;
  expect_error(c.verify(), kExpired);
}

TEST(PackageDocument, IsExpiredWhenTheRootIs) {
  Case c;
  c.entry.expires = kNow + 1000 * kDay;
  c.now = kSite.root().expires;
  expect_error(c.verify(), kExpired);
}

TEST(PackageDocument, OfAnotherPackageIsRefused) {
  Case c;
  c.entry.package = "kernel";
  expect_error(c.verify(), kWrongPackage);
}

TEST(PackageDocument, ThatIsMalformedIsRefused) {
  expect_error(Case().verify_text("{}"), contract::kCatalogueMalformed);
  const Bytes root = kSite.root_document();
  expect_error(Case().verify_text(root), contract::kCatalogueMalformed);
}

TEST(PackageDocument, CutAtAnyByteIsRefused) {
  const Bytes text = *sign_entry(sample_entry(), kSite.operator_key);
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(Case().verify_text(text.substr(0, size)).has_value()) << size;
}

// --- policy

contract::PolicyHeader sample_header() {
  return {.site = *model::SiteCode::parse("P01"),
          .device = kDevice,
          .epoch = 2,
          .version = 7,
          .issued = kNow,
          .expires = kNow + 30 * kDay,
          .inventory_resync = 0,
          .bodies = {}};
}

Result<contract::PolicyHeader> verify_header(const contract::PolicyHeader& header,
                                             PolicyVersion lowest = {}, Timestamp now = kNow) {
  const Bytes text = sign_document(contract::SignedType::PolicyHeader,
                                   contract::encode_policy_header(header), kSite.policy_key);
  return trusted().verify_policy_header(text, kDevice, lowest, now);
}

TEST(PolicyHeader, OfThePolicyKeyForThisDeviceIsAccepted) {
  const auto header = verify_header(sample_header());
  ASSERT_TRUE(header.has_value()) << header.error().text();
  EXPECT_EQ(header->version, 7u);
}

TEST(PolicyHeader, OfAnotherDeviceIsRefused) {
  auto header = sample_header();
  header.device = *model::DeviceId::parse("ff112233445566778899aabbccddeeff");
  expect_error(verify_header(header), kWrongDevice);
}

TEST(PolicyHeader, IsRolledBackByItsEpochFirstAndThenItsVersion) {
  EXPECT_TRUE(verify_header(sample_header(), {2, 7}).has_value());
  EXPECT_TRUE(verify_header(sample_header(), {1, 99}).has_value());
  expect_error(verify_header(sample_header(), {2, 8}), kRolledBack);
  expect_error(verify_header(sample_header(), {3, 0}), kRolledBack);
}

TEST(PolicyHeader, IsExpiredFromItsExpiryOn) {
  const auto header = sample_header();
  EXPECT_TRUE(verify_header(header, {}, header.expires - Duration(1)).has_value());
  expect_error(verify_header(header, {}, header.expires), kExpired);
}

TEST(PolicyHeader, OfAnyOtherKeyOfTheSiteIsRefused) {
  const Bytes payload = contract::encode_policy_header(sample_header());
  for (const Ed25519Key* key : {&kSite.root_key, &kSite.operator_key, &kSite.other_key})
    expect_error(
        trusted().verify_policy_header(
            sign_document(contract::SignedType::PolicyHeader, payload, *key), kDevice, {}, kNow),
        kUnknownKey);
}

TEST(PolicyHeader, OfThePolicyKeyThatWasReplacedIsRefused) {
  const auto next = with_policy_key(kSite.root(), kSite.other_key.public_key(), kNow);
  const auto trust = *trusted().advance(SampleSite::signed_root(next, {&kSite.root_key}));
  const Bytes payload = contract::encode_policy_header(sample_header());
  expect_error(trust.verify_policy_header(
                   sign_document(contract::SignedType::PolicyHeader, payload, kSite.policy_key),
                   kDevice, {}, kNow),
               kUnknownKey);
  EXPECT_TRUE(trust.verify_policy_header(
      sign_document(contract::SignedType::PolicyHeader, payload, kSite.other_key), kDevice, {},
      kNow));
}

TEST(PolicyHeader, InTheFrameOfABodyIsRefused) {
  const Bytes text =
      sign_document(contract::SignedType::PolicyBody,
                    contract::encode_policy_header(sample_header()), kSite.policy_key);
  expect_error(trusted().verify_policy_header(text, kDevice, {}, kNow), kWrongDocumentType);
}

Bytes sample_body() {
  contract::ClientSettingsBody settings;
  settings.poll_interval = settings.heartbeat_interval = settings.inventory_interval =
      settings.max_age = kDay;
  return sign_document(contract::SignedType::PolicyBody, contract::encode_policy_body(settings),
                       kSite.policy_key);
}

TEST(PolicyBody, ThatTheHeaderNamesIsAccepted) {
  const Bytes text = sample_body();
  EXPECT_TRUE(trusted().verify_policy_body(text, {sha256_hex(text), text.size()}).has_value());
}

TEST(PolicyBody, OfAnotherHashOrSizeIsRefused) {
  const Bytes text = sample_body();
  expect_error(trusted().verify_policy_body(text, {sha256_hex("x"), text.size()}), kWrongHash);
  expect_error(trusted().verify_policy_body(text, {sha256_hex(text), 1}), kWrongHash);
}

TEST(PolicyBody, OfAnotherKeyIsRefusedThoughItsHashIsRight) {
  const auto parsed = *contract::parse_signed_document(sample_body());
  const Bytes text =
      sign_document(contract::SignedType::PolicyBody, parsed.payload, kSite.other_key);
  expect_error(trusted().verify_policy_body(text, {sha256_hex(text), text.size()}), kUnknownKey);
}

Result<contract::SiteTime> verify_time(Timestamp time, Timestamp newest, Timestamp now) {
  const Bytes text = sign_document(
      contract::SignedType::SiteTime,
      contract::encode_site_time({*model::SiteCode::parse("P01"), time}), kSite.policy_key);
  return trusted().verify_site_time(text, newest, now, 7 * kDay);
}

TEST(SiteTime, IsAcceptedUntilItIsTooOld) {
  EXPECT_TRUE(verify_time(kNow, kNow, kNow).has_value());
  EXPECT_TRUE(verify_time(kNow, kNow, kNow + 7 * kDay).has_value());
  expect_error(verify_time(kNow, kNow, kNow + 7 * kDay + Duration(1)), kExpired);
}

TEST(SiteTime, BeforeTheNewestThatWasSeenIsRolledBack) {
  expect_error(verify_time(kNow - Duration(1), kNow, kNow), kRolledBack);
}

TEST(SignedTime, IsUsedByAClientWhoseClockIsBeforeIt) {
  SignedTime time;
  EXPECT_EQ(time.now(kNow), kNow);
  time.saw(kNow);
  time.saw(kNow - kDay);
  EXPECT_EQ(time.newest(), kNow);
  EXPECT_EQ(time.now(kNow - kDay), kNow);
  EXPECT_EQ(time.now(kNow + kDay), kNow + kDay);
}

}  // namespace
}  // namespace muster::trust
