#include <gtest/gtest.h>

#include "model/errors.h"
#include "model/query/parse.h"
#include "model/query/resolve.h"

namespace muster::model {
namespace {

Result<Plan> plan_of(std::string_view text) {
  auto query = parse_query(text);
  EXPECT_TRUE(query) << text << ": " << query.error().text();
  return resolve(*query, Schema());
}

std::string columns_of(std::string_view text) {
  const auto plan = plan_of(text);
  EXPECT_TRUE(plan) << plan.error().text();
  std::string out;
  if (plan)
    for (const QueryColumn& column : plan->columns) out += (out.empty() ? "" : " ") + column.name;
  return out;
}

std::string error(std::string_view text, const ErrorKind& kind) {
  const auto plan = plan_of(text);
  EXPECT_FALSE(plan) << text;
  if (plan) return {};
  EXPECT_TRUE(plan.error().is(kind)) << plan.error().text();
  return plan.error().detail();
}

TEST(ResolveQuery, PutsTheDeviceFirstUnlessRowsAreCounted) {
  EXPECT_EQ(columns_of("LogicalDisk"), "Device Name BlockDevice FileSystem SizeMB FreeMB ReadOnly");
  EXPECT_EQ(columns_of("LogicalDisk | project Name, FreeMB"), "Device Name FreeMB");
  EXPECT_EQ(columns_of("LogicalDisk | project Name, Device"), "Name Device");
  EXPECT_EQ(columns_of("LogicalDisk | project Name, Device | project Name"), "Device Name");
  EXPECT_EQ(columns_of("InstalledSoftware | summarize count()"), "count_");
  EXPECT_EQ(columns_of("InstalledSoftware | summarize n = count() by Name, Device"),
            "Name Device n");
  EXPECT_EQ(columns_of("InstalledSoftware | summarize count() by Name | project count_"), "count_");
}

TEST(ResolveQuery, KeepsTheDeviceThroughGroupsThatNameIt) {
  EXPECT_EQ(columns_of("InstalledSoftware | summarize n = count() by Name, Device | project n"),
            "Device n");
  EXPECT_EQ(columns_of("LogicalDisk | distinct Name, SizeMB"), "Name SizeMB");
  EXPECT_EQ(columns_of("LogicalDisk | distinct Name, Device | project Name"), "Device Name");
  EXPECT_EQ(columns_of("LogicalDisk | project Name | distinct *"), "Device Name");
}

TEST(ResolveQuery, NamesTheColumnsOfAJoinAsKqlDoes) {
  EXPECT_EQ(columns_of("OperatingSystem | project Name | join kind=inner (LogicalDisk | project "
                       "Name, FreeMB) on Device"),
            "Device Name Device1 Name1 FreeMB");
  EXPECT_EQ(columns_of("OperatingSystem | project Name | join kind=inner (LogicalDisk | project "
                       "Name) on Device | join kind=inner (Processor | project Name) on Device"),
            "Device Name Device1 Name1 Device2 Name2");
  EXPECT_EQ(columns_of("OperatingSystem | project Name | join kind=leftanti (LogicalDisk) on "
                       "Device, Name | project Name"),
            "Device Name");
  EXPECT_EQ(columns_of("Device | project Name | join kind=inner (LogicalDisk | summarize Name1 = "
                       "count() by Device, Name) on Device"),
            "Device Name Device1 Name2 Name1");
}

TEST(ResolveQuery, ChecksBothSidesOfAJoin) {
  EXPECT_EQ(error("Device | join kind=inner (Lgicaldisk) on Device", kQueryUnknownName),
            "line 1, column 27: no class 'Lgicaldisk'; did you mean 'LogicalDisk'?");
  EXPECT_EQ(error("Device | join kind=inner (LogicalDisk) on Kind", kQueryUnknownName),
            "at the right of the join: line 1, column 43: LogicalDisk has no column 'Kind'");
  EXPECT_EQ(error("Device | join kind=inner (LogicalDisk) on FreeMB", kQueryUnknownName),
            "line 1, column 43: Device has no column 'FreeMB'");
  EXPECT_NE(error("Device | join kind=inner (LogicalDisk | summarize Name = count() by Device) on "
                  "Device, Name",
                  kQueryType)
                .find("column 88: 'Name' has another type at the right"),
            std::string::npos);
  EXPECT_NE(error("Device | join kind=inner (LogicalDisk) on Name, Device, Name", kQuerySyntax)
                .find("column 57: 'Name' is named twice"),
            std::string::npos);
  EXPECT_NE(error("Device | join kind=leftanti (LogicalDisk) on Device | where FreeMB > 1",
                  kQueryUnknownName)
                .find("column 61"),
            std::string::npos);
}

TEST(ResolveQuery, RunsWithinEachDeviceWhatItsOwnRowsDecide) {
  const auto own = plan_of(
      "Device | join kind=inner (LogicalDisk | where FreeMB < 5) on Device "
      "| where Kind == 'Server' and FreeMB > 1 | order by FreeMB | take 3");
  ASSERT_TRUE(own) << own.error().text();
  EXPECT_EQ(own->device_steps, 1u);
  EXPECT_EQ(own->filters.size(), 1u) << "the condition on the left goes before the join";
  EXPECT_EQ(own->classes.size(), 2u);
  EXPECT_EQ(plan_of("Device | join kind=inner (LogicalDisk) on Name")->device_steps, 0u);
  EXPECT_EQ(plan_of("Device | join kind=inner (LogicalDisk | take 5) on Device")->device_steps, 0u);
  EXPECT_EQ(plan_of("Device | take 5 | join kind=inner (LogicalDisk) on Device")->device_steps, 0u);
  EXPECT_EQ(
      plan_of("Device | summarize count() by Device | join kind=inner (LogicalDisk) on Device")
          ->device_steps,
      2u);
  // Of the right side of an absence only its keys are read.
  const auto absence = plan_of("Device | join kind=leftanti (LogicalDisk) on Device, Name");
  const auto& join = std::get<JoinStep>(absence->steps.at(0));
  EXPECT_EQ(join.right->uses, (std::vector<bool>{false, true, false, false, false, false, false}));
}

TEST(ResolveQuery, NamesTheNearestClassOrColumn) {
  EXPECT_EQ(error("InstaledSoftware", kQueryUnknownName),
            "line 1, column 1: no class 'InstaledSoftware'; did you mean 'InstalledSoftware'?");
  EXPECT_EQ(error("Device\n  | where Nane == 'a'", kQueryUnknownName),
            "line 2, column 11: Device has no column 'Nane'; did you mean 'Name'?");
  EXPECT_EQ(error("Device | project name", kQueryUnknownName),
            "line 1, column 18: Device has no column 'name'; did you mean 'Name'?");
  EXPECT_EQ(error("Device | order by Xyzzyxyz", kQueryUnknownName),
            "line 1, column 19: Device has no column 'Xyzzyxyz'");
  EXPECT_NE(error("Device | summarize count() by Name | where Kind == 'a'", kQueryUnknownName)
                .find("no longer a column 'Kind'"),
            std::string::npos);
  EXPECT_NE(error("Device | project Name, Name", kQuerySyntax).find("'Name' is named twice"),
            std::string::npos);
  EXPECT_NE(
      error("Device | summarize Name = count() by Name", kQuerySyntax).find("both named 'Name'"),
      std::string::npos);
}

TEST(ResolveQuery, ChecksTheTypesAndSaysHowToWriteIt) {
  EXPECT_EQ(
      error("InstalledSoftware | where Name == 3", kQueryType),
      "line 1, column 35: Name is a text, not a whole number; write a literal such as 'text'");
  EXPECT_EQ(
      error("InstalledSoftware | where Version < '3.0'", kQueryType),
      "line 1, column 37: Version is a version, not a text; write a literal such as v'1.2.3'");
  EXPECT_EQ(error("InstalledSoftware | where Name < 'b'", kQueryType),
            "line 1, column 32: Name is a text, and '<' does not compare such; use == != =~ !~ has "
            "contains startswith endswith in isempty()");
  for (const char* text :
       {"LogicalDisk | where FreeMB has '1'", "LogicalDisk | where FreeMB == '1'",
        "LogicalDisk | where FreeMB in (1, 'x')", "LogicalDisk | where FreeMB between (1 .. 'x')",
        "LogicalDisk | where ReadOnly == 1", "LogicalDisk | where ReadOnly < true",
        "LogicalDisk | where Name", "LogicalDisk | where FreeMB =~ 'x'",
        "OperatingSystem | where BootTime > 5", "OperatingSystem | where BootTime has 'x'",
        "InstalledSoftware | where Version =~ '1'", "InstalledSoftware | where Version has v'1'",
        "InstalledSoftware | where Name between ('a' .. 'b')",
        "InstalledSoftware | where InstalledSizeKB > ago(1d)",
        "InstalledSoftware | summarize count() by Name | where count_ == 'x'",
        "InstalledSoftware | where Name == 'a' and not(Version == 1)"})
    EXPECT_NE(error(text, kQueryType).find("line 1, column "), std::string::npos) << text;
  for (const char* text : {"LogicalDisk | where ReadOnly", "LogicalDisk | where ReadOnly in (true)",
                           "InstalledSoftware | where Version startswith '3.'",
                           "InstalledSoftware | where Version between (v'1' .. v'2')",
                           "OperatingSystem | where BootTime between (ago(7d) .. now())",
                           "InstalledSoftware | where Device has 'pc' and isempty(Version)"})
    EXPECT_TRUE(plan_of(text)) << text;
}

TEST(ResolveQuery, KnowsWhetherItAsksForTheTime) {
  EXPECT_TRUE(plan_of("OperatingSystem | where not(BootTime > ago(7d))")->depends_on_time);
  EXPECT_TRUE(plan_of("OperatingSystem | where BootTime < now()")->depends_on_time);
  EXPECT_FALSE(plan_of("OperatingSystem | where BootTime > datetime(2026-01-31)")->depends_on_time);
}

TEST(ResolveQuery, PutsEveryEarlyConditionBeforeTheSteps) {
  const auto plan = plan_of(
      "LogicalDisk | where Name == '/' and FreeMB < 5 | order by FreeMB | project FreeMB, Name "
      "| where FreeMB > 1 | take 3 | where Name == '/'");
  ASSERT_TRUE(plan) << plan.error().text();
  ASSERT_EQ(plan->filters.size(), 3u);
  // By the place in the source, after the project too: Device, Name, BlockDevice, ...
  EXPECT_EQ(plan->filters[2].condition.column, 5u);
  EXPECT_EQ(plan->steps.size(), 4u);
}

Result<Plan> resolve_rule(const Query& query) {
  return muster::model::resolve_rule(query, Schema());
}

TEST(ResolveRule, RefusesWhatCountsOrCutsOff) {
  EXPECT_TRUE(
      resolve_rule(*parse_query("Device | where Name has 'x' | project Kind | order by Kind")));
  const auto counted = resolve_rule(*parse_query("Device | summarize count()"));
  ASSERT_FALSE(counted);
  EXPECT_TRUE(counted.error().is(kQueryType));
  EXPECT_EQ(
      counted.error().detail(),
      "line 1, column 10: summarize counts the rows of all devices together; count by Device; "
      "the members of a collection follow from each device's own rows");
  EXPECT_FALSE(resolve_rule(*parse_query("Device | take 5")));
  const auto refused = [](std::string_view text) {
    const auto rule = resolve_rule(*parse_query(text));
    EXPECT_FALSE(rule) << text;
    return rule ? std::string() : rule.error().detail();
  };
  EXPECT_EQ(refused("Device | top 5 by Name"),
            "line 1, column 10: top cuts off; the members of a collection follow from each "
            "device's own rows");
  EXPECT_NE(refused("Device | distinct Name").find("write distinct Device, ..."),
            std::string::npos);
  EXPECT_NE(refused("Device | join kind=leftanti (LogicalDisk) on Name").find("write on Device"),
            std::string::npos);
  EXPECT_NE(refused("Device | join kind=leftanti (LogicalDisk | take 1) on Device")
                .find("column 44: take cuts off"),
            std::string::npos);
}

TEST(ResolveRule, TakesWhatEachDevicesOwnRowsDecide) {
  for (const char* text :
       {"Device | join kind=leftanti (InstalledSoftware | where Name == 'openssl') on Device",
        "InstalledSoftware | summarize n = count() by Device | where n > 100",
        "InstalledSoftware | distinct Device, Name",
        "Device | join kind=inner (LogicalDisk | summarize disks = count() by Device) on Device "
        "| where disks > 3"}) {
    const auto rule = resolve_rule(*parse_query(text));
    EXPECT_TRUE(rule) << text << ": " << rule.error().text();
  }
  EXPECT_TRUE(
      resolve_rule(*parse_query("Device | join kind=inner (OperatingSystem | where BootTime "
                                "< ago(7d)) on Device"))
          ->depends_on_time);
}

}  // namespace
}  // namespace muster::model
