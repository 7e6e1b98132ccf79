#include <gtest/gtest.h>

#include <algorithm>

#include "model/errors.h"
#include "model/query/parse.h"
#include "model/query/resolve.h"
#include "model/query/run.h"

namespace muster::model {
namespace {

constexpr Timestamp kNow{1'800'000'000'000};

Row row_of(std::string_view name, const std::vector<std::pair<std::string_view, Value>>& values) {
  const InventoryClass& type = *find_inventory_class(name);
  Row row(type.columns.size() + 1);
  row[kDeviceColumn] = std::string("pc1");
  for (const auto& [column, value] : values) row[*type.column(column) + 1] = value;
  EXPECT_TRUE(check_row(type, Row(row.begin() + 1, row.end())));
  return row;
}

Result<Table> run(std::string_view text, const std::vector<Row>& rows,
                  std::size_t limit = kMostResultRows) {
  const auto plan = resolve(*parse_query(text), Schema());
  EXPECT_TRUE(plan) << text << ": " << plan.error().text();
  QueryRun query(*plan, kNow, {.row_limit = limit}, [](std::size_t) { return std::vector<Row>(); });
  for (const Row& row : rows) {
    std::vector<const Value*> view;
    for (const Value& value : row) view.push_back(&value);
    const bool selected = std::ranges::all_of(plan->filters, [&](const BoundExpression& filter) {
      return test(filter, view, kNow) == Truth::Yes;
    });
    if (selected && !query.complete()) TRY(query.add(view));
  }
  return Table{plan->columns, TRY(std::move(query).finish())};
}

std::size_t count(std::string_view condition, const Row& row) {
  const char* source = row.size() == 10  ? "InstalledSoftware"
                       : row.size() == 7 ? "LogicalDisk"
                                         : "OperatingSystem";
  const auto table = run(fmt::format("{} | where {}", source, condition), {row});
  EXPECT_TRUE(table);
  return table ? table->rows.size() : 99;
}

Row package(Value name, Value version = {}) {
  return row_of("InstalledSoftware", {{"Name", std::move(name)}, {"Version", std::move(version)}});
}
Value dpkg(std::string text) { return Version{VersionScheme::Dpkg, std::move(text)}; }

TEST(QueryConditions, CompareTextsAsKqlDoes) {
  const Row row = package("OpenSSL-Tools lib_x");
  for (const char* yes : {"Name == 'OpenSSL-Tools lib_x'",
                          "Name =~ 'openssl-tools LIB_X'",
                          "Name != 'openssl'",
                          "Name !~ 'x'",
                          "Name has 'openssl'",
                          "Name has 'TOOLS'",
                          "Name has 'ssl-tools' or Name has 'lib'",
                          "Name has 'openssl-tools'",
                          "Name has ''",
                          "Name !has 'open'",
                          "Name !has 'tool'",
                          "Name contains 'NSSL'",
                          "Name !contains 'nslx'",
                          "Name startswith 'openssl'",
                          "Name endswith 'LIB_X'",
                          "Name !startswith 'tools'",
                          "Name !endswith 'lib'",
                          "Name in ('a', 'OpenSSL-Tools lib_x')",
                          "Name !in ('openssl-tools lib_x')",
                          "Name in~ ('OPENSSL-tools lib_x')",
                          "Name !in~ ('b')",
                          "isnotempty(Name)",
                          "Name has '-'"})
    EXPECT_EQ(count(yes, row), 1u) << yes;
  for (const char* no :
       {"Name == 'openssl-tools lib_x'", "Name has 'ssl'", "Name has 'openssl tools'",
        "Name has 'ssl-tools'", "Name !has 'openssl'", "Name contains 'openssltools'",
        "Name startswith 'tools'", "Name endswith 'tools'", "Name in ('openssl')", "isempty(Name)"})
    EXPECT_EQ(count(no, row), 0u) << no;
}

TEST(QueryConditions, TakeAnAbsentTextForAnEmptyOne) {
  for (const Row& row : {package({}), package(std::string())}) {
    for (const char* yes :
         {"Name == ''", "Name != 'a'", "Name !has 'a'", "Name !contains 'a'", "Name in ('', 'a')",
          "Name !in ('a')", "isempty(Name)", "not(Name == 'a')"})
      EXPECT_EQ(count(yes, row), 1u) << yes;
    for (const char* no : {"Name != ''", "Name == 'a'", "Name has 'a'", "isnotempty(Name)"})
      EXPECT_EQ(count(no, row), 0u) << no;
  }
}

TEST(QueryConditions, TakeOtherAbsentValuesForUnknown) {
  const Row row = row_of("LogicalDisk", {{"Name", std::string("/")}});
  for (const char* yes :
       {"FreeMB != 1", "FreeMB !in (1)", "isempty(FreeMB)", "not(FreeMB == 1)", "ReadOnly != true",
        "FreeMB < 1 or Name == '/'", "not(FreeMB < 1 and Name == 'x')"})
    EXPECT_EQ(count(yes, row), 1u) << yes;
  for (const char* no :
       {"FreeMB == 1", "FreeMB < 1", "FreeMB >= 1", "not(FreeMB < 1)", "FreeMB between (0 .. 9)",
        "FreeMB !between (0 .. 9)", "FreeMB in (1)", "not(FreeMB < 1 and Name == '/')",
        "FreeMB < 1 or Name == 'x'", "ReadOnly"})
    EXPECT_EQ(count(no, row), 0u) << no;
}

TEST(QueryConditions, CompareNumbersAndBooleans) {
  const Row row =
      row_of("LogicalDisk", {{"FreeMB", std::int64_t{100}}, {"ReadOnly", std::int64_t{1}}});
  for (const char* yes : {"FreeMB == 100", "FreeMB > 99", "FreeMB >= 100", "FreeMB <= 100",
                          "FreeMB < 101", "FreeMB > -5", "FreeMB between (100 .. 100)",
                          "FreeMB !between (101 .. 200)", "FreeMB in (5, 100)", "ReadOnly",
                          "ReadOnly == true", "ReadOnly != false", "not(ReadOnly == false)"})
    EXPECT_EQ(count(yes, row), 1u) << yes;
  for (const char* no : {"FreeMB != 100", "FreeMB > 100", "FreeMB < 100",
                         "FreeMB between (101 .. 99)", "ReadOnly == false", "not(ReadOnly)"})
    EXPECT_EQ(count(no, row), 0u) << no;
}

TEST(QueryConditions, CompareVersionsInTheSchemeOfTheRow) {
  const Row row = package("openssl", dpkg("3.0.9-1~deb12"));
  for (const char* yes :
       {"Version < v'3.0.11'", "Version < v'3.0.9-1'", "Version != v'3.0.9-1'",
        "Version == v'0:3.0.9-1~deb12'", "Version startswith '3.0.'", "Version has 'deb12'",
        "Version in (v'1', v'3.0.09-1~deb12')", "Version between (v'3.0.8' .. v'3.0.10')"})
    EXPECT_EQ(count(yes, row), 1u) << yes;
  EXPECT_EQ(count("Version >= v'3.0.9-1'", row), 0u);
  const Row rpm = package("openssl", Version{VersionScheme::Rpm, "1.0^git1"});
  EXPECT_EQ(count("Version > v'1.0'", rpm), 1u);
  EXPECT_EQ(count("Version < v'1.0.1'", rpm), 1u);
  EXPECT_EQ(count("Version < v'1'", package("x")), 0u);
  EXPECT_EQ(count("not(Version < v'1')", package("x")), 0u);
}

TEST(QueryConditions, CompareTimesWithTheClockThatIsPassedIn) {
  const Row row = row_of("OperatingSystem", {{"BootTime", kNow.ms - 3'600'000}});
  for (const char* yes :
       {"BootTime < now()", "BootTime > ago(61m)", "BootTime < ago(59m)", "BootTime == ago(1h)",
        "BootTime > datetime(2027-01-14)", "BootTime between (ago(2h) .. now())"})
    EXPECT_EQ(count(yes, row), 1u) << yes;
  EXPECT_EQ(count("BootTime > ago(1h)", row), 0u);
}

TEST(QueryRun, OrdersWithAbsentValuesFirstAndDescendingByDefault) {
  const std::vector<Row> rows = {package("b", dpkg("1.10")), package("a", dpkg("1.9")),
                                 package("c"), package("a", dpkg("1.10"))};
  const auto names = [&](const std::string& order) {
    std::string out;
    const auto table = run("InstalledSoftware | order by " + order, rows);
    for (const Row& row : table->rows) {
      out += std::get<std::string>(row[1]);
      const auto* version = std::get_if<Version>(&row[2]);
      out += version == nullptr ? "- " : version->text + " ";
    }
    return out;
  };
  EXPECT_EQ(names("Version asc"), "c- a1.9 b1.10 a1.10 ");
  EXPECT_EQ(names("Version"), "b1.10 a1.10 a1.9 c- ");
  EXPECT_EQ(names("Name asc, Version desc"), "a1.10 a1.9 b1.10 c- ");
}

TEST(QueryRun, CountsRowsAndGroups) {
  const std::vector<Row> rows = {package("b"), package("a"), package("b"), package({}),
                                 package(std::string())};
  auto table = run("InstalledSoftware | summarize count()", rows);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->columns, (std::vector<QueryColumn>{{"count_", ColumnType::Integer}}));
  EXPECT_EQ(table->rows, (std::vector<Row>{{std::int64_t{5}}}));
  table = run("InstalledSoftware | summarize count() by Name", rows);
  EXPECT_EQ(table->rows, (std::vector<Row>{{Value(), std::int64_t{2}},
                                           {std::string("a"), std::int64_t{1}},
                                           {std::string("b"), std::int64_t{2}}}));
  table =
      run("InstalledSoftware | summarize n = count() by Name | where n > 1 | order by n, Name "
          "| take 1 | project n",
          rows);
  EXPECT_EQ(table->rows, (std::vector<Row>{{std::int64_t{2}}}));
  table = run("InstalledSoftware | where Name == 'x' | summarize count()", rows);
  EXPECT_EQ(table->rows, (std::vector<Row>{{std::int64_t{0}}})) << "none are zero, not no answer";
  table = run("InstalledSoftware | where Name == 'x' | summarize count() by Name", rows);
  EXPECT_TRUE(table->rows.empty());
  table = run("InstalledSoftware | take 2 | summarize count()", rows);
  EXPECT_EQ(table->rows, (std::vector<Row>{{std::int64_t{2}}}));
}

TEST(QueryRun, TakesTheFirstRowsOfWhatStandsBefore) {
  const std::vector<Row> rows = {package("c"), package("a"), package("b")};
  EXPECT_EQ(run("InstalledSoftware | take 2", rows)->rows.size(), 2u);
  EXPECT_EQ(run("InstalledSoftware | take 0", rows)->rows.size(), 0u);
  EXPECT_EQ(run("InstalledSoftware | take 9", rows)->rows.size(), 3u);
  const auto sorted = run("InstalledSoftware | order by Name asc | take 1 | project Name", rows);
  EXPECT_EQ(sorted->rows, (std::vector<Row>{{std::string("pc1"), std::string("a")}}));
  const auto after = run("InstalledSoftware | take 2 | where Name == 'b'", rows);
  EXPECT_TRUE(after->rows.empty()) << "a condition behind take sees what take left";
}

TEST(QueryRun, KeepsEachDifferentRowOnce) {
  const std::vector<Row> rows = {package("b"), package({}), package("a"), package(""),
                                 package("b", dpkg("1"))};
  EXPECT_EQ(run("InstalledSoftware | distinct Name", rows)->rows,
            (std::vector<Row>{{Value()}, {std::string("a")}, {std::string("b")}}));
  EXPECT_EQ(run("InstalledSoftware | project Name, Version | distinct *", rows)->rows.size(), 4u);
  EXPECT_EQ(run("InstalledSoftware | distinct Name", {})->rows.size(), 0u);
}

TEST(QueryRun, KeepsTheFirstRowsOfAnOrderWithoutHoldingAll) {
  std::vector<Row> rows;
  for (int i = 0; i < 5000; ++i) rows.push_back(package(fmt::format("{:04}", (i * 7919) % 5000)));
  const auto names = [&](std::string_view text) {
    const auto table = run(text, rows, 2000);
    EXPECT_TRUE(table) << table.error().text();
    std::string out;
    if (table)
      for (const Row& row : table->rows) out += std::get<std::string>(row.at(1)) + " ";
    return out;
  };
  EXPECT_EQ(names("InstalledSoftware | project Name | top 3 by Name"), "4999 4998 4997 ");
  EXPECT_EQ(names("InstalledSoftware | project Name | top 2 by Name asc"), "0000 0001 ");
  EXPECT_EQ(names("InstalledSoftware | project Name | order by Name asc | take 2"), "0000 0001 ");
  EXPECT_EQ(names("InstalledSoftware | project Name | top 0 by Name"), "");
  EXPECT_FALSE(run("InstalledSoftware | order by Name", rows, 2000));
}

TEST(QueryRun, RefusesMoreRowsThanItsLimitInsteadOfCuttingOff) {
  const std::vector<Row> rows = {package("c"), package("a"), package("b")};
  EXPECT_TRUE(run("InstalledSoftware", rows, 3));
  for (const char* text : {"InstalledSoftware", "InstalledSoftware | order by Name | take 1",
                           "InstalledSoftware | summarize count() by Name"}) {
    const auto table = run(text, rows, 2);
    ASSERT_FALSE(table) << text;
    EXPECT_TRUE(table.error().is(kQueryTooLarge));
  }
  EXPECT_TRUE(run("InstalledSoftware | take 2", rows, 2));
  EXPECT_TRUE(run("InstalledSoftware | summarize count()", rows, 2));
}

}  // namespace
}  // namespace muster::model
