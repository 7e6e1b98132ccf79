// Scenario files: what is read, and that each wrong one is refused with its place.
#include "contract/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "contract/document_errors.h"
#include "wire/errors.h"

namespace muster::contract {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

constexpr std::string_view kWhole = R"(name: a day
seed: 7
clients: 200
lasts: PT1M
pace: 60
powerOnOver: PT10S
systems:
  - {system: debian, weight: 6}
  - {system: rocky}
events:
  - {at: PT30S, do: hostile, rate: 500, lasts: PT5S}
  - {at: PT10S, do: patch, name: patch day, percent: 50, over: PT5S}
  - {at: PT20S, do: run, whenConnected: true, command: [systemctl, restart, musterd]}
)";

TEST(Scenario, IsReadWithItsEventsInTheirOrder) {
  const auto scenario = decode_scenario(kWhole, "day.yaml").value();
  EXPECT_EQ(scenario.name, "a day");
  EXPECT_EQ(scenario.seed, 7u);
  EXPECT_EQ(scenario.clients, 200u);
  EXPECT_EQ(scenario.lasts, seconds(60));
  EXPECT_EQ(scenario.pace, 60u);
  EXPECT_EQ(scenario.power_on_over, seconds(10));
  ASSERT_EQ(scenario.systems.size(), 2u);
  EXPECT_EQ(scenario.systems[0].weight, 6u);
  EXPECT_EQ(scenario.systems[1].system, SimulatedSystem::Rocky);
  ASSERT_EQ(scenario.events.size(), 3u);
  const ScenarioEvent& patch = scenario.events[0];
  EXPECT_EQ(patch.kind, ScenarioEvent::Kind::Patch);
  EXPECT_EQ(patch.name, "patch day");
  EXPECT_EQ(patch.percent, 50u);
  EXPECT_EQ(patch.over, seconds(5));
  EXPECT_FALSE(patch.when_connected);
  EXPECT_FALSE(patch.count);
  EXPECT_FALSE(patch.whole);
  EXPECT_TRUE(scenario.hold);
  EXPECT_EQ(scenario.events[1].name, "run");
  EXPECT_TRUE(scenario.events[1].when_connected);
  EXPECT_THAT(scenario.events[1].command, testing::ElementsAre("systemctl", "restart", "musterd"));
  EXPECT_EQ(scenario.events[2].rate, 500u);
  EXPECT_EQ(scenario.events[2].lasts, seconds(5));
}

TEST(Scenario, ClientsMayHoldNothingAndSendTheirInventoryWhole) {
  const auto scenario = decode_scenario(
                            "name: a\nclients: 5\nlasts: PT1M\nhold: false\nevents:\n"
                            "  - {at: PT1S, do: patch, count: 3, whole: true, over: PT5S}\n",
                            "a.yaml")
                            .value();
  EXPECT_FALSE(scenario.hold);
  EXPECT_EQ(scenario.events[0].count, 3u);
  EXPECT_TRUE(scenario.events[0].whole);
}

struct Wrong {
  std::string_view text;
  const ErrorKind& kind;
  std::string_view says;
};

