#include "trust/signer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/os/file.h"
#include "contract/catalogue.h"
#include "contract/location.h"
#include "contract/policy.h"
#include "contract/public_documents.h"
#include "contract/sealed_exchange.h"
#include "tests/base/temporary_folder.h"
#include "trust/csr.h"
#include "trust/document_signature.h"
#include "trust/errors.h"

namespace muster::trust {
namespace {

namespace signer = contract::signer;
using contract::CatalogueRole;
using contract::CertificateProfile;
using contract::SignedType;

const Timestamp kNow = *parse_timestamp("2026-01-31T12:00:00Z");
constexpr Duration kDay = std::chrono::hours(24);
const model::SiteCode kSite = *model::SiteCode::parse("P01");
const model::DeviceId kDevice = *model::DeviceId::parse("00112233445566778899aabbccddeeff");
const std::string kHash(64, 'e');

contract::PolicyHeader header_of(std::uint64_t epoch, std::uint64_t version) {
  return {.site = kSite,
          .device = kDevice,
          .epoch = epoch,
          .version = version,
          .issued = kNow,
          .expires = kNow + 30 * kDay,
          .inventory_resync = 0,
          .bodies = {}};
}

signer::Request ask_header(const contract::PolicyHeader& header) {
  return signer::SignPolicyHeader{header.device, header.epoch, header.version,
                                  contract::encode_policy_header(header)};
}

signer::Request ask_timestamp(std::uint64_t version, Timestamp expires = kNow + 7 * kDay) {
  return signer::SignCatalogue{
      CatalogueRole::Timestamp, version,
      contract::encode_timestamp({version, expires, {1, 100, kHash}}).canonical};
}

signer::Request ask_envelope_key(Timestamp issued, Timestamp expires) {
  return signer::SignDocument{
      SignedType::EnvelopeKey,
      contract::encode_envelope_key({kSite, Bytes(32, 'k'), issued, expires})};
}

contract::CatalogueSnapshot sample_snapshot() {
  contract::CatalogueSnapshot snapshot;
  snapshot.version = 4;
  snapshot.expires = kNow + 7 * kDay;
  snapshot.files["targets"] = {1, 100, kHash};
  return snapshot;
}

class SignerTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Signer::create(path(), kSite, kNow, random_).has_value());
    signer_.emplace(*Signer::open(path(), random_));
  }
  std::filesystem::path path() const { return folder_.path() / "signer"; }
  void restart() {
    signer_.reset();
    signer_.emplace(*Signer::open(path(), random_));
  }
  signer::Answer ask(const signer::Request& request, Timestamp now = kNow) {
    return signer_->handle({&request, 1}, now)[0];
  }
  void expect_refused(const signer::Request& request, const ErrorKind& kind, Timestamp now = kNow) {
    const signer::Answer answer = ask(request, now);
    const auto* refused = std::get_if<signer::Refused>(&answer);
    ASSERT_NE(refused, nullptr);
    EXPECT_EQ(refused->number, kind.number) << refused->detail;
    EXPECT_EQ(refused->name, kind.name);
    EXPECT_EQ(refused->advice, kind.advice);
  }
  template <typename Answer>
  void expect_answered(const signer::Request& request) {
    const signer::Answer answer = ask(request);
    if (const auto* refused = std::get_if<signer::Refused>(&answer)) FAIL() << refused->detail;
    EXPECT_TRUE(std::holds_alternative<Answer>(answer));
  }

  TemporaryFolder folder_;
  SeededRandom random_{1};
  std::optional<Signer> signer_;
};

