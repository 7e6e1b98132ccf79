#include <gtest/gtest.h>

#include "base/errors.h"
#include "model/collection.h"
#include "model/deployment.h"
#include "model/object_errors.h"
#include "model/package.h"

namespace muster::model {
namespace {

TEST(Package, FindsItsProgramsByName) {
  const Package package{
      .name = "p", .version = "1", .source = "", .programs = {{.name = "a", .argv = {"x"}}}};
  EXPECT_EQ(package.program("a"), &package.programs[0]);
  EXPECT_EQ(package.program("b"), nullptr);
}

TEST(Package, ChecksVersions) {
  for (const char* good : {"1.0", "1", "2:1.0-1~bpo12+1", "2024_R2"})
    EXPECT_TRUE(check_package_version(good)) << good;
  for (const char* bad : {"", " 1", "1 0", "-1", "1/2", "é", "1\n"})
    EXPECT_TRUE(check_package_version(bad).error().is(kBadPackage)) << bad;
  EXPECT_TRUE(check_package_version(std::string(100, '1')));
  EXPECT_FALSE(check_package_version(std::string(101, '1')));
}

TEST(Package, BoundsTheRunningTime) {
  EXPECT_TRUE(check_max_runtime(kLeastMaxRuntime));
  EXPECT_TRUE(check_max_runtime(kMostMaxRuntime));
  EXPECT_FALSE(check_max_runtime(kLeastMaxRuntime - Duration(1)));
  EXPECT_FALSE(check_max_runtime(kMostMaxRuntime + Duration(1)));
}

TEST(Package, RefusesExitCodesWithoutClearMeaning) {
  Program program{.name = "a", .argv = {"x"}};
  EXPECT_TRUE(check_exit_codes(program));
  program.reboot_codes = {0};
  EXPECT_FALSE(check_exit_codes(program));
  program.reboot_codes = {};
  EXPECT_TRUE(check_exit_codes(program));
  program.success_codes = {};
  EXPECT_FALSE(check_exit_codes(program));
  program.success_codes = {5, 5};
  EXPECT_FALSE(check_exit_codes(program));
  program.success_codes.clear();
  for (int i = 0; i < static_cast<int>(kMostExitCodes); ++i) program.success_codes.push_back(i);
  EXPECT_TRUE(check_exit_codes(program));
  program.reboot_codes = {3010};
  EXPECT_FALSE(check_exit_codes(program));
}

TEST(Collection, ChecksNamesAndTexts) {
  EXPECT_TRUE(check_device_name("PC-01.example.org"));
  for (const char* bad : {"", "a b", "-a", "a/b", "a%"})
    EXPECT_FALSE(check_device_name(bad)) << bad;
  EXPECT_FALSE(check_device_name(std::string(254, 'a')));
  EXPECT_TRUE(check_query_text("Device"));
  EXPECT_FALSE(check_query_text(" \n"));
  EXPECT_FALSE(check_query_text("\xff"));
  EXPECT_TRUE(check_query_text(std::string(kLongestRuleQuery, 'a')));
  EXPECT_FALSE(check_query_text(std::string(kLongestRuleQuery + 1, 'a')));
}

TEST(Collection, IsNeitherAllSystemsNorLimitedToItself) {
  EXPECT_TRUE(check_names({.name = "a", .limited_to = "b", .rules = {}}));
  EXPECT_TRUE(
      check_names({.name = "a", .limited_to = "a", .rules = {}}).error().is(kBadCollection));
  EXPECT_FALSE(check_names({.name = "all-systems", .limited_to = "b", .rules = {}}));
  for (const Rule& rule : {Rule(IncludeRule{"a"}), Rule(ExcludeRule{"a"})}) {
    EXPECT_TRUE(
        check_names({.name = "a", .limited_to = "b", .rules = {rule}}).error().is(kBadCollection));
    EXPECT_TRUE(check_names({.name = "c", .limited_to = "b", .rules = {rule}}));
  }
}

TEST(Deployment, ResolvesNowOnceAndKeepsMoments) {
  Deployment deployment;
  deployment.start = Now{};
  const auto first = resolved_deployment(deployment, Timestamp{5000});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->start, StartTime(Timestamp{5000}));
  EXPECT_EQ(first->deadline, StartTime(Timestamp{5000}));
  EXPECT_EQ(*resolved_deployment(*first, Timestamp{9000}), *first);
  deployment.deadline.emplace(Timestamp{6000});
  EXPECT_EQ(resolved_deployment(deployment, Timestamp{5000})->deadline, StartTime(Timestamp{6000}));
}

TEST(Deployment, RefusesADeadlineBeforeItsStart) {
  Deployment deployment;
  deployment.start = Timestamp{5000};
  deployment.deadline.emplace(Timestamp{4999});
  EXPECT_TRUE(check_times(deployment).error().is(kBadDeployment));
  deployment.deadline.emplace(Now{});
  EXPECT_TRUE(check_times(deployment));
  EXPECT_TRUE(resolved_deployment(deployment, Timestamp{4999}).error().is(kBadDeployment));
  EXPECT_TRUE(resolved_deployment(deployment, Timestamp{5000}));
}

TEST(Deployment, ReadsNowAndRfc3339) {
  EXPECT_EQ(*parse_start_time("now"), StartTime(Now{}));
  EXPECT_EQ(*parse_start_time("1970-01-01T00:00:01Z"), StartTime(Timestamp{1000}));
  EXPECT_EQ(to_text(*parse_start_time("1970-01-01T00:00:01Z")), "1970-01-01T00:00:01Z");
  EXPECT_EQ(to_text(StartTime(Now{})), "now");
  for (const char* bad : {"", "Now", "tomorrow", "2026-01-01"})
    EXPECT_TRUE(parse_start_time(bad).error().is(kBadTime)) << bad;
}

}  // namespace
}  // namespace muster::model
