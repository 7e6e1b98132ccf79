#include "hosting/policy_shelf.h"

#include <gtest/gtest.h>

namespace muster::hosting {
namespace {

const Timestamp kNow{1'790'000'000'000};
constexpr Duration kMoment = std::chrono::milliseconds(1);

class PolicyShelfTest : public testing::Test {
 protected:
  PolicyShelfTest() {
    for (const char* name : {"a", "b", "c"})
      shelf_.put_body(name, std::make_shared<const Bytes>(std::string("body ") + name));
  }
  void publish(std::vector<std::string> bodies, Timestamp now, const char* device = "d") {
    auto header = std::make_shared<ShelvedHeader>();
    header->bodies = std::move(bodies);
    shelf_.put_header(device, std::move(header), now);
  }
  bool may_fetch(std::string_view body, Timestamp now, const char* device = "d") const {
    const auto found = shelf_.bodies_for(device, {&body, 1}, now);
    if (found.empty()) return false;
    EXPECT_EQ(*found[0], "body " + std::string(body));
    return true;
  }
  PolicyShelf shelf_;
};

TEST_F(PolicyShelfTest, ADeviceFetchesWhatItsHeaderNamesAndNothingElse) {
  publish({"a", "gone"}, kNow);
  EXPECT_TRUE(may_fetch("a", kNow));
  EXPECT_FALSE(may_fetch("b", kNow));
  EXPECT_FALSE(may_fetch("gone", kNow)) << "it is not on the shelf";
  EXPECT_FALSE(may_fetch("a", kNow, "other"));
}

TEST_F(PolicyShelfTest, WhatTheHeaderBeforeNamedIsFetchedForAMomentMore) {
  publish({"a"}, kNow);
  publish({"c"}, kNow, "other");
  publish({"b"}, kNow);
  EXPECT_TRUE(may_fetch("a", kNow + kFormerBodiesTime - kMoment));
  EXPECT_FALSE(may_fetch("a", kNow + kFormerBodiesTime));
  EXPECT_TRUE(may_fetch("b", kNow + kFormerBodiesTime));
  EXPECT_FALSE(may_fetch("c", kNow)) << "another device's header named it";
  EXPECT_FALSE(may_fetch("a", kNow, "other"));
}

TEST_F(PolicyShelfTest, OnlyTheHeaderDirectlyBeforeCounts) {
  publish({"a"}, kNow);
  publish({"b"}, kNow);
  publish({"c"}, kNow);
  EXPECT_FALSE(may_fetch("a", kNow));
  EXPECT_TRUE(may_fetch("b", kNow));
}

TEST_F(PolicyShelfTest, ADeviceThatIsTakenOffTheShelfFetchesNothing) {
  publish({"a"}, kNow);
  publish({"b"}, kNow);
  shelf_.put_header("d", nullptr, kNow);
  EXPECT_FALSE(may_fetch("a", kNow));
  EXPECT_FALSE(may_fetch("b", kNow));
  publish({"c"}, kNow);
  EXPECT_FALSE(may_fetch("b", kNow)) << "what it had before is not given back";
}

TEST_F(PolicyShelfTest, ForgettingTakesNothingBeforeItsTime) {
  publish({"a"}, kNow);
  publish({"b"}, kNow);
  shelf_.forget_former(kNow + kFormerBodiesTime - kMoment);
  EXPECT_TRUE(may_fetch("a", kNow));
  shelf_.forget_former(kNow + kFormerBodiesTime);
  EXPECT_FALSE(may_fetch("a", kNow));
}

TEST_F(PolicyShelfTest, SeveralAreFoundUpToTheFirstThatIsNotAllowed) {
  publish({"a", "c"}, kNow);
  const std::vector<std::string_view> wanted{"a", "b", "c"};
  EXPECT_EQ(shelf_.bodies_for("d", wanted, kNow).size(), 1u);
}

}  // namespace
}  // namespace muster::hosting