TEST_F(SignerTest, KeepsItsFilesPrivate) {
  for (const char* name : {"policy.pem", "ca-key.pem", "sealing.key", "versions.log"}) {
    struct stat status {};
    ASSERT_EQ(::stat((path() / name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << name;
  }
}

TEST_F(SignerTest, MakesTheKeysOfASiteOnce) {
  const auto again = Signer::create(path(), kSite, kNow, random_);
  ASSERT_FALSE(again.has_value());
  EXPECT_TRUE(again.error().is(kSignerState));
}

TEST_F(SignerTest, BelongsToOneProcessAtATime) {
  EXPECT_FALSE(Signer::open(path(), random_).has_value());
}

TEST_F(SignerTest, DoesNotStartWithoutItsVersions) {
  signer_.reset();
  std::filesystem::remove(path() / "versions.log");
  EXPECT_FALSE(Signer::open(path(), random_).has_value());
}

TEST_F(SignerTest, TellsItsPublicKeys) {
  const signer::Answer answer = ask(signer::Public{});
  const auto& keys = std::get<signer::PublicKeys>(answer);
  EXPECT_EQ(keys.policy_key, signer_->policy_key().raw());
  EXPECT_EQ(parse_certificate_pem(keys.ca_certificate_pem)->sha256,
            signer_->ca_certificate().sha256);
  EXPECT_EQ(keys.timestamp_version, 0u);
}

TEST_F(SignerTest, SignsAHeaderThatClientsVerify) {
  const signer::Answer answer = ask(ask_header(header_of(1, 5)));
  const std::vector<Ed25519PublicKey> keys{signer_->policy_key()};
  const auto payload =
      verify_document(std::get<signer::Document>(answer).framed, SignedType::PolicyHeader, keys);
  ASSERT_TRUE(payload.has_value());
  EXPECT_EQ(*payload, contract::encode_policy_header(header_of(1, 5)));
}

TEST_F(SignerTest, SignsTheSameVersionAgainAndAHigherOne) {
  expect_answered<signer::Document>(ask_header(header_of(1, 5)));
  expect_answered<signer::Document>(ask_header(header_of(1, 5)));
  expect_answered<signer::Document>(ask_header(header_of(1, 6)));
  expect_answered<signer::Document>(ask_header(header_of(2, 1)));
}

TEST_F(SignerTest, RefusesALowerHeaderThanItSigned) {
  expect_answered<signer::Document>(ask_header(header_of(2, 5)));
  expect_refused(ask_header(header_of(2, 4)), kRolledBack);
  expect_refused(ask_header(header_of(1, 9)), kRolledBack);
}

TEST_F(SignerTest, RefusesALowerHeaderAfterARestart) {
  expect_answered<signer::Document>(ask_header(header_of(2, 5)));
  restart();
  expect_refused(ask_header(header_of(2, 4)), kRolledBack);
}

TEST_F(SignerTest, RefusesALowerHeaderInTheSameCall) {
  const std::vector<signer::Request> requests{ask_header(header_of(1, 5)),
                                              ask_header(header_of(1, 4))};
  const auto answers = signer_->handle(requests, kNow);
  EXPECT_TRUE(std::holds_alternative<signer::Document>(answers[0]));
  EXPECT_TRUE(std::holds_alternative<signer::Refused>(answers[1]));
}

TEST_F(SignerTest, HasTheVersionOnDiskWhenItAnswers) {
  expect_answered<signer::Document>(ask_header(header_of(2, 5)));
  EXPECT_NE(os::read_file(path() / "versions.log")->find("device:" + kDevice.text() + "=2.5"),
            Bytes::npos);
}

TEST_F(SignerTest, RefusesAHeaderThatIsNotWhatTheRequestSays) {
  const Bytes payload = contract::encode_policy_header(header_of(1, 5));
  const auto other = *model::DeviceId::parse("ff112233445566778899aabbccddeeff");
  expect_refused(signer::SignPolicyHeader{other, 1, 5, payload}, kSignerRefused);
  expect_refused(signer::SignPolicyHeader{kDevice, 2, 5, payload}, kSignerRefused);
  expect_refused(signer::SignPolicyHeader{kDevice, 1, 6, payload}, kSignerRefused);
}

TEST_F(SignerTest, RefusesAHeaderThatIsExpiredOrLastsOver30Days) {
  auto header = header_of(1, 5);
  header.expires = kNow + 31 * kDay;
  expect_refused(ask_header(header), kSignerRefused);
  header.expires = kNow;
  expect_refused(ask_header(header), kSignerRefused);
}

TEST_F(SignerTest, RefusesAHeaderThatIsNone) {
  const signer::Answer answer = ask(signer::SignPolicyHeader{kDevice, 1, 5, "{}"});
  EXPECT_TRUE(std::holds_alternative<signer::Refused>(answer));
}

TEST_F(SignerTest, SignsBodiesTimesAndLocatorAnswers) {
  contract::ClientSettingsBody settings;
  settings.poll_interval = settings.heartbeat_interval = settings.inventory_interval =
      settings.max_age = kDay;
  expect_answered<signer::Document>(
      signer::SignDocument{SignedType::PolicyBody, contract::encode_policy_body(settings)});
  expect_answered<signer::Document>(
      signer::SignDocument{SignedType::SiteTime, contract::encode_site_time({kSite, kNow})});
  const contract::LocatorAnswer answer{
      {Bytes(contract::kNonceBytes, 'n')}, kNow, *model::IpAddress::parse("10.1.0.5")};
  expect_answered<signer::Document>(
      signer::SignDocument{SignedType::LocatorAnswer, contract::encode_locator_answer(answer)});
  expect_answered<signer::Document>(signer::SignDocument{
      SignedType::ManagementPoints,
      contract::encode_management_points({kSite, kNow, {{"https://a:443", "http://a:80", 1}}})});
  expect_answered<signer::Document>(signer::SignDocument{
      SignedType::Revocations, contract::encode_revocations({kSite, kNow, 0, {}})});
  expect_answered<signer::Document>(ask_envelope_key(kNow, kNow + 2 * kDay));
}

TEST_F(SignerTest, SignsNoEnvelopeKeyOfTheFutureOrForLong) {
  expect_refused(ask_envelope_key(kNow + std::chrono::minutes(6), kNow + kDay), kSignerRefused);
  expect_refused(ask_envelope_key(kNow, kNow + 8 * kDay), kSignerRefused);
  expect_refused(ask_envelope_key(kNow - 2 * kDay, kNow - kDay), kSignerRefused);
}

TEST_F(SignerTest, RefusesAHeaderInTheRequestForOtherDocuments) {
  expect_refused(signer::SignDocument{SignedType::PolicyHeader,
                                      contract::encode_policy_header(header_of(1, 5))},
                 kSignerRefused);
}

TEST_F(SignerTest, RefusesASiteTimeThatIsNotNow) {
  for (const Duration off : {Duration(std::chrono::minutes(6)), Duration(-std::chrono::minutes(6))})
    expect_refused(
        signer::SignDocument{SignedType::SiteTime, contract::encode_site_time({kSite, kNow + off})},
        kSignerRefused);
}

TEST_F(SignerTest, SignsNoListAndNoAnswerOfAnotherTime) {
  for (const Duration off :
       {Duration(std::chrono::minutes(6)), Duration(-std::chrono::minutes(6))}) {
    const contract::LocatorAnswer answer{
        {Bytes(contract::kNonceBytes, 'n')}, kNow + off, *model::IpAddress::parse("10.1.0.5")};
    for (const auto& [type, payload] :
         {std::pair(SignedType::LocatorAnswer, contract::encode_locator_answer(answer)),
          std::pair(SignedType::ManagementPoints,
                    contract::encode_management_points({kSite, kNow + off, {}})),
          std::pair(SignedType::Revocations,
                    contract::encode_revocations({kSite, kNow + off, 0, {}}))})
      expect_refused(signer::SignDocument{type, payload}, kSignerRefused);
  }
}

TEST_F(SignerTest, SignsNothingThatIsTooLargeToBeRead) {
  expect_refused(
      signer::SignDocument{SignedType::PolicyBody, Bytes(contract::kSignedDocumentLimit, 'x')},
      kSignerRefused);
}

TEST_F(SignerTest, RefusesABodyThatIsNone) {
  for (const SignedType type :
       {SignedType::PolicyBody, SignedType::SiteTime, SignedType::LocatorAnswer,
        SignedType::ManagementPoints, SignedType::Revocations, SignedType::EnvelopeKey}) {
    const signer::Answer answer = ask(signer::SignDocument{type, "text"});
    EXPECT_TRUE(std::holds_alternative<signer::Refused>(answer));
  }
}

TEST_F(SignerTest, SignsTheCataloguesFreshness) {
  const Bytes canonical = contract::encode_snapshot(sample_snapshot()).canonical;
  const signer::Answer answer = ask(signer::SignCatalogue{CatalogueRole::Snapshot, 4, canonical});
  const auto* made = std::get_if<signer::CatalogueSigned>(&answer);
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(made->key_id, contract::CatalogueKey{signer_->policy_key().raw()}.id());
  EXPECT_TRUE(signer_->policy_key().verify(canonical, made->signature));
}

TEST_F(SignerTest, RefusesACatalogueVersionThatIsNotAboveTheLast) {
  expect_answered<signer::CatalogueSigned>(ask_timestamp(5));
  expect_refused(ask_timestamp(5), kRolledBack);
  expect_refused(ask_timestamp(4), kRolledBack);
  restart();
  expect_refused(ask_timestamp(5), kRolledBack);
  expect_answered<signer::CatalogueSigned>(ask_timestamp(6));
  const signer::Answer answer = ask(signer::Public{});
  EXPECT_EQ(std::get<signer::PublicKeys>(answer).timestamp_version, 6u);
  EXPECT_EQ(std::get<signer::PublicKeys>(answer).snapshot_version, 0u);
}

TEST_F(SignerTest, RefusesACatalogueOfAnotherVersionRoleOrForm) {
  const Bytes canonical = contract::encode_snapshot(sample_snapshot()).canonical;
  expect_refused(signer::SignCatalogue{CatalogueRole::Snapshot, 5, canonical}, kSignerRefused);
  expect_refused(signer::SignCatalogue{CatalogueRole::Snapshot, 4, canonical + " "},
                 kSignerRefused);
  Bytes more = canonical;
  more.insert(1, "\"_a\":1,");
  expect_refused(signer::SignCatalogue{CatalogueRole::Snapshot, 4, more}, kSignerRefused);
  const signer::Answer other = ask(signer::SignCatalogue{CatalogueRole::Timestamp, 4, canonical});
  EXPECT_TRUE(std::holds_alternative<signer::Refused>(other));
}

TEST_F(SignerTest, RefusesFreshnessOverSevenDays) {
  expect_refused(ask_timestamp(5, kNow + 8 * kDay), kSignerRefused);
  expect_refused(ask_timestamp(5, kNow - kDay), kSignerRefused);
}

TEST_F(SignerTest, NeverSignsWhatOnlyOperatorsMay) {
  contract::CatalogueRoot root;
  root.expires = kNow + kDay;
  for (const CatalogueRole role : {CatalogueRole::Snapshot, CatalogueRole::Timestamp}) {
    const signer::Answer answer =
        ask(signer::SignCatalogue{role, 1, contract::encode_root(root).canonical});
    EXPECT_TRUE(std::holds_alternative<signer::Refused>(answer));
  }
}

TEST_F(SignerTest, IssuesALeafForTheKeyOfARequest) {
  const EcdsaKey key = EcdsaKey::generate();
  const signer::Answer answer = ask(signer::Issue{
      CertificateProfile::Client, *make_device_request(key, kDevice), kDevice.text(), {}, {}});
  const auto* issued = std::get_if<signer::Issued>(&answer);
  ASSERT_NE(issued, nullptr);
  const auto leaf = parse_certificate_der(issued->certificate_der);
  ASSERT_TRUE(leaf.has_value());
  EXPECT_EQ(leaf->key.spki_der(), key.public_key().spki_der());
  EXPECT_EQ(leaf->uris, std::vector<std::string>{kDevice.urn()});
  EXPECT_TRUE(check_issued_by(*leaf, signer_->ca_certificate()).has_value());
}

TEST_F(SignerTest, RefusesNamesOutsideTheProfileAndABrokenRequest) {
  const Bytes request = *make_device_request(EcdsaKey::generate(), kDevice);
  expect_refused(signer::Issue{CertificateProfile::Client, request, "pc1", {}, {}},
                 kProfileRefused);
  expect_refused(signer::Issue{CertificateProfile::Operator, request, "anna", {"mp1.example"}, {}},
                 kProfileRefused);
  expect_refused(
      signer::Issue{CertificateProfile::Client, request.substr(1), kDevice.text(), {}, {}},
      kBadRequest);
}

TEST_F(SignerTest, SealsSecretsForOnePurposeAcrossRestarts) {
  const signer::Answer sealed = ask(signer::Seal{"join", "secret"});
  const Bytes bytes = std::get<signer::Sealed>(sealed).sealed;
  restart();
  const signer::Answer unsealed = ask(signer::Unseal{"join", bytes});
  EXPECT_EQ(std::get<signer::Unsealed>(unsealed).plaintext, "secret");
  expect_refused(signer::Unseal{"backup", bytes}, kUnsealFailed);
  expect_refused(signer::Seal{"", "secret"}, kSignerRefused);
  expect_refused(signer::Seal{"join", Bytes((1u << 20) + 1, 's')}, kSignerRefused);
}

TEST_F(SignerTest, AnswersARefusalAndGoesOnWithTheRest) {
  const std::vector<signer::Request> requests{signer::Seal{"", "x"}, signer::Public{},
                                              ask_header(header_of(1, 1))};
  const auto answers = signer_->handle(requests, kNow);
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_TRUE(std::holds_alternative<signer::Refused>(answers[0]));
  EXPECT_TRUE(std::holds_alternative<signer::PublicKeys>(answers[1]));
  EXPECT_TRUE(std::holds_alternative<signer::Document>(answers[2]));
}

TEST_F(SignerTest, LogsEveryRequestAndNoSecret) {
  const auto log = folder_.path() / "signer.log";
  ASSERT_TRUE(log::open("muster-signer", log.string(), log::Level::Info).has_value());
  ask(ask_header(header_of(1, 5)));
  ask(ask_header(header_of(1, 4)));
  const signer::Answer sealed = ask(signer::Seal{"join", "very-secret"});
  ask(signer::Unseal{"join", std::get<signer::Sealed>(sealed).sealed});
  const Bytes text = *os::read_file(log);
  EXPECT_NE(text.find("signer.policy-header"), Bytes::npos);
  EXPECT_NE(text.find(kDevice.text() + " 1.4"), Bytes::npos);
  EXPECT_NE(text.find("M1505"), Bytes::npos);
  EXPECT_NE(text.find("signer.unseal"), Bytes::npos);
  EXPECT_EQ(text.find("very-secret"), Bytes::npos);
  EXPECT_EQ(text.find(to_base64("very-secret")), Bytes::npos);
}

}  // namespace
}  // namespace muster::trust
