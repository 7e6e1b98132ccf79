// How a client fetches the bodies that its policy names: many with one request, each by its hash.
#include "contract/policy_bodies.h"

#include <gmock/gmock.h>

#include "tests/client/policy_keeper_test.h"

namespace muster::client {
namespace {

TEST_F(PolicyKeeperTest, AsksForAllBodiesThatItLacksAtOnce) {
  for (int i = 0; i < 40; ++i)
    site_.say(fmt::format("P01-{:06X}", 16 + i), "c" + std::to_string(i), {});
  ASSERT_TRUE(take(site_.publish(1, site_.operator_key)));
  EXPECT_TRUE(keeper_->windows_known());
  EXPECT_EQ(keeper_->deployments().size(), 1u);
  EXPECT_EQ(site_.requests, (std::vector<std::size_t>{contract::kMostPolicyBodies,
                                                      41 - contract::kMostPolicyBodies}));
  EXPECT_EQ(site_.single_requests, 0);
  site_.requests.clear();
  site_.say("P01-0000F0", "one", {});
  site_.say("P01-0000F1", "two", {});
  ASSERT_TRUE(take(site_.publish(2, site_.operator_key)));
  EXPECT_EQ(site_.requests, (std::vector<std::size_t>{2})) << "the others are kept";
}

TEST_F(PolicyKeeperTest, AsksOnForWhatAnAnswerHadNoRoomFor) {
  for (int i = 0; i < 4; ++i) site_.say(fmt::format("P01-{:06X}", 16 + i), "c", {});
  site_.most_in_an_answer = 2;
  ASSERT_TRUE(take(site_.publish(1, site_.operator_key)));
  EXPECT_TRUE(keeper_->windows_known());
  EXPECT_EQ(site_.requests, (std::vector<std::size_t>{5, 3}));
  EXPECT_EQ(site_.single_requests, 1) << "the last one is alone";
}

TEST_F(PolicyKeeperTest, AsksASiteThatServesNotSeveralAtOnceForEach) {
  site_.say("P01-000010", "c", {});
  site_.serves_several = false;
  ASSERT_TRUE(take(site_.publish(1, site_.operator_key)));
  EXPECT_TRUE(keeper_->windows_known());
  EXPECT_EQ(site_.single_requests, 2);
}

TEST_F(PolicyKeeperTest, DoesNotAskForEachBodyWhereTheSiteIsAway) {
  site_.say("P01-000010", "c", {});
  site_.away = true;
  ASSERT_TRUE(take(site_.publish(1, site_.operator_key)));
  EXPECT_EQ(keeper_->refusals().size(), 2u);
  EXPECT_FALSE(keeper_->windows_known());
  EXPECT_EQ(site_.single_requests, 0);
  site_.away = false;
  ASSERT_TRUE(keeper_->evaluate(site_, kStart));
  EXPECT_TRUE(keeper_->windows_known());
}

TEST_F(PolicyKeeperTest, RefusesOneAlteredBodyAmongSeveralAndTakesTheOthers) {
  site_.say("P01-000010", "c", {});
  const Bytes header = site_.publish(1, site_.operator_key);
  auto& body = site_.bodies[site_.said[0].sha256];
  body = flipped(body, body.size() - 10);
  ASSERT_TRUE(take(header));
  ASSERT_EQ(keeper_->refusals().size(), 1u);
  EXPECT_EQ(&keeper_->refusals()[0].error.kind(), &kBodyAltered);
  EXPECT_EQ(keeper_->deployments().size(), 1u);
}

}  // namespace
}  // namespace muster::client
