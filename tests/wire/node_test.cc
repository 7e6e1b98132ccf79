#include "wire/node.h"

#include <gtest/gtest.h>

#include "wire/errors.h"
#include "wire/yaml.h"

namespace muster::wire {
namespace {

TEST(NodeFromJson, GivesTheTreeThatYamlGives) {
  const std::string text =
      "{\"a\": [1, -2.5, true, null, \"x\\n\\u00e9\"],\n \"b\": {\"c\": {}, \"d\": []},\n"
      " \"e\": 18446744073709551615}";
  const auto json = node_from_json(text);
  const auto yaml = parse_yaml(text);
  ASSERT_TRUE(json);
  ASSERT_TRUE(yaml);
  EXPECT_EQ(*json, yaml->at(0));
}

TEST(NodeFromJson, KnowsThePlaceOfEveryKeyAndValue) {
  const auto node = node_from_json(
      "{\n  \"a\" : [ 10,\n  \"q\\\"]\\\\\", {} , [] ],\n\t\"é\": true, \"k\":{\"z\":null}}");
  ASSERT_TRUE(node);
  const auto place = [](const Node& n) { return std::pair(n.line, n.column); };
  using Place = std::pair<unsigned, unsigned>;
  EXPECT_EQ(place(*node), Place(1, 1));
  const NodeMember& a = node->members[0];
  EXPECT_EQ(Place(a.line, a.column), Place(2, 3));
  EXPECT_EQ(place(a.value), Place(2, 9));
  EXPECT_EQ(place(a.value.items[0]), Place(2, 11));
  EXPECT_EQ(place(a.value.items[1]), Place(3, 3));
  EXPECT_EQ(place(a.value.items[2]), Place(3, 13));
  EXPECT_EQ(place(a.value.items[3]), Place(3, 18));
  EXPECT_EQ(place(node->members[1].value), Place(4, 7));
  EXPECT_EQ(Place(node->members[2].line, node->members[2].column), Place(4, 13));
  EXPECT_EQ(place(*node->members[2].value.find("z")), Place(4, 22));
}

TEST(NodeFromJson, ReadsScalarsAndEmptyContainersAtTheRoot) {
  EXPECT_EQ(*node_from_json("5"), integer_node(5));
  EXPECT_EQ(*node_from_json(" \"x\" "), text_node("x"));
  EXPECT_EQ(*node_from_json("[ ]"), sequence_node());
  EXPECT_EQ(*node_from_json("{\n}"), mapping_node());
  EXPECT_EQ(*node_from_json("null"), Node());
}

TEST(NodeFromJson, RefusesWhatTheJsonReaderRefuses) {
  EXPECT_TRUE(node_from_json("{\"a\":1,\"a\":2}").error().is(kJsonSyntax));
  EXPECT_TRUE(node_from_json("[[1]]", {.depth = 1}).error().is(kJsonLimit));
  const std::string text = R"({"a":[1,"x\"",{"b":null}],"c":1.5})";
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(node_from_json(text.substr(0, size))) << size;
}

TEST(NodeToJson, IsReadBackAsTheSameTree) {
  const std::string text = R"({"z":1,"a":[true,false,null,-5,1.5,"\"é\n"],"m":{"x":{},"y":[]}})";
  const auto node = node_from_json(text);
  EXPECT_EQ(node_to_json(*node), text);
  EXPECT_EQ(*node_from_json(node_to_json(*node)), *node);
}

TEST(NodeToJson, TakesEveryNumberThatYamlTook) {
  const auto yaml = parse_yaml("[1.10, -0, 1E5, 1e+2, 18446744073709551615, -9223372036854775808]");
  EXPECT_EQ(node_to_json(yaml->at(0)),
            "[1.10,0,1E5,1e+2,18446744073709551615,-9223372036854775808]");
  EXPECT_TRUE(node_from_json(node_to_json(yaml->at(0))));
}

TEST(Node, ComparesValuesAndOrderButNotPlaces) {
  EXPECT_EQ(parse_yaml("a: 1\nb: 2")->at(0), *node_from_json(R"({"a":1,"b":2})"));
  EXPECT_FALSE(parse_yaml("{a: 1, b: 2}")->at(0) == parse_yaml("{b: 2, a: 1}")->at(0));
  EXPECT_FALSE(text_node("1") == integer_node(1));
  EXPECT_FALSE(Node() == text_node(""));
}

}  // namespace
}  // namespace muster::wire
