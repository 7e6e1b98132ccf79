#include "hosting/nudges.h"

#include <gtest/gtest.h>

namespace muster::hosting {
namespace {

using model::Cycle;
using std::chrono::milliseconds;
using std::chrono::seconds;

const Timestamp kNow = *parse_timestamp("2026-01-31T12:00:00Z");

// A connection is not needed to see what is answered: the first answer is kept for it.
struct Site {
  ManualClock clock{kNow};
  Nudges nudges{clock};

  net::Holding hold(const std::string& device, std::uint64_t seen = 0,
                    const std::string& address = "10.0.0.1") {
    return nudges.hold({device, address, seen});
  }
  bool holds(const std::string& device) {
    return nudges.presence(device).connected_since.has_value();
  }
};

bool is_held(const net::Holding& holding) {
  const auto* held = std::get_if<std::shared_ptr<net::HeldRequest>>(&holding);
  return held != nullptr && *held != nullptr;
}
contract::Nudge nudge_of(const net::Holding& holding) {
  const auto& response = std::get<net::Response>(holding);
  EXPECT_EQ(response.status, 200);
  return contract::decode_nudge(std::get<Bytes>(response.body)).value();
}
using Names = std::vector<std::string>;

TEST(Nudges, WhoIsToldNothingIsHeld) {
  Site site;
  EXPECT_TRUE(is_held(site.hold("d")));
  EXPECT_EQ(site.nudges.counts().held, 1u);
  EXPECT_EQ(site.nudges.presence("d").connected_since, kNow);
  EXPECT_FALSE(site.nudges.presence("other").connected_since);
}

TEST(Nudges, WhatWasAskedWhileNobodyWasThereIsToldWhenTheDeviceComes) {
  Site site;
  EXPECT_FALSE(site.nudges.ask("d", Cycle::Inventory));
  EXPECT_FALSE(site.nudges.ask("d", Cycle::Heartbeat));
  site.clock.advance(seconds(60));
  const auto nudge = nudge_of(site.hold("d"));
  EXPECT_EQ(nudge.look, (Names{"inventory", "heartbeat"}));
  EXPECT_FALSE(site.nudges.presence("d").taken) << "nobody knows yet that it came";
  // The answer got lost on its way: it is told again, and not once more when it says that it knows.
  const auto again = nudge_of(site.hold("d", 12345));
  EXPECT_EQ(again.look, nudge.look);
  EXPECT_NE(again.epoch, nudge.epoch);
  site.clock.advance(seconds(1));
  EXPECT_TRUE(is_held(site.hold("d", again.epoch)));
  EXPECT_EQ(site.nudges.presence("d").taken, kNow + seconds(61));
  EXPECT_TRUE(site.nudges.presence("d").waiting.empty());
}

TEST(Nudges, WhatIsAskedBetweenTheAnswerAndTheNextRequestIsNotLost) {
  Site site;
  site.nudges.ask("d", Cycle::Inventory);
  const auto first = nudge_of(site.hold("d"));
  site.nudges.ask("d", Cycle::Heartbeat);
  const auto second = nudge_of(site.hold("d", first.epoch));
  EXPECT_EQ(second.look, (Names{"inventory", "heartbeat"}));
}

TEST(Nudges, WhoHoldsIsToldAtOnce) {
  Site site;
  ASSERT_TRUE(is_held(site.hold("d")));
  EXPECT_TRUE(site.nudges.ask("d", Cycle::Policy));
  EXPECT_EQ(site.nudges.counts().told, 1u);
  ASSERT_TRUE(is_held(site.hold("e")));
  site.nudges.policy_changed("e");
  site.nudges.policy_changed("nobody");
  EXPECT_EQ(site.nudges.counts().told, 2u);
}

TEST(Nudges, APollTakesWhatADeviceThatHoldsNothingWasToBeTold) {
  Site site;
  site.nudges.ask("d", Cycle::Policy);
  site.nudges.ask("d", Cycle::Inventory);
  model::Cycles inventory;
  inventory.add(Cycle::Inventory);
  EXPECT_EQ(site.nudges.polled("d"), inventory) << "it polls: of that it needs no telling";
  EXPECT_TRUE(site.nudges.polled("d").empty());
  EXPECT_EQ(site.nudges.presence("d").taken, kNow);
  // What stands in an answer that is on its way is not told twice.
  site.nudges.ask("d", Cycle::Inventory);
  const auto told = nudge_of(site.hold("d"));
  EXPECT_TRUE(site.nudges.polled("d").empty());
  EXPECT_TRUE(is_held(site.hold("d", told.epoch)));
}

TEST(Nudges, TurnsOfManyAreSpreadAndThoseOfOneAreNot) {
  Site site;
  site.nudges.set_rules({.clients_per_second = 100});
  for (int i = 0; i < 300; ++i) site.nudges.ask(std::to_string(i), Cycle::Policy);
  Duration last(-1);
  for (int i = 0; i < 300; ++i) {
    const Duration after = nudge_of(site.hold(std::to_string(i))).after;
    EXPECT_EQ(after, milliseconds(10 * i));
    EXPECT_GT(after, last);
    last = after;
  }
  site.clock.advance(seconds(10));
  site.nudges.ask("late", Cycle::Policy);
  EXPECT_EQ(nudge_of(site.hold("late")).after, Duration(0));
}

TEST(Nudges, TheSpreadGrowsWithThoseWhoAreConnected) {
  Site site;
  site.nudges.ask("first", Cycle::Policy);
  EXPECT_EQ(nudge_of(site.hold("first")).spread, seconds(2));
  site.nudges.set_rules({.held = 10'000, .held_of_address = 10'000});
  std::vector<net::Holding> held;
  for (int i = 0; i < 5000; ++i) held.push_back(site.hold(std::to_string(i)));
  site.nudges.ask("last", Cycle::Policy);
  EXPECT_EQ(nudge_of(site.hold("last")).spread, seconds(10));
}

TEST(Nudges, RequestsBeyondTheLimitsAreSentAwayToPoll) {
  Site site;
  site.nudges.set_rules({.held = 3, .held_of_address = 2});
  EXPECT_TRUE(is_held(site.hold("a", 0, "10.0.0.1")));
  EXPECT_TRUE(is_held(site.hold("b", 0, "10.0.0.1")));
  const auto of_address = nudge_of(site.hold("c", 0, "10.0.0.1"));
  EXPECT_TRUE(of_address.look.empty());
  EXPECT_GT(of_address.again, std::chrono::minutes(1));
  EXPECT_FALSE(site.holds("c"));
  EXPECT_TRUE(is_held(site.hold("d", 0, "10.0.0.2")));
  EXPECT_GT(nudge_of(site.hold("e", 0, "10.0.0.3")).again, std::chrono::minutes(1));
  EXPECT_EQ(site.nudges.counts().turned, 2u);
  // What was asked of them comes with their polls.
  site.nudges.ask("e", Cycle::Heartbeat);
  EXPECT_TRUE(site.nudges.polled("e").has(Cycle::Heartbeat));
}

TEST(Nudges, ADeviceThatIsLetInNoMoreIsForgotten) {
  Site site;
  ASSERT_TRUE(is_held(site.hold("d")));
  site.nudges.drop("d");
  EXPECT_FALSE(site.holds("d"));
  site.nudges.drop("nobody");
}

}  // namespace
}  // namespace muster::hosting
