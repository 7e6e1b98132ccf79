#include "trust/certificate_authority.h"

#include <gtest/gtest.h>

#include <set>

#include "trust/errors.h"
#include "trust/peer_identity.h"

namespace muster::trust {
namespace {

using contract::CertificateProfile;

const Timestamp kNow = *parse_timestamp("2026-01-31T12:00:00Z");
const std::string kDevice = "00112233445566778899aabbccddeeff";

struct Authority {
  SeededRandom random{1};
  CertificateAuthority ca =
      CertificateAuthority::create(*model::SiteCode::parse("P01"), kNow, random);
  EcdsaKey key = EcdsaKey::generate();

  Result<Certificate> issue(const LeafNames& names, Timestamp now = kNow) {
    return ca.issue(key.public_key(), names, now, random);
  }
};

void expect_refused(const LeafNames& names) {
  const auto leaf = Authority().issue(names);
  ASSERT_FALSE(leaf.has_value()) << names.name;
  EXPECT_TRUE(leaf.error().is(kProfileRefused)) << leaf.error().text();
}

TEST(CertificateAuthority, IsACaForFiveYears) {
  const Certificate ca = Authority().ca.certificate();
  EXPECT_TRUE(ca.is_ca);
  EXPECT_EQ(ca.common_name, "muster P01 issuing CA");
  EXPECT_EQ(ca.not_after, kNow + std::chrono::hours(24 * 365 * 5));
  EXPECT_TRUE(check_issued_by(ca, ca).has_value());
}

TEST(CertificateAuthority, IssuesAClientForSevenDays) {
  Authority authority;
  const auto leaf = authority.issue({CertificateProfile::Client, kDevice, {}, {}});
  ASSERT_TRUE(leaf.has_value()) << leaf.error().text();
  EXPECT_EQ(leaf->uris, std::vector<std::string>{"urn:muster:device:" + kDevice});
  EXPECT_EQ(leaf->common_name, kDevice);
  EXPECT_EQ(leaf->not_before, kNow - std::chrono::minutes(5));
  EXPECT_EQ(leaf->not_after, kNow + std::chrono::hours(24 * 7));
  EXPECT_TRUE(leaf->client_auth);
  EXPECT_FALSE(leaf->server_auth);
  EXPECT_FALSE(leaf->is_ca);
  EXPECT_EQ(leaf->serial.size(), 16u);
  EXPECT_EQ(leaf->key.spki_der(), authority.key.public_key().spki_der());
  EXPECT_TRUE(check_issued_by(*leaf, authority.ca.certificate()).has_value());
}

TEST(CertificateAuthority, IssuesASiteSystemForADayWithItsNames) {
  const auto leaf = Authority().issue(
      {CertificateProfile::SiteSystem, "mp1", {"mp1.example.org"}, {"192.0.2.1", "2001:db8::1"}});
  ASSERT_TRUE(leaf.has_value()) << leaf.error().text();
  EXPECT_EQ(leaf->uris, std::vector<std::string>{"urn:muster:site-system:mp1"});
  EXPECT_EQ(leaf->dns_names, std::vector<std::string>{"mp1.example.org"});
  EXPECT_EQ(leaf->ip_addresses, (std::vector<std::string>{"192.0.2.1", "2001:db8::1"}));
  EXPECT_EQ(leaf->not_after, kNow + std::chrono::hours(24));
  EXPECT_TRUE(leaf->client_auth);
  EXPECT_TRUE(leaf->server_auth);
}

TEST(CertificateAuthority, IssuesAnOperatorForTwelveHours) {
  const auto leaf = Authority().issue({CertificateProfile::Operator, "anna", {}, {}});
  ASSERT_TRUE(leaf.has_value()) << leaf.error().text();
  EXPECT_EQ(leaf->uris, std::vector<std::string>{"urn:muster:operator:anna"});
  EXPECT_EQ(leaf->not_after, kNow + std::chrono::hours(12));
  EXPECT_TRUE(leaf->client_auth);
  EXPECT_FALSE(leaf->server_auth);
}

TEST(CertificateAuthority, GivesEveryLeafAnotherSerial) {
  Authority authority;
  std::set<Bytes> serials;
  for (int i = 0; i < 20; ++i)
    serials.insert(authority.issue({CertificateProfile::Client, kDevice, {}, {}})->serial);
  EXPECT_EQ(serials.size(), 20u);
}

TEST(CertificateAuthority, RefusesNamesOutsideTheProfile) {
  expect_refused({CertificateProfile::Client, "pc1", {}, {}});
  expect_refused({CertificateProfile::Client, kDevice, {"mp1.example.org"}, {}});
  expect_refused({CertificateProfile::Client, kDevice, {}, {"192.0.2.1"}});
  expect_refused({CertificateProfile::Operator, "anna", {"mp1.example.org"}, {}});
  expect_refused({CertificateProfile::Operator, "", {}, {}});
  expect_refused({CertificateProfile::Operator, "Anna Bell", {}, {}});
  expect_refused({CertificateProfile::SiteSystem, "mp1", {}, {}});
  expect_refused({CertificateProfile::SiteSystem, "mp1", {"*.example.org"}, {}});
  expect_refused({CertificateProfile::SiteSystem, "mp1", {"mp1\nDNS:other"}, {}});
  expect_refused({CertificateProfile::SiteSystem, "mp1", {"-mp1"}, {}});
  expect_refused({CertificateProfile::SiteSystem, "mp1", {}, {"192.0.2"}});
  expect_refused({CertificateProfile::SiteSystem, "mp1", std::vector<std::string>(70, "a"), {}});
}

TEST(CertificateAuthority, IssuesNothingThatOutlivesIt) {
  Authority authority;
  const Timestamp end = authority.ca.certificate().not_after;
  const auto last =
      authority.issue({CertificateProfile::Client, kDevice, {}, {}}, end - std::chrono::hours(1));
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->not_after, end);
  const auto late =
      authority.issue({CertificateProfile::Client, kDevice, {}, {}}, end + std::chrono::hours(1));
  ASSERT_FALSE(late.has_value());
  EXPECT_TRUE(late.error().is(kExpired));
}

TEST(CertificateAuthority, IsTheSameAfterItsFiles) {
  Authority authority;
  const auto again = CertificateAuthority::load(certificate_pem(authority.ca.certificate()),
                                                authority.ca.key_pem());
  ASSERT_TRUE(again.has_value()) << again.error().text();
  const auto leaf =
      again->issue(authority.key.public_key(), {CertificateProfile::Client, kDevice, {}, {}}, kNow,
                   authority.random);
  EXPECT_TRUE(check_issued_by(*leaf, authority.ca.certificate()).has_value());
}

TEST(CertificateAuthority, RefusesTheKeyOfAnotherCaAndALeafAsCa) {
  Authority authority;
  const auto other = CertificateAuthority::load(certificate_pem(authority.ca.certificate()),
                                                Authority().ca.key_pem());
  ASSERT_FALSE(other.has_value());
  EXPECT_TRUE(other.error().is(kBadKey));
  const auto leaf = authority.issue({CertificateProfile::Client, kDevice, {}, {}});
  const auto as_ca = CertificateAuthority::load(certificate_pem(*leaf), authority.key.pem());
  ASSERT_FALSE(as_ca.has_value());
  EXPECT_TRUE(as_ca.error().is(kBadCertificate));
}

TEST(Certificate, OfAnotherCaOfTheSameNameIsNoneOfOurs) {
  Authority ours;
  Authority theirs;
  const auto leaf = theirs.issue({CertificateProfile::Client, kDevice, {}, {}});
  const auto checked = check_issued_by(*leaf, ours.ca.certificate());
  ASSERT_FALSE(checked.has_value());
  EXPECT_TRUE(checked.error().is(kWrongIssuer));
}

TEST(Certificate, IssuedByALeafIsRefused) {
  Authority authority;
  const auto leaf = authority.issue({CertificateProfile::Client, kDevice, {}, {}});
  const auto checked = check_issued_by(*leaf, *leaf);
  ASSERT_FALSE(checked.has_value());
  EXPECT_TRUE(checked.error().is(kWrongIssuer));
}

TEST(Certificate, WithAnAlteredByteIsMalformedOrOfNoIssuer) {
  Authority authority;
  const Bytes der = authority.issue({CertificateProfile::Client, kDevice, {}, {}})->der;
  for (std::size_t i = 0; i < der.size(); ++i) {
    Bytes altered = der;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    const auto parsed = parse_certificate_der(altered);
    EXPECT_FALSE(parsed && check_issued_by(*parsed, authority.ca.certificate())) << i;
  }
}

TEST(Certificate, CutAtAnyByteOrWithMoreIsRefused) {
  const Bytes der = Authority().issue({CertificateProfile::Client, kDevice, {}, {}})->der;
  for (std::size_t size = 0; size < der.size(); ++size)
    EXPECT_FALSE(parse_certificate_der(ByteView(der).substr(0, size)).has_value()) << size;
  EXPECT_FALSE(parse_certificate_der(der + "x").has_value());
  EXPECT_FALSE(parse_certificate_der(Bytes(kCertificateLimit + 1, '0')).has_value());
}

TEST(Certificate, IsTheSameAfterItsPem) {
  const auto leaf = Authority().issue({CertificateProfile::Client, kDevice, {}, {}});
  const std::string pem = certificate_pem(*leaf);
  const auto again = parse_certificate_pem(pem);
  ASSERT_TRUE(again.has_value()) << again.error().text();
  EXPECT_EQ(again->der, leaf->der);
  EXPECT_FALSE(parse_certificate_pem(pem + pem).has_value());
  EXPECT_FALSE(parse_certificate_pem("text\n" + pem).has_value());
  for (std::size_t size = 0; size < pem.size(); ++size)
    EXPECT_FALSE(parse_certificate_pem(std::string_view(pem).substr(0, size)).has_value());
}

TEST(CertificateCache, KeepsTheLatestUsedUpToItsCapacity) {
  Authority authority;
  CertificateCache cache(2);
  std::vector<Certificate> leaves;
  for (int i = 0; i < 3; ++i)
    leaves.push_back(*authority.issue({CertificateProfile::Client, kDevice, {}, {}}));
  const CertificatePtr first = *cache.parse(leaves[0].der);
  EXPECT_EQ(*cache.parse(leaves[0].der), first);
  ASSERT_TRUE(cache.parse(leaves[1].der).has_value());
  EXPECT_EQ(cache.find(leaves[0].sha256), first);
  ASSERT_TRUE(cache.parse(leaves[2].der).has_value());
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(cache.find(leaves[0].sha256), first);
  EXPECT_EQ(cache.find(leaves[1].sha256), nullptr);
  EXPECT_NE(cache.find(leaves[2].sha256), nullptr);
}

// An answer is remembered for the pair that was asked, and only a good one.
TEST(CertificateCache, RemembersWhoIssuedWhat) {
  Authority ours, theirs;
  CertificateCache cache(2);
  const auto leaf = *cache.parse(ours.issue({CertificateProfile::Client, kDevice, {}, {}})->der);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(cache.check_issued_by(leaf, ours.ca.certificate()));
    EXPECT_TRUE(cache.check_issued_by(leaf, theirs.ca.certificate()).error().is(kWrongIssuer));
  }
  const auto stranger = std::make_shared<const Certificate>(
      *theirs.issue({CertificateProfile::Client, kDevice, {}, {}}));
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(cache.check_issued_by(stranger, ours.ca.certificate()));
    EXPECT_TRUE(cache.check_issued_by(stranger, theirs.ca.certificate())) << "it is not kept";
  }
}

