#include "trust/pinned_certificate.h"

#include <gtest/gtest.h>

#include "trust/errors.h"

namespace muster::trust {
namespace {

const Timestamp kNow = *parse_timestamp("2026-01-31T12:00:00Z");
constexpr Duration kYear = std::chrono::hours(24 * 365);
const ServerNames kNames{{"localhost", "db.example"}, {"127.0.0.1", "2001:db8::1"}};

PinnedCertificate made(const ServerNames& names = kNames) {
  SeededRandom random(1);
  return make_pinned_certificate("muster P01 database", names, kNow, random).value();
}

TEST(PinnedCertificate, NamesAServerForTenYearsAndIssuesNothing) {
  const PinnedCertificate pinned = made();
  EXPECT_EQ(pinned.certificate.common_name, "muster P01 database");
  EXPECT_EQ(pinned.certificate.dns_names, kNames.dns_names);
  EXPECT_EQ(pinned.certificate.ip_addresses, kNames.ip_addresses);
  EXPECT_EQ(pinned.certificate.not_after, kNow + kYear * 10);
  EXPECT_TRUE(pinned.certificate.server_auth);
  EXPECT_FALSE(pinned.certificate.client_auth);
  EXPECT_FALSE(pinned.certificate.is_ca);
  EXPECT_EQ(pinned.certificate.key.kind(), PublicKey::Kind::P256);
  EXPECT_EQ(pinned.certificate.key.spki_der(), pinned.key.public_key().spki_der());
}

TEST(PinnedCertificate, RefusesWhatIsNoName) {
  SeededRandom random(1);
  for (const ServerNames& names : {ServerNames{{"*"}, {}}, ServerNames{{}, {"db.example"}},
                                   ServerNames{{std::string("a\0b", 3)}, {}}}) {
    const auto pinned = make_pinned_certificate("x", names, kNow, random);
    ASSERT_FALSE(pinned.has_value());
    EXPECT_TRUE(pinned.error().is(kProfileRefused)) << pinned.error().text();
  }
}

TEST(PinnedCertificate, ServesItsNamesUntilAYearBeforeItsEnd) {
  const Certificate certificate = made().certificate;
  EXPECT_TRUE(still_serves(certificate, kNames, kNow));
  EXPECT_TRUE(still_serves(certificate, {{"localhost"}, {}}, kNow + kYear * 9));
  EXPECT_FALSE(still_serves(certificate, {{"localhost"}, {}}, kNow + kYear * 9 + kYear / 365));
  EXPECT_FALSE(still_serves(certificate, kNames, kNow - std::chrono::hours(1)));
  EXPECT_FALSE(still_serves(certificate, {{"other.example"}, {}}, kNow));
  EXPECT_FALSE(still_serves(certificate, {{}, {"192.0.2.1"}}, kNow));
}

}  // namespace
}  // namespace muster::trust
