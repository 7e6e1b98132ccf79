#include "contract/enrolment_token.h"

#include <gtest/gtest.h>

#include "base/sha256.h"
#include "contract/errors.h"

namespace muster::contract {
namespace {

EnrolmentToken sample() {
  SeededRandom random(7);
  return make_enrolment_token(random, sha256("ca"), sha256("root"));
}

// A text whose checksum is right, whatever stands before it.
std::string with_checksum(const std::string& text) {
  return text + "." + to_base64url(sha256(text).substr(0, 4));
}

void expect_failure(std::string_view text, const ErrorKind& kind) {
  const auto parsed = parse_enrolment_token(text);
  ASSERT_FALSE(parsed.has_value()) << text;
  EXPECT_TRUE(parsed.error().is(kind)) << parsed.error().text();
}

TEST(EnrolmentToken, HasTheFormOfItsProtocolPage) {
  EnrolmentToken token{Bytes(24, '\0'), Bytes(32, '\0'), Bytes(32, '\0')};
  // The checksum was taken with sha256sum and basenc.
  EXPECT_EQ(to_text(token),
            "MT1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA."
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.vfk8qQ");
}

TEST(EnrolmentToken, GivesBackItsParts) {
  const EnrolmentToken token = sample();
  const auto parsed = parse_enrolment_token(to_text(token));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
  EXPECT_EQ(parsed->secret, token.secret);
  EXPECT_EQ(parsed->ca_sha256, sha256("ca"));
  EXPECT_EQ(parsed->root_sha256, sha256("root"));
}

TEST(EnrolmentToken, HasANewSecretEachTime) {
  SeededRandom random(7);
  const EnrolmentToken first = make_enrolment_token(random, sha256("ca"), sha256("root"));
  const EnrolmentToken second = make_enrolment_token(random, sha256("ca"), sha256("root"));
  EXPECT_NE(first.secret, second.secret);
  EXPECT_EQ(first.secret.size(), 24u);
}

TEST(EnrolmentToken, CutAtAnyByteIsRefused) {
  const std::string text = to_text(sample());
  for (std::size_t size = 0; size < text.size(); ++size)
    expect_failure(std::string_view(text).substr(0, size), kTokenForm);
}

TEST(EnrolmentToken, WithAnyOneCharacterChangedIsRefused) {
  const std::string text = to_text(sample());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    other[i] = other[i] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(parse_enrolment_token(other).has_value()) << i;
  }
}

TEST(EnrolmentToken, WithAMistypedCharacterNamesTheChecksum) {
  std::string text = to_text(sample());
  text[10] = text[10] == 'A' ? 'B' : 'A';
  expect_failure(text, kTokenChecksum);
}

TEST(EnrolmentToken, OfALaterVersionNamesTheVersion) {
  std::string text = to_text(sample());
  expect_failure(text.replace(0, 3, "MT2"), kTokenVersion);
}

TEST(EnrolmentToken, OfAnotherKindNamesTheForm) {
  expect_failure("", kTokenForm);
  expect_failure("hello", kTokenForm);
  expect_failure("eyJh.eyJz.c2ln", kTokenForm);
}

TEST(EnrolmentToken, WithMovedPointsIsRefusedThoughItsChecksumIsRight) {
  const std::string text = to_text(sample());
  std::string moved = text.substr(0, text.rfind('.'));
  std::swap(moved[36], moved[35]);
  expect_failure(with_checksum(moved), kTokenForm);
}

TEST(EnrolmentToken, WithSpareBitsSetIsRefusedThoughItsChecksumIsRight) {
  const EnrolmentToken zero{Bytes(24, '\0'), Bytes(32, '\0'), Bytes(32, '\0')};
  std::string text = to_text(zero);
  text = text.substr(0, text.rfind('.'));
  text.back() = 'B';  // the same 32 bytes, another spelling
  expect_failure(with_checksum(text), kTokenForm);
}

TEST(EnrolmentToken, NeverStandsInAnError) {
  const EnrolmentToken token = sample();
  std::string text = to_text(token);
  text.back() = text.back() == 'A' ? 'Q' : 'A';
  const auto parsed = parse_enrolment_token(text);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().text().find(token.password()), std::string::npos);
}

TEST(EnrolmentToken, SendsItsSecretAsThePassword) {
  const EnrolmentToken token = sample();
  const auto secret = parse_enrolment_password(token.password());
  ASSERT_TRUE(secret.has_value());
  EXPECT_EQ(*secret, token.secret);
}

TEST(EnrolmentToken, PasswordOfAnotherLengthIsRefused) {
  const std::string password = sample().password();
  for (std::size_t size = 0; size < password.size(); ++size) {
    const auto secret = parse_enrolment_password(password.substr(0, size));
    ASSERT_FALSE(secret.has_value());
    EXPECT_TRUE(secret.error().is(kTokenForm));
  }
  EXPECT_FALSE(parse_enrolment_password(password + "AAAA").has_value());
}

}  // namespace
}  // namespace muster::contract