TEST(CertificateCache, KeepsNothingThatIsMalformed) {
  CertificateCache cache(2);
  EXPECT_FALSE(cache.parse("x").has_value());
  EXPECT_EQ(cache.size(), 0u);
}

Certificate with_uris(std::vector<std::string> uris) {
  Certificate certificate = *Authority().issue({CertificateProfile::Client, kDevice, {}, {}});
  certificate.uris = std::move(uris);
  return certificate;
}

void expect_no_identity(std::vector<std::string> uris) {
  const auto peer = identify_peer(std::make_shared<const Certificate>(with_uris(std::move(uris))));
  ASSERT_FALSE(peer.has_value());
  EXPECT_TRUE(peer.error().is(kNoIdentity));
}

TEST(PeerIdentity, IsThatOfTheOneUrn) {
  struct Case {
    std::string uri;
    PeerKind kind;
    std::string id;
  };
  for (const Case& c : {Case{"urn:muster:device:" + kDevice, PeerKind::Device, kDevice},
                        Case{"urn:muster:site-system:mp1", PeerKind::SiteSystem, "mp1"},
                        Case{"urn:muster:operator:anna", PeerKind::Operator, "anna"}}) {
    const auto peer = identify_peer(
        std::make_shared<const Certificate>(with_uris({"https://example.org/", c.uri})));
    ASSERT_TRUE(peer.has_value()) << peer.error().text();
    EXPECT_EQ(peer->kind, c.kind);
    EXPECT_EQ(peer->id, c.id);
    EXPECT_EQ(urn_of(peer->kind, peer->id), c.uri);
  }
}

TEST(PeerIdentity, OfNoneSeveralOrStrangeUrnsIsRefused) {
  expect_no_identity({});
  expect_no_identity({"https://example.org/"});
  expect_no_identity({"urn:muster:operator:anna", "urn:muster:operator:bert"});
  expect_no_identity({"urn:muster:operator:anna", "urn:muster:device:" + kDevice});
  expect_no_identity({"urn:muster:operator:anna", "urn:muster:strange:x"});
  expect_no_identity({"urn:muster:operator:"});
  expect_no_identity({"urn:muster:operator"});
  expect_no_identity({"urn:muster:device:pc1"});
  expect_no_identity({"urn:muster:root:x"});
}

TEST(PeerIdentity, OfTheCaIsRefused) {
  Certificate ca = Authority().ca.certificate();
  ca.uris = {"urn:muster:operator:anna"};
  const auto peer = identify_peer(std::make_shared<const Certificate>(ca));
  ASSERT_FALSE(peer.has_value());
  EXPECT_TRUE(peer.error().is(kNoIdentity));
}

}  // namespace
}  // namespace muster::trust
