#include "hosting/admission_control.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <vector>

#include "base/keyed_hash.h"

namespace muster::hosting {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using enum TrafficClass;
using Kind = AdmissionControl::ClientKind;
using Refusal = AdmissionControl::Refusal;

constexpr TrafficClass kAll[] = {Policy, Status, Inventory, Content};

struct AdmissionControlTest : testing::Test {
  AdmissionRules rules;
  std::optional<AdmissionControl> control;
  std::vector<AdmissionControl::Place> places;
  Congestion congestion;
  Duration now = seconds(1000);

  AdmissionControl& gate() {
    if (!control) control.emplace(rules, Bytes(kHashKeySize, 'k'));
    return *control;
  }
  // What is refused, or nothing; a place that is given is kept.
  std::optional<Refusal> enter(TrafficClass traffic, std::uint64_t bytes = 0,
                               const std::string& client = {}, Kind kind = Kind::Device) {
    auto entered = gate().enter({traffic, kind, client, bytes}, congestion, now);
    if (const auto* refused = std::get_if<Refusal>(&entered)) return *refused;
    places.push_back(std::get<AdmissionControl::Place>(std::move(entered)));
    return std::nullopt;
  }
  int fill(TrafficClass traffic, std::uint64_t bytes = 0) {
    int taken = 0;
    while (!enter(traffic, bytes)) ++taken;
    return taken;
  }
  std::string taken_classes() {
    std::string out;
    for (const TrafficClass each : kAll)
      if (!enter(each)) out += to_text(each)[0];
    return out;
  }
};

TEST_F(AdmissionControlTest, TheLastClassIsPutOffFirstAsRequestsFillTheServer) {
  rules.requests = 100;
  EXPECT_EQ(fill(Content), 25);
  EXPECT_EQ(fill(Inventory), 25);
  EXPECT_EQ(fill(Status), 25);
  EXPECT_EQ(fill(Policy), 25);
  places.clear();
  // One class alone gets no more than its part, the first one all.
  EXPECT_EQ(fill(Inventory), 50);
  places.clear();
  EXPECT_EQ(fill(Policy), 100);
  EXPECT_EQ(fill(Content), 0);
}

TEST_F(AdmissionControlTest, ThePlaceOfAnAnsweredRequestIsFree) {
  rules.requests = 8;
  EXPECT_EQ(fill(Content), 2);
  places.pop_back();
  EXPECT_FALSE(enter(Content));
  EXPECT_EQ(enter(Content), Refusal::Busy);
  places.clear();
  const auto counts = gate().counts();
  EXPECT_EQ(counts.present[3], 0u);
  EXPECT_EQ(counts.admitted[3], 3u);
  EXPECT_EQ(counts.refused[3], 2u);
}

TEST_F(AdmissionControlTest, BodiesTakeNoMoreMemoryThanTheRule) {
  rules.body_bytes = 64u << 20;
  EXPECT_EQ(fill(Inventory, 8u << 20), 4);
  EXPECT_FALSE(enter(Status, 1000));
  EXPECT_EQ(gate().counts().body_bytes, (32u << 20) + 1000);
  places.clear();
  EXPECT_EQ(gate().counts().body_bytes, 0u);
  EXPECT_EQ(enter(Policy, (64u << 20) + 1), Refusal::Busy);
}

TEST_F(AdmissionControlTest, TheLastClassIsPutOffFirstAsRequestsWaitForLonger) {
  const auto waits = [&](std::size_t rank, Duration time) {
    congestion = {};
    congestion.oldest_wait[rank] = time;
    return taken_classes();
  };
  EXPECT_EQ(waits(0, milliseconds(400)), "psic");
  EXPECT_EQ(waits(0, milliseconds(501)), "psi");
  EXPECT_EQ(waits(0, milliseconds(1001)), "ps");
  EXPECT_EQ(waits(0, milliseconds(2001)), "p");
  EXPECT_EQ(waits(0, seconds(600)), "p");
  // Who runs first does not wait for who runs after him.
  EXPECT_EQ(waits(2, seconds(600)), "ps");
  EXPECT_EQ(waits(3, seconds(600)), "psi");
  EXPECT_EQ(waits(1, milliseconds(1500)), "ps");
}

TEST_F(AdmissionControlTest, ALoopThatIsBehindPutsOffAsAFullPoolDoes) {
  congestion.loop = milliseconds(800);
  EXPECT_EQ(taken_classes(), "psi");
  congestion.loop = seconds(10);
  EXPECT_EQ(taken_classes(), "p");
}

TEST_F(AdmissionControlTest, OneClientHasItsShareOfPlaces) {
  for (int i = 0; i < 8; ++i) EXPECT_FALSE(enter(Status, 0, "a"));
  EXPECT_EQ(enter(Status, 0, "a"), Refusal::TooManyOfClient);
  EXPECT_EQ(enter(Policy, 0, "a"), Refusal::TooManyOfClient);
  EXPECT_FALSE(enter(Status, 0, "b"));
  EXPECT_EQ(gate().counts().too_fast, 2u);
  places.erase(places.begin());
  EXPECT_FALSE(enter(Status, 0, "a"));
  // Behind an address there may be many.
  for (std::size_t i = 0; i < rules.at_once_of_address; ++i)
    ASSERT_FALSE(enter(Policy, 0, "192.0.2.1", Kind::Address));
  EXPECT_EQ(enter(Policy, 0, "192.0.2.1", Kind::Address), Refusal::TooManyOfClient);
}

TEST_F(AdmissionControlTest, OneClientHasItsRate) {
  rules.device = {.burst = 20, .per_second = 10};
  rules.address = {.burst = 40, .per_second = 1};
  const auto asked = [&](Kind kind, std::string_view client) {
    int within = 0;
    for (int i = 0; i < 1000; ++i) within += gate().within_rate(kind, client, 1, now) ? 1 : 0;
    return within;
  };
  EXPECT_EQ(asked(Kind::Device, "a"), 20);
  EXPECT_EQ(asked(Kind::Device, "b"), 20);
  EXPECT_EQ(asked(Kind::Address, "a"), 40);  // an address is no device of that name
  now += seconds(1);
  EXPECT_EQ(asked(Kind::Device, "a"), 10);
  EXPECT_EQ(asked(Kind::Address, "a"), 1);
  EXPECT_EQ(gate().counts().too_fast, 5 * 1000u - 20 - 20 - 40 - 10 - 1);
}

TEST_F(AdmissionControlTest, ClientsThatAreRefusedComeBackSpread) {
  std::multiset<std::int64_t> seconds_of;
  for (int i = 0; i < 600; ++i) seconds_of.insert(gate().retry_after(Inventory).count() / 1000);
  EXPECT_GE(*seconds_of.begin(), 60);
  EXPECT_LE(*seconds_of.rbegin(), 120);
  for (std::int64_t each = 61; each < 120; ++each) {
    EXPECT_GE(seconds_of.count(each), 8u) << each;
    EXPECT_LE(seconds_of.count(each), 12u) << each;
  }
  EXPECT_LE(gate().retry_after(Policy), seconds(10));
}

TEST_F(AdmissionControlTest, PollsAreStretchedWhileRequestsWaitAndNoLonger) {
  EXPECT_EQ(gate().stretch(now), 100u);
  congestion.oldest_wait[1] = milliseconds(300);
  std::vector<unsigned> rising;
  for (int i = 0; i < 10; ++i) {
    now += seconds(1);
    EXPECT_FALSE(enter(Status));
    rising.push_back(gate().stretch(now));
  }
  EXPECT_TRUE(std::is_sorted(rising.begin(), rising.end()));
  EXPECT_EQ(rising[0], 150u);
  EXPECT_EQ(rising[9], 800u);
  EXPECT_GT(gate().retry_after(Policy), seconds(39));  // who is refused waits longer too
  congestion = {};
  now += seconds(1);
  gate().stretch(now);
  const unsigned before = gate().stretch(now);
  now += seconds(1);
  EXPECT_LT(gate().stretch(now), before);
  now += seconds(40);
  EXPECT_EQ(gate().stretch(now), 100u);
}

TEST_F(AdmissionControlTest, ManyRequestsInOneSecondStretchNoMoreThanOne) {
  congestion.oldest_wait[0] = seconds(1);
  for (int i = 0; i < 1000; ++i) enter(Policy);
  EXPECT_EQ(gate().stretch(now), 150u);
}

TEST_F(AdmissionControlTest, RefusalsStretchAndOnesThatOneClientMadeDoNot) {
  rules.requests = 4;
  for (int i = 0; i < 3; ++i) enter(Content);
  now += seconds(1);
  EXPECT_FALSE(enter(Policy));
  EXPECT_EQ(gate().stretch(now), 150u);
  control.reset();
}

TEST_F(AdmissionControlTest, AWaitThatNobodyNoticesStretchesNothing) {
  congestion.oldest_wait[0] = milliseconds(99);
  for (int i = 0; i < 20; ++i, now += seconds(1)) enter(Policy);
  EXPECT_EQ(gate().stretch(now), 100u);
}

}  // namespace
}  // namespace muster::hosting
