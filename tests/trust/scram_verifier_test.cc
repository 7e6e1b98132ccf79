#include "trust/scram_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::trust {
namespace {

constexpr std::string_view kPassword = "correct horse battery staple";
// By Python's hashlib and hmac, after RFC 5802, for the salt 00 01 .. 0f. That PostgreSQL takes
// them is seen in tests/postgres/test_provision.py.
constexpr std::string_view kVerifier =
    "SCRAM-SHA-256$4096:AAECAwQFBgcICQoLDA0ODw==$ONYbSJBXtKl6bP6PVqw8pm9e7EiacprLnoUQPFS80Hw=:"
    "IPOtHuGJ2HifEQg74W2XXqqCrCyQG55GbPRHa6g6n9w=";

TEST(ScramVerifier, IsWhatTheRfcSays) { EXPECT_TRUE(is_scram_verifier_of(kVerifier, kPassword)); }

TEST(ScramVerifier, HasASaltOfItsOwn) {
  SeededRandom random(1);
  const std::string first = make_scram_verifier(kPassword, random);
  const std::string second = make_scram_verifier(kPassword, random);
  EXPECT_NE(first, second);
  EXPECT_EQ(first.size(), kVerifier.size());
  EXPECT_TRUE(is_scram_verifier_of(first, kPassword));
  EXPECT_TRUE(is_scram_verifier_of(second, kPassword));
  EXPECT_THAT(first, testing::Not(testing::HasSubstr(std::string(kPassword))));
}

TEST(ScramVerifier, IsNoOtherPasswords) {
  EXPECT_FALSE(is_scram_verifier_of(kVerifier, "correct horse battery stable"));
  EXPECT_FALSE(is_scram_verifier_of(kVerifier, ""));
  for (std::size_t length = 0; length < kVerifier.size(); ++length)
    EXPECT_FALSE(is_scram_verifier_of(kVerifier.substr(0, length), kPassword)) << length;
  EXPECT_FALSE(is_scram_verifier_of("md5a3556571e93b0d20722ba62be61e8c2d", kPassword));
}

}  // namespace
}  // namespace muster::trust
