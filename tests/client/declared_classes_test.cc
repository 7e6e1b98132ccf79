// Rows of declared classes: from each form of text, within bounds, and never through a link.
#include "roles/client/inventory/declared_classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "roles/client/inventory/path_search.h"
#include "roles/client/inventory/text_records.h"
#include "tests/client/written_source.h"

namespace muster::client {
namespace {

using model::ColumnType;
using testing::ElementsAre;

const Timestamp kNow{1'790'000'000'000};

model::DeclaredClass declared(model::TextForm form,
                              const std::vector<std::pair<std::string, std::string>>& columns,
                              ColumnType type = ColumnType::Text) {
  model::DeclaredClass out;
  out.name = "things";
  out.definition = {"Thing", "A thing.", {}};
  for (const auto& [name, from] : columns) {
    out.definition.columns.push_back({name, type, {}, "."});
    out.sources.push_back({from});
  }
  out.collector = model::FileCollector{{"/etc/things/*"}};
  out.form = std::move(form);
  EXPECT_TRUE(check_declared_class(out)) << check_declared_class(out).error().text();
  return out;
}

// "a|b" for each record; "-" for what is absent.
std::vector<std::string> records(const model::DeclaredClass& from, std::string_view text) {
  std::vector<Record> found;
  const auto read = read_records(from, text, "/etc/things/x", found);
  if (!read) return {std::string(read.error().kind().name)};
  std::vector<std::string> out;
  for (const Record& record : found) {
    std::string line;
    for (const auto& value : record) line += (line.empty() ? "" : "|") + value.value_or("-");
    out.push_back(line);
  }
  return out;
}

TEST(TextRecords, LinesThatMatchThePatternBecomeRecords) {
  const auto type = declared(model::LineForm{"{Name} = {Value}", "#"},
                             {{"Value", "Value"}, {"Name", "Name"}, {"File", "$file"}});
  EXPECT_THAT(records(type, "a = 1\n# b = 2\nno such line\n\nc = 3 4\r\n"),
              ElementsAre("1|a|/etc/things/x", "3 4|c|/etc/things/x"));
}

TEST(TextRecords, DelimitedFieldsByNumberOrHeader) {
  const auto passwd = declared(model::DelimitedForm{.separator = ':', .quotes = false},
                               {{"Name", "1"}, {"Shell", "7"}});
  EXPECT_THAT(records(passwd, "root:x:0:0:\"r:/root:/bin/sh\nshort:x\n"),
              ElementsAre("root|/bin/sh", "short|-"));
  const auto csv =
      declared(model::DelimitedForm{.header = true}, {{"Name", "name"}, {"Note", "the note"}});
  EXPECT_THAT(records(csv, "name,the note,other\r\na,\"b, \"\"c\"\"\",d\n\n e , f \n"),
              ElementsAre("a|b, \"c\"", "e|f"));
  EXPECT_THAT(records(csv, "name\n\"a\n"), ElementsAre("text-form"));
  const auto blanks = declared(model::DelimitedForm{.separator = ' '}, {{"A", "1"}, {"B", "2"}});
  EXPECT_THAT(records(blanks, "  one \t two \n"), ElementsAre("one|two"));
}

TEST(TextRecords, IniByFileOrBySection) {
  constexpr std::string_view kText =
      "top=0\n[One]\nname = first\n; c\n[Two]\nname=second\nname=x\n";
  const auto sections = declared(model::IniForm{true}, {{"Section", "$section"}, {"Name", "name"}});
  EXPECT_THAT(records(sections, kText), ElementsAre("One|first", "Two|second"));
  const auto whole = declared(model::IniForm{false}, {{"Top", "top"}, {"Name", "Two.name"}});
  EXPECT_THAT(records(whole, kText), ElementsAre("0|second"));
  EXPECT_THAT(records(whole, "[no end\n"), ElementsAre("text-form"));
  EXPECT_THAT(records(whole, "nothing of it=1\n"), testing::IsEmpty());
}

TEST(TextRecords, JsonByPath) {
  const auto type =
      declared(model::JsonForm{"all.shapes"}, {{"Name", "name"}, {"Area", "size.area"}});
  EXPECT_THAT(
      records(type, R"({"all":{"shapes":[{"name":"a","size":{"area":3}},{"name":"b"},7,{}]}})"),
      ElementsAre("a|3", "b|-"));
  EXPECT_THAT(records(type, R"({"all":{"shapes":{"name":"one"}}})"), ElementsAre("one|-"));
  EXPECT_THAT(records(type, R"({"other":[]})"), testing::IsEmpty());
  EXPECT_THAT(records(type, "{"), ElementsAre("text-form"));
  EXPECT_THAT(records(type, std::string(100'000, '[')), ElementsAre("text-form"));
}

TEST(TextRecords, HaveALimit) {
  const auto type = declared(model::LineForm{"{Name}"}, {{"Name", "Name"}});
  std::string text;
  for (std::size_t i = 0; i <= kMostDeclaredRows; ++i) text += "x\n";
  EXPECT_THAT(records(type, text), ElementsAre("too-many-declared-rows"));
}

TEST(DeclaredValue, IsOfTheColumnsTypeOrAbsent) {
  const auto value = [](ColumnType type, std::string_view text) {
    return value_of(type, model::VersionScheme::Rpm, text);
  };
  const auto number = [](std::int64_t n) { return model::Value(n); };
  EXPECT_EQ(value(ColumnType::Integer, " -12 "), number(-12));
  EXPECT_EQ(value(ColumnType::Integer, "12x"), model::Value());
  EXPECT_EQ(value(ColumnType::Integer, "--12"), model::Value());
  EXPECT_EQ(value(ColumnType::Integer, "-9223372036854775808"), number(INT64_MIN));
  EXPECT_EQ(value(ColumnType::Integer, "99999999999999999999"), model::Value());
  EXPECT_EQ(value(ColumnType::Boolean, "Yes"), number(1));
  EXPECT_EQ(value(ColumnType::Boolean, "off"), number(0));
  EXPECT_EQ(value(ColumnType::Boolean, "2"), model::Value());
  EXPECT_EQ(value(ColumnType::Time, "2026-01-31"), number(1'769'817'600'000));
  EXPECT_EQ(value(ColumnType::Time, "1769817600"), number(1'769'817'600'000));
  EXPECT_EQ(value(ColumnType::Time, "soon"), model::Value());
  EXPECT_EQ(value(ColumnType::Time, "-16004989434761593"), model::Value());
  EXPECT_EQ(value(ColumnType::Version, "1.2"),
            model::Value(model::Version{model::VersionScheme::Rpm, "1.2"}));
  EXPECT_EQ(value(ColumnType::Version, std::string(256, '1')), model::Value());
  EXPECT_EQ(value(ColumnType::Text, "  "), model::Value());
}

TEST(PathSearch, FindsOrdinaryFilesByPattern) {
  WrittenSource source;
  source.files = {{"/srv/a/.conf/x.ini", ""},
                  {"/srv/b/.conf/y.ini", ""},
                  {"/srv/b/z.ini", ""},
                  {"/srv/.c/.conf/x.ini", ""}};
  source.links = {{"/srv/b/.conf/link.ini", "/etc/shadow"}};
  EXPECT_THAT(find_files(source, "/srv/*/.conf/*.ini").value(),
              ElementsAre("/srv/a/.conf/x.ini", "/srv/b/.conf/y.ini"));
  EXPECT_THAT(find_files(source, "/srv/b/z.ini").value(), ElementsAre("/srv/b/z.ini"));
  EXPECT_THAT(find_files(source, "/srv/b").value(), testing::IsEmpty());
  for (int i = 0; i < 1001; ++i) source.files[fmt::format("/many/{}", i)] = "";
  EXPECT_TRUE(find_files(source, "/many/*").error().is(kTooManyFilesFound));
}

struct WrittenRunner final : CommandRunner {
  Result<Bytes> answer = Bytes();
  int runs = 0;
  Result<Bytes> run(const model::CommandCollector&) override {
    ++runs;
    return answer;
  }
};

Inventory collected(const WrittenSource& source, const TrustedClass& type, WrittenRunner& runner,
                    model::Schema& schema) {
  Inventory out;
  schema = schema_of({&type, 1});
  collect_declared(source, {&type, 1}, schema, runner, kNow, {}, out);
  return out;
}

TEST(DeclaredClasses, RowsOfFilesAndOfCommands) {
  WrittenSource source;
  source.files = {{"/etc/things/a", "1\n2\n"}, {"/etc/things/b", "x\n"}};
  WrittenRunner runner;
  model::Schema schema;
  TrustedClass type{
      declared(model::LineForm{"{Number}"}, {{"Number", "Number"}}, ColumnType::Integer),
      kNow + std::chrono::hours(1)};
  const auto files = collected(source, type, runner, schema);
  ASSERT_EQ(files.classes.size(), 1u);
  EXPECT_EQ(files.classes[0].rows.size(), 3u);
  EXPECT_EQ(files.classes[0].rows[2][0], model::Value());
  ASSERT_EQ(files.notes.size(), 1u);
  EXPECT_EQ(files.notes[0].fact, "Thing.Number");
  EXPECT_EQ(runner.runs, 0);

  type.declared.collector = model::CommandCollector{.argv = {"/usr/bin/things"}};
  runner.answer = Bytes("7\n");
  EXPECT_EQ(collected(source, type, runner, schema).classes[0].rows,
            (std::vector<model::Row>{{model::Value(std::int64_t{7})}}));
  // A machine without the program has no rows; one whose program fails keeps those of before.
  runner.answer = fail(kFactMissing, "no program");
  EXPECT_TRUE(collected(source, type, runner, schema).classes[0].rows.empty());
  runner.answer = fail(kCommandFailed, "ended with 1");
  const auto failed = collected(source, type, runner, schema);
  EXPECT_TRUE(failed.classes.empty());
  ASSERT_EQ(failed.errors.size(), 1u);
  EXPECT_TRUE(failed.errors[0].is(kCommandFailed));
}

TEST(DeclaredClasses, NoCommandRunsOnceItsDeclarationHasExpired) {
  WrittenSource source;
  WrittenRunner runner;
  model::Schema schema;
  TrustedClass type{declared(model::LineForm{"{Name}"}, {{"Name", "Name"}}), kNow};
  type.declared.collector = model::CommandCollector{.argv = {"/usr/bin/things"}};
  const auto found = collected(source, type, runner, schema);
  EXPECT_EQ(runner.runs, 0);
  ASSERT_EQ(found.errors.size(), 1u);
  EXPECT_TRUE(found.errors[0].is(kDeclarationExpired));
}

}  // namespace
}  // namespace muster::client
