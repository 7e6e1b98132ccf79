#include "model/schema.h"

#include <gtest/gtest.h>

#include "model/declared_class.h"
#include "model/errors.h"
#include "model/object_errors.h"
#include "model/path_pattern.h"
#include "model/query/parse.h"
#include "model/query/resolve.h"

namespace muster::model {
namespace {

ClassDefinition licence() {
  return {.name = "Licence",
          .sentence = "A licence.",
          .columns = {{"Product", ColumnType::Text, ColumnKind::Shared, "What is licensed."},
                      {"Used", ColumnType::Integer, ColumnKind::Volatile, "How often."}}};
}

TEST(Schema, HasTheProgramsClassesAndThoseThatAreDefined) {
  const ClassDefinition definitions[] = {licence()};
  const auto schema = Schema::with(definitions);
  ASSERT_TRUE(schema);
  EXPECT_EQ(schema->find("Device"), find_inventory_class("Device"));
  ASSERT_NE(schema->find("Licence"), nullptr);
  EXPECT_EQ(schema->find("Licence")->columns.size(), 2u);
  EXPECT_EQ(schema->find("Licence")->columns[1].name, "Used");
  EXPECT_EQ(schema->find("licence"), nullptr);
  EXPECT_EQ(Schema().find("Licence"), nullptr);
  EXPECT_EQ(schema->classes().size(), inventory_classes().size() + 1);
}

TEST(Schema, ClassesLiveAsLongAsACopy) {
  std::optional<Schema> copy;
  {
    const ClassDefinition definitions[] = {licence()};
    copy = Schema::with(definitions).value();
  }
  EXPECT_EQ(copy->find("Licence")->name, "Licence");
  EXPECT_EQ(copy->find("Licence")->columns[0].sentence, "What is licensed.");
}

TEST(Schema, SharesWhatItHasInTheSameForm) {
  ClassDefinition other = licence();
  other.name = "Key";
  const ClassDefinition before[] = {licence(), other};
  const Schema first = Schema::with(before).value();
  other.columns.push_back({"More", ColumnType::Text, ColumnKind::Shared, ""});
  const ClassDefinition after[] = {licence(), other};
  const Schema second = Schema::with(after).value().sharing(first);
  EXPECT_EQ(second.find("Licence"), first.find("Licence"));
  EXPECT_NE(second.find("Key"), first.find("Key"));
  EXPECT_TRUE(extends(*second.find("Key"), *first.find("Key")));
  EXPECT_FALSE(extends(*first.find("Key"), *second.find("Key")));
}

TEST(Schema, RefusesDefinitionsThatAreNone) {
  const auto refused = [](const std::function<void(ClassDefinition&)>& change) {
    ClassDefinition definition = licence();
    change(definition);
    const ClassDefinition definitions[] = {definition};
    const auto schema = Schema::with(definitions);
    return !schema && schema.error().is(kBadClass);
  };
  EXPECT_TRUE(refused([](ClassDefinition& d) { d.name = "Device"; }));
  EXPECT_TRUE(refused([](ClassDefinition& d) { d.name = "licence"; }));
  EXPECT_TRUE(refused([](ClassDefinition& d) { d.name = "Li-cence"; }));
  EXPECT_TRUE(refused([](ClassDefinition& d) { d.name = "L" + std::string(63, 'x'); }));
  EXPECT_TRUE(refused([](ClassDefinition& d) { d.sentence = "a\nb"; }));
  EXPECT_TRUE(refused([](ClassDefinition& d) { d.columns.clear(); }));
  EXPECT_TRUE(refused([](ClassDefinition& d) { d.columns.erase(d.columns.begin()); }));
  EXPECT_TRUE(refused([](ClassDefinition& d) { d.columns[0].name = "Device"; }));
  EXPECT_TRUE(refused([](ClassDefinition& d) { d.columns[0].name = "Used"; }));
  EXPECT_TRUE(refused([](ClassDefinition& d) { d.columns.resize(65, d.columns[0]); }));
  const ClassDefinition twice[] = {licence(), licence()};
  EXPECT_FALSE(Schema::with(twice));
}

TEST(Schema, QueriesAskForItsClasses) {
  const ClassDefinition definitions[] = {licence()};
  const Schema schema = Schema::with(definitions).value();
  const auto query = parse_query("Licence | where Used > 3 | project Product");
  ASSERT_TRUE(query);
  const auto plan = resolve(*query, schema);
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->source, schema.find("Licence"));
  const auto unknown = resolve(*query, Schema());
  ASSERT_FALSE(unknown);
  EXPECT_TRUE(unknown.error().is(kQueryUnknownName));
  const auto near = resolve(*parse_query("Licences"), schema);
  EXPECT_NE(near.error().text().find("did you mean 'Licence'?"), std::string::npos);
}

DeclaredClass declared() {
  DeclaredClass out;
  out.name = "licences";
  out.definition = licence();
  out.sources = {{"product"}, {"used"}};
  out.collector = CommandCollector{.argv = {"/usr/bin/licences", "--list"}};
  out.form = JsonForm{};
  return out;
}

TEST(DeclaredClass, RefusesWhatNoClientCouldFollow) {
  EXPECT_TRUE(check_declared_class(declared()));
  const auto refused = [](const std::function<void(DeclaredClass&)>& change) {
    DeclaredClass value = declared();
    change(value);
    return !check_declared_class(value);
  };
  const auto command = [](DeclaredClass& d) -> CommandCollector& {
    return std::get<CommandCollector>(d.collector);
  };
  EXPECT_TRUE(refused([](DeclaredClass& d) { d.definition.name = "Device"; }));
  EXPECT_TRUE(refused([](DeclaredClass& d) { d.sources.pop_back(); }));
  EXPECT_TRUE(refused([](DeclaredClass& d) { d.sources[0].from = ""; }));
  EXPECT_TRUE(refused([](DeclaredClass& d) { d.sources[0].from = "$other"; }));
  EXPECT_TRUE(refused([](DeclaredClass& d) { d.interval = std::chrono::minutes(59); }));
  EXPECT_TRUE(refused([&](DeclaredClass& d) { command(d).argv = {}; }));
  EXPECT_TRUE(refused([&](DeclaredClass& d) { command(d).argv = {"licences"}; }));
  EXPECT_TRUE(refused([&](DeclaredClass& d) { command(d).argv = {"/usr/bin/../sh"}; }));
  EXPECT_TRUE(refused([&](DeclaredClass& d) { command(d).argv = {"/usr/bin/*"}; }));
  EXPECT_TRUE(refused([&](DeclaredClass& d) { command(d).account = "no body"; }));
  EXPECT_TRUE(refused([&](DeclaredClass& d) { command(d).max_runtime = Duration(0); }));
  EXPECT_TRUE(refused([&](DeclaredClass& d) { command(d).max_runtime = std::chrono::hours(1); }));
  EXPECT_TRUE(refused([&](DeclaredClass& d) { command(d).output_bytes = 5u << 20; }));
  EXPECT_TRUE(refused([&](DeclaredClass& d) { command(d).success_codes = {}; }));
  EXPECT_TRUE(refused([](DeclaredClass& d) { d.collector = FileCollector{}; }));
  EXPECT_TRUE(refused([](DeclaredClass& d) { d.collector = FileCollector{{"etc/x"}}; }));
  EXPECT_TRUE(refused([](DeclaredClass& d) { d.form = LineForm{"{product}"}; }));
  EXPECT_FALSE(refused([](DeclaredClass& d) { d.form = LineForm{"{product} {used}"}; }));
  EXPECT_TRUE(refused([](DeclaredClass& d) { d.form = DelimitedForm{}; }));
  EXPECT_FALSE(refused([](DeclaredClass& d) { d.form = DelimitedForm{.header = true}; }));
}

TEST(PathPattern, TakesCleanAbsolutePathsAlone) {
  for (const char* path : {"/etc/hosts", "/home/*/.profile", "/opt/a?c/x"})
    EXPECT_TRUE(check_path_pattern(path)) << path;
  for (const char* path :
       {"", "/", "etc", "/etc/", "//etc", "/etc/../x", "/./x", "/a/**/b", "/a\nb"})
    EXPECT_FALSE(check_path_pattern(path)) << path;
  EXPECT_FALSE(check_path_pattern("/" + std::string(1024, 'x')));
}

}  // namespace
}  // namespace muster::model
