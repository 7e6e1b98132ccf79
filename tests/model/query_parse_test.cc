#include <gtest/gtest.h>

#include "model/errors.h"
#include "model/query/parse.h"
#include "model/query/words.h"

namespace muster::model {
namespace {

std::string canonical(std::string_view text) {
  const auto query = parse_query(text);
  EXPECT_TRUE(query) << text << ": " << query.error().text();
  if (!query) return {};
  const std::string out = to_text(*query);
  const auto again = parse_query(out);
  EXPECT_TRUE(again) << out << ": " << again.error().text();
  if (!again) return {};
  EXPECT_EQ(*again, *query) << out;
  return out;
}

std::string error(std::string_view text, const ErrorKind& kind = kQuerySyntax) {
  const auto query = parse_query(text);
  EXPECT_FALSE(query) << text;
  if (query) return {};
  EXPECT_TRUE(query.error().is(kind)) << query.error().text();
  return query.error().detail();
}

TEST(ParseQuery, ReadsTheQueryOfTheDesign) {
  const auto query = parse_query(
      "InstalledSoftware | where Name == \"openssl\" and Version < v\"3.0.11\" "
      "| summarize count() by Version");
  ASSERT_TRUE(query) << query.error().text();
  EXPECT_EQ(query->source.text, "InstalledSoftware");
  ASSERT_EQ(query->operators.size(), 2u);
  const auto& where = std::get<Where>(query->operators[0].value);
  EXPECT_EQ(query->operators[0].at.column, 21u);
  ASSERT_EQ(where.condition.kind, Expression::Kind::And);
  ASSERT_EQ(where.condition.parts.size(), 2u);
  const Condition& second = where.condition.parts[1].condition;
  EXPECT_EQ(second.column.text, "Version");
  EXPECT_EQ(second.column.at.column, 49u);
  EXPECT_EQ(second.comparison, Comparison::Less);
  EXPECT_EQ(std::get<VersionLiteral>(second.literals.at(0).value).text, "3.0.11");
  const auto& summarize = std::get<Summarize>(query->operators[1].value);
  EXPECT_EQ(summarize.name, "count_");
  ASSERT_EQ(summarize.by.size(), 1u);
  EXPECT_EQ(summarize.by[0].text, "Version");
}

TEST(ParseQuery, HasOneSpellingForEachQuery) {
  EXPECT_EQ(canonical("Device"), "Device");
  EXPECT_EQ(canonical(" \n Device // all\n| take 5 // few"), "Device | take 5");
  EXPECT_EQ(canonical("Device|where(Name=='a')"), "Device | where Name == \"a\"");
  EXPECT_EQ(canonical("D | where A == 1 or B == 2 and C == 3"),
            "D | where A == 1 or B == 2 and C == 3");
  EXPECT_EQ(canonical("D | where (A == 1 or B == 2) and C == 3"),
            "D | where (A == 1 or B == 2) and C == 3");
  EXPECT_EQ(canonical("D | where (A == 1 and B == 2) and C == 3"),
            "D | where (A == 1 and B == 2) and C == 3");
  EXPECT_EQ(canonical("D | where not(A == 1 and not (B == -2))"),
            "D | where not(A == 1 and not(B == -2))");
  EXPECT_EQ(canonical("D | where A"), "D | where A == true");
  EXPECT_EQ(canonical("D | where not(A) or B"), "D | where not(A == true) or B == true");
  EXPECT_EQ(canonical("D | project A,B | order by A,B asc , C desc | limit 3"),
            "D | project A, B | order by A desc, B asc, C desc | take 3");
  EXPECT_EQ(canonical("D | sort by A"), "D | order by A desc");
  EXPECT_EQ(canonical("D | summarize count()"), "D | summarize count()");
  EXPECT_EQ(canonical("D | summarize n=count ( ) by A , B"), "D | summarize n = count() by A, B");
  EXPECT_EQ(canonical("D | summarize count = count()"), "D | summarize count = count()");
}

TEST(ParseQuery, HasOneSpellingForOperatorsOverSeveralRows) {
  EXPECT_EQ(canonical("D | distinct *"), "D | distinct *");
  EXPECT_EQ(canonical("D|distinct A,B|take 1"), "D | distinct A, B | take 1");
  EXPECT_EQ(canonical("D | top 5 by A"), "D | top 5 by A desc");
  EXPECT_EQ(canonical("D | top 0 by A asc, B"), "D | top 0 by A asc, B desc");
  EXPECT_EQ(canonical("D | join kind = leftanti(E)on A"), "D | join kind=leftanti (E) on A");
  EXPECT_EQ(canonical("D | where A == 1 | join kind=inner (E | where B has 'x' | project C // c\n"
                      "| join kind=leftanti (F | take 3) on C, Device) on Device | top 1 by C"),
            "D | where A == 1 | join kind=inner (E | where B has \"x\" | project C "
            "| join kind=leftanti (F | take 3) on C, Device) on Device | top 1 by C desc");
  const auto query = parse_query("D | take 1\n| join kind=inner (E | take 2) on A, B | take 3");
  ASSERT_TRUE(query) << query.error().text();
  ASSERT_EQ(query->operators.size(), 3u);
  EXPECT_EQ(query->operators[1].at.line, 2u);
  EXPECT_EQ(query->operators[1].at.column, 3u);
  const auto& join = std::get<Join>(query->operators[1].value);
  EXPECT_EQ(join.kind, JoinKind::Inner);
  EXPECT_EQ(join.right.at(0).source.text, "E");
  EXPECT_EQ(std::get<Take>(join.right.at(0).operators.at(0).value).rows, 2u);
  EXPECT_EQ(join.right.at(0).operators.at(0).at.column, 24u);
  ASSERT_EQ(join.on.size(), 2u);
  EXPECT_EQ(join.on[1].text, "B");
  EXPECT_NE(*query, *parse_query("D | take 1 | join kind=inner (E | take 4) on A, B | take 3"));
}

TEST(ParseQuery, ReadsEveryComparison) {
  for (auto c = Comparison::Equal; c < Comparison::In;
       c = static_cast<Comparison>(static_cast<int>(c) + 1)) {
    const std::string text = fmt::format("D | where A {} \"b\"", word_of(c));
    EXPECT_EQ(canonical(text), text);
  }
  for (const char* text :
       {"D | where A in (1, 2)", "D | where A !in (\"x\")", "D | where A in~ (\"x\", \"y\")",
        "D | where A !in~ (\"x\")", "D | where A between (1 .. 2)", "D | where A !between (1 .. 2)",
        "D | where isempty(A)", "D | where isnotempty(A)"})
    EXPECT_EQ(canonical(text), text);
  EXPECT_EQ(canonical("D | where A between(1..2)"), "D | where A between (1 .. 2)");
}

TEST(ParseQuery, ReadsEveryLiteral) {
  const auto literal = [](std::string_view text) {
    const std::string out = canonical(fmt::format("D | where A == {}", text));
    return out.substr(std::min(out.size(), std::string("D | where A == ").size()));
  };
  EXPECT_EQ(literal("'a \"b\"'"), "\"a \\\"b\\\"\"");
  EXPECT_EQ(literal(R"("tab\t quote\" slash\\ it\' ")"), R"("tab\t quote\" slash\\ it' ")");
  EXPECT_EQ(literal(R"(@"C:\dir\""x""")"), R"("C:\\dir\\\"x\"")");
  EXPECT_EQ(literal("@'a''b\nc'"), R"("a'b\nc")");
  EXPECT_EQ(literal("'gr\xc3\xbc\xc3\x9f'"), "\"gr\xc3\xbc\xc3\x9f\"");
  EXPECT_EQ(literal("v'1:2~3'"), "v\"1:2~3\"");
  EXPECT_EQ(literal("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(literal("007"), "7");
  EXPECT_EQ(literal("true"), "true");
  EXPECT_EQ(literal("false"), "false");
  EXPECT_EQ(literal("datetime(2026-01-31)"), "datetime(2026-01-31T00:00:00Z)");
  EXPECT_EQ(literal("datetime(2026-01-31 12:30)"), "datetime(2026-01-31T12:30:00Z)");
  EXPECT_EQ(literal("datetime(2026-01-31T12:30:01.500Z)"), "datetime(2026-01-31T12:30:01.500Z)");
  EXPECT_EQ(literal("ago(7d)"), "ago(7d)");
  EXPECT_EQ(literal("ago( 48h )"), "ago(2d)");
  EXPECT_EQ(literal("ago(90m)"), "ago(90m)");
  EXPECT_EQ(literal("ago(1500ms)"), "ago(1500ms)");
  EXPECT_EQ(literal("ago(0s)"), "now()");
  EXPECT_EQ(literal("now()"), "now()");
  EXPECT_EQ(literal("now() - 7d"), "ago(7d)");
  EXPECT_EQ(literal("now()+36h-12h"), "now() + 1d");
  EXPECT_EQ(literal("ago(7d) + 7d"), "now()");
  EXPECT_EQ(literal("startofday( now() )"), "startofday(now())");
  EXPECT_EQ(literal("startofmonth(ago(2h), -1) - 90m"), "startofmonth(ago(2h), -1) - 90m");
  EXPECT_EQ(literal("startofweek(startofmonth(now(), 2) + 1d, 0)"),
            "startofweek(startofmonth(now(), 2) + 1d)");
  // What does not move with the clock is reckoned at once. The 31st of January 2026 is a Saturday.
  EXPECT_EQ(literal("datetime(2026-01-31T12:30) + 12h"), "datetime(2026-02-01T00:30:00Z)");
  EXPECT_EQ(literal("startofday(datetime(2026-01-31T12:30))"), "datetime(2026-01-31T00:00:00Z)");
  EXPECT_EQ(literal("startofweek(datetime(2026-01-31T12:30))"), "datetime(2026-01-25T00:00:00Z)");
  EXPECT_EQ(literal("startofweek(datetime(2026-01-25))"), "datetime(2026-01-25T00:00:00Z)");
  EXPECT_EQ(literal("startofmonth(datetime(2026-01-31), 1)"), "datetime(2026-02-01T00:00:00Z)");
  EXPECT_EQ(literal("startofmonth(datetime(2026-01-31), -13)"), "datetime(2024-12-01T00:00:00Z)");
}

TEST(ParseQuery, SaysWhereAndWhatIsWanted) {
  EXPECT_EQ(error(""),
            "line 1, column 1: a class such as InstalledSoftware is wanted, found the end");
  EXPECT_EQ(error("Device |"),
            "line 1, column 9: where, project, distinct, summarize, order by, top, take or join is "
            "wanted, found the end");
  EXPECT_EQ(error("Device where Name == 'a'"),
            "line 1, column 8: '|' or the end of the query is wanted, found 'where'");
  EXPECT_EQ(error("Device\n| where Name == 'a' Fqdn == 'b'"),
            "line 2, column 21: 'and', 'or', '|' or the end of the query is wanted, found 'Fqdn'");
  EXPECT_EQ(error("D | where Name = 'a'"),
            "line 1, column 16: '=' compares nothing; write == or =~");
  EXPECT_EQ(
      error("D | where Name =="),
      "line 1, column 18: a literal such as 'text', 42, true, v'1.2', datetime(2026-01-31) or "
      "ago(7d) is wanted, found the end");
  EXPECT_NE(error("D | where Name == Other").find("column 19"), std::string::npos);
  EXPECT_NE(error("D | where A == 1.5").find("column 16"), std::string::npos);
  EXPECT_NE(error("D | where 'x' == A").find("column 11: a condition such as"), std::string::npos);
  EXPECT_NE(error("D | where and").find("column 11: a condition"), std::string::npos);
  EXPECT_NE(error("D | where (A == 1").find("'and', 'or' or ')' is wanted, found the end"),
            std::string::npos);
  EXPECT_NE(error("D | where A == 1)").find("found ')'"), std::string::npos);
  EXPECT_NE(error("D | where not A == 1").find("'(': write not(CONDITION)"), std::string::npos);
  EXPECT_NE(error("D | where A in ()").find("a literal"), std::string::npos);
  EXPECT_NE(error("D | where A in (1 2)").find("',' or ')' is wanted, found '2'"),
            std::string::npos);
  EXPECT_NE(error("D | where A between (1, 2)").find("'..' between"), std::string::npos);
  EXPECT_NE(error("D | where A == \"x").find("column 16: a closing '\"'"), std::string::npos);
  EXPECT_NE(error("D | where A == 'x\n'").find("a closing \"'\" on the same line"),
            std::string::npos);
  EXPECT_NE(error("D | where A == @'x").find("a closing"), std::string::npos);
  EXPECT_NE(error(R"(D | where A == "a\q")").find("an unknown escape"), std::string::npos);
  EXPECT_NE(error("D | where A == v''").find("a version has"), std::string::npos);
  EXPECT_NE(error("D | where A == 9223372036854775808").find("over 64 bits"), std::string::npos);
  EXPECT_NE(error("D | where A > ago(7y)").find("a duration is"), std::string::npos);
  EXPECT_NE(error("D | where A > ago(99999999d)").find("at most 100 years"), std::string::npos);
  EXPECT_NE(error("D | where A > datetime(2026-02-30)").find("a time is written"),
            std::string::npos);
  EXPECT_NE(error("D | project").find("a column is wanted"), std::string::npos);
  EXPECT_NE(error("D | project A,").find("a column is wanted, found the end"), std::string::npos);
  EXPECT_NE(error("D | project A B").find("',', '|' or the end"), std::string::npos);
  EXPECT_NE(error("D | order A").find("'by' is wanted, found 'A'"), std::string::npos);
  EXPECT_NE(error("D | take x").find("a number of rows is wanted"), std::string::npos);
  EXPECT_NE(error("D | take -1").find("a number of rows is wanted"), std::string::npos);
  EXPECT_NE(error("D | take 99999999999999999999").find("over 64 bits"), std::string::npos);
  EXPECT_NE(error("D | summarize").find("count() is wanted"), std::string::npos);
}

TEST(ParseQuery, SaysWhatIsWantedOfSeveralRows) {
  EXPECT_NE(error("D | distinct").find("column 13: a column or * is wanted, found the end"),
            std::string::npos);
  EXPECT_NE(error("D | top by A").find("column 9: a number of rows is wanted, found 'by'"),
            std::string::npos);
  EXPECT_NE(error("D | top 5 A").find("'by' and a column is wanted, found 'A'"), std::string::npos);
  EXPECT_NE(error("D | join (E) on A").find("column 10: kind=inner or kind=leftanti is wanted"),
            std::string::npos);
  EXPECT_NE(error("D | join kind inner (E) on A").find("column 15: '=', as in kind=inner, is"),
            std::string::npos);
  EXPECT_NE(error("D | join kind=iner (E) on A").find("did you mean 'inner'?"), std::string::npos);
  EXPECT_NE(error("D | join kind=fullouter (E) on A", kQueryNotYet)
                .find("column 15: 'fullouter' is not yet supported"),
            std::string::npos);
  EXPECT_NE(error("D | join kind=inner E on A").find("'(' and a query is wanted, found 'E'"),
            std::string::npos);
  EXPECT_NE(error("D | join kind=inner () on A").find("a class such as"), std::string::npos);
  EXPECT_NE(error("D | join kind=inner (E | take 1 2) on A")
                .find("column 33: '|' or ')' is wanted, found '2'"),
            std::string::npos);
  EXPECT_NE(
      error("D | join kind=inner (E | where A == 1").find("'and', 'or', '|' or ')' is wanted"),
      std::string::npos);
  EXPECT_NE(error("D | join kind=inner (E)").find("'on' and a column"), std::string::npos);
  EXPECT_NE(error("D | join kind=inner (E) on").find("a column that both sides have is wanted"),
            std::string::npos);
  EXPECT_NE(error("D | join kind=inner (E) on $left.A == $right.B", kQueryNotYet)
                .find("column 28: '$left' and '$right' are not yet supported"),
            std::string::npos);
  EXPECT_NE(error("D | join kind=inner (E) on A B").find("',', '|' or the end of the query"),
            std::string::npos);
}

TEST(ParseQuery, SaysHowTimesAreWritten) {
  EXPECT_NE(error("D | where A > now(-7d)").find("')', as in now() - 7d, is wanted"),
            std::string::npos);
  EXPECT_NE(error("D | where A > now() - 7").find("a duration is a whole number with d"),
            std::string::npos);
  EXPECT_NE(error("D | where A > now() - ").find("a duration such as 7d"), std::string::npos);
  EXPECT_NE(error("D | where A > startofday").find("'(' and a time is wanted"), std::string::npos);
  EXPECT_NE(error("D | where A > startofday(7d)").find("a time such as now(), ago(7d)"),
            std::string::npos);
  EXPECT_NE(error("D | where A > startofday(now(), x)").find("a whole number of periods"),
            std::string::npos);
  EXPECT_NE(error("D | where A > startofmonth(now(), 1201)").find("1200 periods are the most"),
            std::string::npos);
  EXPECT_NE(error("D | where A > ago(36525d) - 1ms").find("column 27: a time outside the years"),
            std::string::npos);
  EXPECT_NE(error("D | where A > datetime(1970-01-01) - 1ms").find("a time outside the years"),
            std::string::npos);
  EXPECT_NE(error("D | where A > startofyear(now())", kQueryNotYet)
                .find("column 15: 'startofyear' is not yet supported"),
            std::string::npos);
  EXPECT_EQ(error("D | where datetime_diff('day', now(), BootTime) > 7", kQueryNotYet),
            "line 1, column 11: reckoning with 'datetime_diff' left of a comparison is not yet "
            "supported; compare the column itself, as in BootTime < now() - 7d");
  EXPECT_NE(error("D | where now() - BootTime > 7d", kQueryNotYet).find("with 'now' left of"),
            std::string::npos);
  EXPECT_NE(error("D | where BootTime - 7d > now()", kQueryNotYet).find("with 'BootTime' left"),
            std::string::npos);
}

TEST(ParseQuery, CountsCharactersRatherThanBytes) {
  EXPECT_NE(error("D | where A == '\xc3\xbc\xc3\xbc' B").find("column 21:"), std::string::npos);
}

TEST(ParseQuery, NamesTheNearestKnownWord) {
  EXPECT_NE(error("D | wehre A == 1").find("found 'wehre'; did you mean 'where'?"),
            std::string::npos);
  EXPECT_NE(error("D | projekt A").find("did you mean 'project'?"), std::string::npos);
  EXPECT_NE(error("D | where A contians 'x'").find("did you mean 'contains'?"), std::string::npos);
  EXPECT_NE(error("D | where A !HAS 'x'").find("did you mean 'has'?"), std::string::npos);
  EXPECT_NE(error("D | summarize cuont()").find("did you mean 'count'?"), std::string::npos);
  EXPECT_EQ(error("D | xyzzy").find("did you mean"), std::string::npos);
}

TEST(ParseQuery, SaysWhatDoesNotExistYet) {
  for (const std::string_view word : later_operator_words())
    EXPECT_NE(error(fmt::format("D | {} x", word), kQueryNotYet).find(fmt::format("'{}'", word)),
              std::string::npos);
  EXPECT_NE(error("D | where A has_cs 'x'", kQueryNotYet).find("'has_cs'"), std::string::npos);
  EXPECT_NE(error("D | where A !contains_cs 'x'", kQueryNotYet).find("'contains_cs'"),
            std::string::npos);
  EXPECT_NE(error("D | where A matches regex 'x'", kQueryNotYet).find("'matches'"),
            std::string::npos);
  EXPECT_NE(error("D | summarize dcount(A)", kQueryNotYet).find("'dcount'"), std::string::npos);
}

TEST(ParseQuery, RefusesEveryCutOffQueryThatIsNotOneItself) {
  const std::string whole =
      "InstalledSoftware | where Name has 'open' and not(Version < v'3.0') or Name in ('a', 'b') "
      "and isempty(Publisher) | join kind=inner (OperatingSystem | where BootTime > "
      "startofweek(now() - 7d, -1)) on Device | distinct Name, Version | top 3 by Name "
      "| summarize n = count() by Name, Version | order by n desc | take 10";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const auto query = parse_query(whole.substr(0, size));
    if (query) {
      canonical(whole.substr(0, size));
    } else {
      EXPECT_TRUE(query.error().is(kQuerySyntax)) << query.error().text();
    }
  }
  ASSERT_TRUE(parse_query(whole));
}

TEST(ParseQuery, BoundsWhatItReads) {
  EXPECT_NE(error(std::string(kLongestQuery + 1, 'D'), kQueryTooLarge).find("16384"),
            std::string::npos);
  EXPECT_TRUE(parse_query("D" + std::string(kLongestQuery - 1, ' ')));
  const auto nested = [](std::size_t depth, const std::string& open) {
    std::string text = "D | where ";
    for (std::size_t i = 0; i < depth; ++i) text += open;
    return text + "A == 1" + std::string(depth, ')');
  };
  for (const std::string open : {"(", "not("}) {
    EXPECT_TRUE(parse_query(nested(kDeepestExpression, open)));
    error(nested(kDeepestExpression + 1, open), kQueryTooLarge);
  }
  std::string many = "D";
  for (std::size_t i = 0; i < kMostOperators; ++i) many += " | take 1";
  EXPECT_TRUE(parse_query(many));
  error(many + " | take 1", kQueryTooLarge);
  // Subqueries count too, and so do their parentheses.
  std::string joined = "D";
  for (std::size_t i = 0; i < kMostOperators / 2; ++i)
    joined += " | join kind=inner (E | take 1) on A";
  EXPECT_TRUE(parse_query(joined));
  error(joined + " | take 1", kQueryTooLarge);
  std::string inwards = "E";
  for (std::size_t i = 0; i < kMostOperators; ++i)
    inwards = "D | join kind=inner (" + inwards + ") on A";
  EXPECT_TRUE(parse_query(inwards));
  const auto starts = [](std::size_t depth) {
    std::string text = "D | where A > ";
    for (std::size_t i = 0; i < depth; ++i) text += "startofday(";
    return text + "now()" + std::string(depth, ')');
  };
  EXPECT_TRUE(parse_query(starts(kDeepestExpression)));
  error(starts(kDeepestExpression + 1), kQueryTooLarge);
  std::string wide = "D | where A == 1";
  while (wide.size() < kLongestQuery - 100) wide += " and (A == 1 or A == 2)";
  canonical(wide);
}

TEST(ParseQuery, RefusesBytesThatAreNoText) {
  EXPECT_NE(error(std::string("D | where A == 'a\0b'", 20)).find("column 18: a control character"),
            std::string::npos);
  EXPECT_NE(error("D | where A == '\xff'").find("column 17: text that is not UTF-8"),
            std::string::npos);
  EXPECT_NE(error("D | where A == '\x7f'").find("a control character"), std::string::npos);
}

}  // namespace
}  // namespace muster::model
