#include "hosting/envelope_keys.h"

#include <gtest/gtest.h>

#include "hosting/errors.h"

namespace muster::hosting {
namespace {

const Timestamp kNow = *parse_timestamp("2026-01-31T12:00:00Z");
const model::SiteCode kSite = *model::SiteCode::parse("P01");
constexpr Duration kLife = std::chrono::hours(48);

TEST(EnvelopeKeys, ChangeAtHalfLifeWhileTheFormerStillOpens) {
  EnvelopeKeys keys;
  SeededRandom random(1);
  const auto first = keys.current(kSite, kLife, kNow, random);
  EXPECT_EQ(first.expires, kNow + kLife);
  EXPECT_EQ(keys.current(kSite, kLife, kNow + kLife / 2 - Duration(1), random).public_key,
            first.public_key);
  const Timestamp half = kNow + kLife / 2;
  const auto second = keys.current(kSite, kLife, half, random);
  EXPECT_NE(second.public_key, first.public_key);
  const std::string id = contract::envelope_key_id(first.public_key);
  EXPECT_TRUE(keys.find(id, half).has_value());
  EXPECT_TRUE(keys.find(contract::envelope_key_id(second.public_key), half).has_value());
  const auto late = keys.find(id, first.expires);
  ASSERT_FALSE(late.has_value());
  EXPECT_TRUE(late.error().is(kEnvelopeKeyExpired));
}

TEST(EnvelopeKeys, OfAnotherProcessAreUnknown) {
  SeededRandom random(1);
  EnvelopeKeys former;
  const auto key = former.current(kSite, kLife, kNow, random);
  const auto found = EnvelopeKeys().find(contract::envelope_key_id(key.public_key), kNow);
  ASSERT_FALSE(found.has_value());
  EXPECT_TRUE(found.error().is(kUnknownEnvelopeKey));
}

TEST(EnvelopeKeys, AreFewHoweverOftenTheyChange) {
  EnvelopeKeys keys;
  SeededRandom random(1);
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i)
    ids.push_back(
        contract::envelope_key_id(keys.current(kSite, kLife, kNow + i * kLife, random).public_key));
  EXPECT_TRUE(keys.find(ids[0], kNow).error().is(kUnknownEnvelopeKey));
  EXPECT_TRUE(keys.find(ids[9], kNow).has_value());
}

TEST(EnvelopeKeys, TakeEachNumberOfADeviceOnceAndNoneBelow) {
  EnvelopeKeys keys;
  SeededRandom random(1);
  const auto one = model::DeviceId::make(random);
  const auto two = model::DeviceId::make(random);
  EXPECT_TRUE(keys.take_number(one, 5).taken);
  for (const std::uint64_t old : {5u, 4u, 0u}) {
    const auto again = keys.take_number(one, old);
    EXPECT_FALSE(again.taken) << old;
    EXPECT_EQ(again.last, 5u);
  }
  EXPECT_TRUE(keys.take_number(two, 5).taken);
  EXPECT_TRUE(keys.take_number(one, 6).taken);
  EXPECT_TRUE(keys.take_number(one, UINT64_MAX).taken);
  EXPECT_FALSE(keys.take_number(one, 7).taken);
}

}  // namespace
}  // namespace muster::hosting
