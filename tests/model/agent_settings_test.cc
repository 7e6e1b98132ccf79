#include "model/agent_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/settings_tables.h"
#include "model/object_errors.h"
#include "model/package.h"

namespace muster::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

CollectionSays says(std::string_view id, std::int64_t precedence, AgentDurations settings,
                    std::vector<Variable> variables = {}) {
  return {ObjectId::parse(id).value(),
          "of-" + std::string(id.substr(9)),
          {precedence, std::move(settings), std::move(variables)}};
}

TEST(AgentSettings, AreEachASettingOfTheSiteWithTheSameBoundsAndDefault) {
  for (const AgentSetting& setting : agent_settings()) {
    const SettingTable table = site_settings();
    const auto site = std::ranges::find(table, setting.site_setting, &Setting::name);
    ASSERT_NE(site, table.end()) << setting.site_setting;
    EXPECT_EQ(parse_duration(site->standard).value(), setting.fallback) << setting.name;
    EXPECT_EQ(parse_duration(site->least).value(), setting.least) << setting.name;
    EXPECT_EQ(parse_duration(site->most).value(), setting.most) << setting.name;
    EXPECT_TRUE(check_agent_setting(setting.name, setting.most));
    EXPECT_FALSE(check_agent_setting(setting.name, setting.most + Duration(1)));
    EXPECT_FALSE(check_agent_setting(setting.name, setting.least - Duration(1)));
  }
  EXPECT_TRUE(check_agent_setting("notThere", Duration(1)).error().is(kBadCollection));
}

TEST(AgentSettings, AreTheSitesWhereNoCollectionSpeaks) {
  const auto agent = effective_agent({{"countdown", std::chrono::minutes(7)}}, {});
  EXPECT_EQ(agent.duration(kCountdown), std::chrono::minutes(7));
  EXPECT_EQ(agent.duration(kReminderUnderHour), std::chrono::minutes(15));
  EXPECT_EQ(agent.settings.find(kCountdown)->second.from, "");
  EXPECT_THAT(conflict_texts(agent), IsEmpty());
}

TEST(AgentSettings, OfTheHighestPrecedenceCountWhateverTheOrder) {
  const auto low =
      says("P01-000001", 1,
           {{"countdown", std::chrono::minutes(1)}, {"pollInterval", std::chrono::minutes(2)}});
  const auto high = says("P01-000002", 5, {{"countdown", std::chrono::minutes(9)}});
  for (const auto& order : {std::vector{low, high}, std::vector{high, low}}) {
    const auto agent = effective_agent({{"countdown", std::chrono::minutes(7)}}, order);
    EXPECT_EQ(agent.duration(kCountdown), std::chrono::minutes(9));
    EXPECT_EQ(agent.settings.find(kCountdown)->second.from, "of-2");
    EXPECT_EQ(agent.duration(kPollInterval), std::chrono::minutes(2));
    // The lower precedence is no conflict: it was decided.
    EXPECT_THAT(conflict_texts(agent), IsEmpty());
  }
}

TEST(AgentSettings, OfEqualPrecedenceAreThoseOfTheOlderCollectionAndAreTold) {
  const auto older =
      says("P01-000001", 5, {{"countdown", std::chrono::minutes(1)}}, {{"A", "1"}, {"B", "same"}});
  const auto newer = says("P01-000002", 5, {{"countdown", std::chrono::minutes(9)}},
                          {{"A", "2"}, {"B", "same"}, {"C", "3"}});
  for (const auto& order : {std::vector{older, newer}, std::vector{newer, older}}) {
    const auto agent = effective_agent({}, order);
    EXPECT_EQ(agent.duration(kCountdown), std::chrono::minutes(1));
    EXPECT_EQ(agent.variables.find("A")->second.value.value, "1");
    EXPECT_EQ(agent.variables.find("C")->second.value.value, "3");
    EXPECT_THAT(conflict_texts(agent),
                ElementsAre("countdown is as of-1 says and not as of-2, of the same precedence",
                            "variable A is as of-1 says and not as of-2, of the same precedence"));
  }
}

TEST(Variables, HaveNamesThatAnEnvironmentCanHold) {
  for (const char* good : {"A", "_a", "LICENCE_SERVER_2"}) EXPECT_TRUE(check_variable_name(good));
  for (const char* bad : {"", "2A", "A=B", "A B", "A-B", "\xc3\xa9", "A\n"})
    EXPECT_TRUE(check_variable_name(bad).error().is(kBadCollection)) << bad;
  EXPECT_FALSE(check_variable_name(std::string(65, 'A')));
}

TEST(Variables, HaveAValueOrThePlainNameOfAFile) {
  EXPECT_TRUE(check_variable({"A", "any text; $(id)\nof two lines"}));
  EXPECT_TRUE(check_variable({"A", ""}));
  EXPECT_FALSE(check_variable({"A", std::string("a\0b", 3)}));
  EXPECT_FALSE(check_variable({"A", "\xff"}));
  EXPECT_FALSE(check_variable({"A", std::string(kLongestVariable + 1, 'a')}));
  EXPECT_TRUE(check_variable({.name = "A", .secret = "database-password"}));
  for (const char* bad : {"../shadow", "/etc/shadow", "a/b", ".", "..", ".hidden", "a b"})
    EXPECT_FALSE(check_variable({.name = "A", .secret = bad})) << bad;
  // A value beside a secret would stand in the open.
  EXPECT_FALSE(check_variable({"A", "value", "secret"}));
}

TEST(Variables, OfAProgramAreNamedOnce) {
  Program program{.name = "install", .argv = {"x"}};
  program.variables = {{"A", {"1", "2"}}, {"B"}};
  EXPECT_TRUE(check_variables(program));
  program.variables.push_back({"A"});
  EXPECT_TRUE(check_variables(program).error().is(kBadPackage));
  program.variables = {{"A B"}};
  EXPECT_THAT(check_variables(program).error().text(), HasSubstr("A B"));
}

}  // namespace
}  // namespace muster::model
