#include "trust/seal.h"

#include <gtest/gtest.h>

#include "trust/errors.h"

namespace muster::trust {
namespace {

SealingKey key_of(char c) { return *SealingKey::from_bytes(Bytes(kSealingKeySize, c)); }

void expect_failure(const Result<Bytes>& result) {
  ASSERT_FALSE(result.has_value());
  EXPECT_TRUE(result.error().is(kUnsealFailed));
}

TEST(SealingKey, GivesBackASecretOfAnyLength) {
  SeededRandom random(1);
  const SealingKey key = key_of('k');
  for (const std::size_t size : {0u, 1u, 16u, 1000u}) {
    const Bytes secret(size, 's');
    const auto unsealed = key.unseal(key.seal(secret, "join", random), "join");
    ASSERT_TRUE(unsealed.has_value());
    EXPECT_EQ(*unsealed, secret);
  }
}

TEST(SealingKey, HidesTheSecretAndItsRepetition) {
  SeededRandom random(1);
  const SealingKey key = key_of('k');
  const Bytes first = key.seal("a password", "join", random);
  EXPECT_EQ(first.find("password"), Bytes::npos);
  EXPECT_NE(first, key.seal("a password", "join", random));
}

TEST(SealingKey, RefusesAnotherPurposeAndAnotherKey) {
  SeededRandom random(1);
  const Bytes sealed = key_of('k').seal("secret", "join", random);
  expect_failure(key_of('k').unseal(sealed, "joins"));
  expect_failure(key_of('k').unseal(sealed, ""));
  expect_failure(key_of('l').unseal(sealed, "join"));
}

TEST(SealingKey, RefusesWhatWasCutOrAltered) {
  SeededRandom random(1);
  const SealingKey key = key_of('k');
  const Bytes sealed = key.seal("secret", "join", random);
  for (std::size_t size = 0; size < sealed.size(); ++size)
    expect_failure(key.unseal(ByteView(sealed).substr(0, size), "join"));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes altered = sealed;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    expect_failure(key.unseal(altered, "join"));
  }
}

TEST(SealingKey, OfAnotherLengthIsRefused) {
  EXPECT_TRUE(SealingKey::from_bytes(Bytes(31, 'k')).error().is(kBadKey));
  EXPECT_TRUE(SealingKey::from_bytes("").error().is(kBadKey));
}

}  // namespace
}  // namespace muster::trust
