#include "hosting/poll_chains.h"

#include <gtest/gtest.h>

namespace muster::hosting {
namespace {

const Timestamp kNow = *parse_timestamp("2026-01-31T12:00:00Z");
constexpr Duration kHour = std::chrono::hours(1);

// One agent: polls as it does, with its own clock.
struct Agent {
  SeededRandom random;
  Bytes last{};
  Duration clock_off{0};
  contract::PollMark poll(Timestamp now) {
    contract::PollMark mark{random.bytes(contract::kPollNonceBytes), last, now + clock_off};
    last = mark.nonce;
    return mark;
  }
};

struct Polls {
  PollChains chains;
  Machines operator()(Agent& agent, Timestamp now) {
    return chains.note("d", agent.poll(now), now);
  }
};

TEST(PollChains, OneAgentThatPollsAndStartsAgainIsOneMachine) {
  Polls polls;
  Timestamp now = kNow;
  for (std::uint64_t start = 1; start < 12; ++start) {
    Agent agent{SeededRandom(start)};
    for (int i = 0; i < 5; ++i) EXPECT_EQ(polls(agent, now = now + kHour), Machines::One);
  }
}

TEST(PollChains, ForgetWhomTheyAreTold) {
  Polls polls;
  Agent agent{SeededRandom(1)};
  const auto id = model::DeviceId::make(agent.random);
  polls.chains.report_doubled(id);
  polls.chains.forget(id.text());
  EXPECT_TRUE(polls.chains.take_doubled().empty()) << "an operator decided about it";
}

TEST(PollChains, TwoMachinesShowWhenTheFirstPollsAgain) {
  Polls polls;
  Agent one{SeededRandom(1)}, two{SeededRandom(2)};
  EXPECT_EQ(polls(one, kNow), Machines::One);
  EXPECT_EQ(polls(two, kNow + kHour), Machines::One);
  EXPECT_EQ(polls(one, kNow + 2 * kHour), Machines::Two);
  EXPECT_EQ(polls.chains.note("other", one.poll(kNow), kNow), Machines::One);
}

TEST(PollChains, TwoMachinesShowAtOnceWhenTheirClocksAgree) {
  Polls polls;
  Agent one{SeededRandom(1)}, two{SeededRandom(2)};
  EXPECT_EQ(polls(one, kNow), Machines::One);
  EXPECT_EQ(polls(two, kNow + Duration(1000)), Machines::One);
  EXPECT_EQ(polls(one, kNow + Duration(2000)), Machines::Two);
}

TEST(PollChains, TwoMachinesWithClocksFarApartShowToo) {
  for (const Duration off : {-5 * kHour, 5 * kHour}) {
    Polls polls;
    Agent one{SeededRandom(1)}, two{SeededRandom(2)};
    one.clock_off = off;
    polls(one, kNow);
    polls(two, kNow + kHour);
    EXPECT_EQ(polls(one, kNow + 2 * kHour), Machines::Two);
  }
}

TEST(PollChains, APollThatWasOnItsWayWhenItsAgentEndedIsNoAlarm) {
  Polls polls;
  Agent former{SeededRandom(1)}, next{SeededRandom(2)};
  polls(former, kNow);
  const auto late = former.poll(kNow + Duration(1));
  polls(next, kNow + Duration(5000));
  EXPECT_EQ(polls.chains.note("d", late, kNow + Duration(30'000)), Machines::One);
}

TEST(PollChains, PollsThatAreSentAgainOrGetLostAreNoAlarm) {
  Polls polls;
  Agent agent{SeededRandom(1)};
  polls(agent, kNow);
  const auto twice = agent.poll(kNow + kHour);
  EXPECT_EQ(polls.chains.note("d", twice, kNow + kHour), Machines::One);
  EXPECT_EQ(polls.chains.note("d", twice, kNow + kHour + Duration(50)), Machines::One);
  const auto lost = agent.poll(kNow + 2 * kHour);
  EXPECT_EQ(polls(agent, kNow + 2 * kHour + Duration(9000)), Machines::One);
  // It arrives after all, behind the one that names it.
  EXPECT_EQ(polls.chains.note("d", lost, kNow + 2 * kHour + Duration(20'000)), Machines::One);
  EXPECT_EQ(polls(agent, kNow + 3 * kHour), Machines::One);
}

TEST(PollChains, AMachineThatIsPutBackIsOneAndACopyOfItIsTwo) {
  Polls polls;
  Agent agent{SeededRandom(1)};
  for (int i = 0; i < 3; ++i) polls(agent, kNow + i * kHour);
  Agent snapshot = agent;
  snapshot.random = SeededRandom(9);  // memory is put back, random numbers are not
  for (int i = 3; i < 6; ++i) polls(agent, kNow + i * kHour);
  // From now on the snapshot runs in its place.
  for (int i = 6; i < 9; ++i) EXPECT_EQ(polls(snapshot, kNow + i * kHour), Machines::One) << i;
  // Or beside it.
  EXPECT_EQ(polls(agent, kNow + 9 * kHour), Machines::Two);
}

TEST(PollChains, OfADeviceThatIsForgottenStartAfresh) {
  Polls polls;
  Agent one{SeededRandom(1)}, two{SeededRandom(2)};
  polls(one, kNow);
  polls(two, kNow + kHour);
  polls.chains.forget("d");
  EXPECT_EQ(polls(one, kNow + 2 * kHour), Machines::One);
}

TEST(PollChains, HandOverADoubledDeviceOnce) {
  PollChains chains;
  const auto device = *model::DeviceId::parse("00112233445566778899aabbccddeeff");
  chains.report_doubled(device);
  EXPECT_EQ(chains.take_doubled(), std::vector<model::DeviceId>{device});
  EXPECT_TRUE(chains.take_doubled().empty());
}

TEST(PollMark, ReadsBackAndRefusesEverythingElse) {
  Agent agent{SeededRandom(1)};
  for (int i = 0; i < 2; ++i) {
    const std::string text = contract::encode_poll_mark(agent.poll(kNow));
    const auto read = contract::decode_poll_mark(text);
    ASSERT_TRUE(read.has_value()) << read.error().text();
    EXPECT_EQ(contract::encode_poll_mark(*read), text);
    for (std::size_t size = 0; size < text.size(); ++size)
      EXPECT_FALSE(contract::decode_poll_mark(text.substr(0, size)).has_value()) << size;
    EXPECT_FALSE(contract::decode_poll_mark(text + " ").has_value());
  }
  EXPECT_FALSE(contract::decode_poll_mark(std::string(200, ' ')).has_value());
}

}  // namespace
}  // namespace muster::hosting