TEST(Scenario, AWrongOneIsRefusedWithItsPlace) {
  const std::string good = "name: a\nclients: 5\nlasts: PT1M\n";
  ASSERT_TRUE(decode_scenario(good, "a.yaml"));
  const Wrong wrongs[] = {
      {"clients: 0\nname: a\nlasts: PT1M\n", wire::kFieldKind, "line 1, column 10"},
      {"clients: 1000001\nname: a\nlasts: PT1M\n", wire::kFieldKind, "1000000"},
      {"clients: many\nname: a\nlasts: PT1M\n", wire::kFieldKind, "a whole number"},
      {"name: a\nlasts: PT1M\n", wire::kFieldMissing, "clients"},
      {"name: a\nclients: 5\n", wire::kFieldMissing, "lasts"},
      {"name: a\nclients: 5\nlasts: 60\n", wire::kFieldKind, "lasts"},
      {"name: a\nclient: 5\nlasts: PT1M\n", wire::kFieldUnknown, "did you mean clients"},
      {"name: a\nclients: 5\nlasts: PT1M\npace: 3601\n", wire::kFieldKind, "3600"},
      {"name: a\nclients: 5\nlasts: PT1M\nsystems: []\n", kBadMember, "is empty"},
      {"name: a\nclients: 5\nlasts: PT1M\nsystems: [{system: windows}]\n", kBadMember, "rocky"},
      {"name: a\nclients: 5\nlasts: PT1M\nevents: [{at: PT2M, do: mark}]\n", kBadMember,
       "after the end"},
      {"name: a\nclients: 5\nlasts: PT1M\nevents: [{at: PT2S, do: dance}]\n", kBadMember,
       "hostile"},
      {"name: a\nclients: 5\nlasts: PT1M\nevents: [{at: PT2S, do: run}]\n", wire::kFieldMissing,
       "command"},
      {"name: a\nclients: 5\nlasts: PT1M\nevents: [{at: PT2S, do: run, command: []}]\n", kBadMember,
       "0 words"},
      {"name: a\nclients: 5\nlasts: PT1M\nevents: [{at: PT2S, do: patch, rate: 5}]\n", kBadMember,
       "rate does not belong"},
      {"name: a\nclients: 5\nlasts: PT1M\nevents: [{at: PT2S, do: patch, percent: 101}]\n",
       wire::kFieldKind, "100"},
      {"name: a\nclients: 5\nlasts: PT1M\nevents: [{at: PT2S, do: hostile}]\n", wire::kFieldMissing,
       "lasts"},
      {"name: a\nclients: 5\nlasts: PT1M\nevents: [{at: PT2S, do: patch, count: 0}]\n",
       wire::kFieldKind, "1000000"},
      {"name: a\nclients: 5\nlasts: PT1M\nevents: [{at: PT2S, do: patch, count: 1, percent: 2}]\n",
       kBadMember, "one is wanted"},
      {"name: a\nclients: 5\nlasts: PT1M\nevents: [{at: PT2S, do: mark, count: 1}]\n", kBadMember,
       "count does not belong"},
      {"name: a\nclients: 5\nlasts: PT1M\nevents: [{at: PT2S, do: powerOff, whole: true}]\n",
       kBadMember, "whole does not belong"},
      {"name: a\nclients: 5\nlasts: PT1M\nhold: 1\n", wire::kFieldKind, "hold"},
      {"name: a\nclients: 5\nlasts: PT1M\nhold: false\n"
       "events: [{at: PT2S, do: mark, whenConnected: true}]\n",
       kBadMember, "nobody stays connected"},
      {"name: a\nclients: 5\nlasts: PT1M\n---\nname: b\n", kBadMember, "one document"},
  };
  for (const Wrong& wrong : wrongs) {
    const auto read = decode_scenario(wrong.text, "a.yaml");
    ASSERT_FALSE(read) << wrong.text;
    EXPECT_TRUE(read.error().is(wrong.kind)) << wrong.text << read.error().text();
    EXPECT_THAT(read.error().text(), HasSubstr(wrong.says)) << wrong.text;
    EXPECT_THAT(read.error().text(), HasSubstr("a.yaml"));
  }
}

TEST(Scenario, AFileThatIsCutOffAnywhereIsReadOrRefused) {
  for (std::size_t size = 0; size < kWhole.size(); ++size) {
    const auto read = decode_scenario(kWhole.substr(0, size), "cut");
    if (read) {
      EXPECT_GE(read->clients, 1u) << size;
    }
  }
}

TEST(Scenario, ThoseThatComeWithTheProductAreGood) {
  std::size_t count = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(MUSTER_SOURCE_DIR "/examples/scenarios")) {
    std::ifstream in(file.path());
    std::stringstream text;
    text << in.rdbuf();
    const auto read = decode_scenario(text.str(), file.path().filename().string());
    EXPECT_TRUE(read) << read.error().text();
    ++count;
  }
  EXPECT_GE(count, 5u);
}

}  // namespace
}  // namespace muster::contract
