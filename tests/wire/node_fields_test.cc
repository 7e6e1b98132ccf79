#include "wire/node_fields.h"

#include <gtest/gtest.h>

#include "wire/errors.h"
#include "wire/yaml.h"

namespace muster::wire {
namespace {

Node yaml(std::string_view text) { return parse_yaml(text).value().at(0); }

TEST(NodeFields, TakesFieldsOfTheRightKind) {
  const Node node = yaml("name: x\ncount: 5\non: true\nlist: [a, b]\n");
  const auto fields =
      NodeFields::open(NodeAt(node, "spec"), {"name", "count", "on", "list", "other"});
  ASSERT_TRUE(fields);
  EXPECT_EQ(*fields->text("name"), "x");
  EXPECT_EQ(*fields->integer("count"), 5);
  EXPECT_TRUE(*fields->required("on")->boolean());
  const auto items = fields->required("list")->items();
  ASSERT_EQ(items->size(), 2u);
  EXPECT_EQ((*items)[1].path(), "spec.list[1]");
  EXPECT_EQ(*(*items)[1].text(), "b");
  EXPECT_FALSE(fields->optional("other"));
  EXPECT_FALSE(fields->optional_text("other")->has_value());
  EXPECT_FALSE(fields->optional_integer("other")->has_value());
}

TEST(NodeFields, TellsTheNearestKeyOfAnUnknownOne) {
  const Node node = yaml("programs:\n  - name: a\n    comand: b\n");
  const Node& program = node.find("programs")->items[0];
  const auto fields = NodeFields::open(NodeAt(program, "spec.programs[0]"),
                                       {"name", "command", "runAs", "maxRuntime"});
  ASSERT_FALSE(fields);
  EXPECT_TRUE(fields.error().is(kFieldUnknown));
  EXPECT_EQ(fields.error().detail(),
            "line 3, column 5: spec.programs[0].comand is unknown; did you mean command?");
}

TEST(NodeFields, ListsTheValidKeysWhereNoneIsNear) {
  const Node node = yaml("colour: red");
  const auto fields = NodeFields::open(NodeAt(node, ""), {"name", "spec"});
  EXPECT_EQ(fields.error().detail(), "line 1, column 1: colour is unknown; valid here: name, spec");
}

TEST(NodeFields, NamesAMissingKeyAndAWrongKind) {
  const Node node = yaml("a: {name: 1.0, count: \"5\", flag: yes, empty: , list: x}");
  const Node& a = *node.find("a");
  const auto fields =
      NodeFields::open(NodeAt(a, "a"), {"name", "count", "flag", "empty", "list", "gone"});
  EXPECT_EQ(fields->text("gone").error().detail(), "line 1, column 4: a.gone is missing");
  EXPECT_TRUE(fields->text("gone").error().is(kFieldMissing));
  EXPECT_EQ(
      fields->text("name").error().detail(),
      "line 1, column 11: a.name is a number with a fraction, a text is wanted: write \"1.0\" "
      "with quotes");
  EXPECT_TRUE(fields->text("name").error().is(kFieldKind));
  EXPECT_TRUE(fields->integer("count").error().is(kFieldKind));
  EXPECT_TRUE(fields->required("flag")->boolean().error().is(kFieldKind));
  EXPECT_TRUE(fields->required("list")->items().error().is(kFieldKind));
  EXPECT_TRUE(fields->integer("name").error().is(kFieldKind));
}

TEST(NodeFields, TakesAKeyWithoutValueForAnErrorAndNotForAbsent) {
  const Node node = yaml("limitedTo:\n");
  const auto fields = NodeFields::open(NodeAt(node, ""), {"limitedTo"});
  EXPECT_TRUE(fields->optional_text("limitedTo").error().is(kFieldKind));
  EXPECT_EQ(fields->optional_text("limitedTo").error().detail(),
            "line 1, column 11: limitedTo is empty, a text is wanted");
}

TEST(NodeFields, OpensMappingsOnly) {
  for (const char* text : {"x", "[a]", "5"})
    EXPECT_TRUE(NodeFields::open(NodeAt(yaml(text), ""), {"a"}).error().is(kFieldKind));
}

TEST(NodeFields, HoldsTheBoundsOfAnInteger) {
  const Node node = yaml("[0, 255, 256, -1, 18446744073709551615]");
  const auto items = NodeAt(node, "codes").items();
  EXPECT_EQ(*(*items)[0].integer(0, 255), 0);
  EXPECT_EQ(*(*items)[1].integer(0, 255), 255);
  EXPECT_EQ((*items)[2].integer(0, 255).error().detail(),
            "line 1, column 10: codes[2] is 256, from 0 to 255 are allowed");
  EXPECT_TRUE((*items)[3].integer(0, 255).error().is(kFieldKind));
  EXPECT_TRUE((*items)[4].integer().error().is(kFieldKind));
}

TEST(NodeFields, SeesThroughOtherWaysToWriteAKey) {
  for (const auto& [written, meant] :
       {std::pair("maxruntime", "maxRuntime"), std::pair("max_runtime", "maxRuntime"),
        std::pair("run-as", "runAs"), std::pair("nmae", "name")}) {
    const Node node = yaml(fmt::format("{}: x", written));
    const auto fields = NodeFields::open(NodeAt(node, ""), {"name", "runAs", "maxRuntime"});
    EXPECT_NE(fields.error().detail().find(fmt::format("did you mean {}?", meant)),
              std::string::npos)
        << written;
  }
}

}  // namespace
}  // namespace muster::wire
