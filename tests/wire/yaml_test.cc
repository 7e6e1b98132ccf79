#include "wire/yaml.h"

#include <gtest/gtest.h>

#include "wire/errors.h"

namespace muster::wire {
namespace {

using Kind = Node::Kind;

Node one(std::string_view text) {
  auto documents = parse_yaml(text);
  EXPECT_TRUE(documents) << text << ": " << (documents ? "" : documents.error().text());
  if (!documents || documents->size() != 1) return {};
  return (*documents)[0];
}

std::string error_of(std::string_view text, YamlLimits limits = {}) {
  const auto documents = parse_yaml(text, limits);
  return documents ? "none" : documents.error().text();
}

TEST(Yaml, TellsPlainScalarsFromQuotedOnes) {
  const Node node =
      one("a: 1.0\nb: \"1.0\"\nc: '1.0'\nd: 1\ne: true\nf: \"true\"\ng: ~\nh:\ni: ''\nj: null\n"
          "k: 1.0.0\nl: yes\nm: |\n  5\nn: 2026-01-31T12:00:00Z\no: -0\np: 1e3\nq: False\n");
  const std::pair<const char*, Kind> kinds[] = {
      {"a", Kind::Real},    {"b", Kind::Text}, {"c", Kind::Text},    {"d", Kind::Integer},
      {"e", Kind::Boolean}, {"f", Kind::Text}, {"g", Kind::Null},    {"h", Kind::Null},
      {"i", Kind::Text},    {"j", Kind::Null}, {"k", Kind::Text},    {"l", Kind::Text},
      {"m", Kind::Text},    {"n", Kind::Text}, {"o", Kind::Integer}, {"p", Kind::Real},
      {"q", Kind::Boolean}};
  for (const auto& [key, kind] : kinds) {
    ASSERT_NE(node.find(key), nullptr) << key;
    EXPECT_EQ(node.find(key)->kind, kind) << key;
  }
  EXPECT_EQ(node.find("a")->text, "1.0");
  EXPECT_EQ(node.find("m")->text, "5\n");
  EXPECT_EQ(node.find("o")->text, "0");
  EXPECT_EQ(node.find("q")->text, "false");
}

TEST(Yaml, KeepsOrderAndPlacesFromOne) {
  const Node node = one("# comment\nzeta: 1\nalpha:\n  - x\n  - {né: 2, k: \"v\"}\n");
  ASSERT_EQ(node.members.size(), 2u);
  EXPECT_EQ(node.line, 2u);
  EXPECT_EQ(node.column, 1u);
  EXPECT_EQ(node.members[0].key, "zeta");
  EXPECT_EQ(node.members[0].value.line, 2u);
  EXPECT_EQ(node.members[0].value.column, 7u);
  EXPECT_EQ(node.members[1].line, 3u);
  const Node& flow = node.members[1].value.items[1];
  EXPECT_EQ(flow.line, 5u);
  EXPECT_EQ(flow.column, 5u);
  EXPECT_EQ(flow.members[1].key, "k");
  EXPECT_EQ(flow.members[1].column, 13u);  // characters, not bytes
}

TEST(Yaml, ReadsSeveralDocuments) {
  const auto documents = parse_yaml("---\na: 1\n---\nb: 2\n...\n---\n");
  ASSERT_TRUE(documents);
  ASSERT_EQ(documents->size(), 3u);
  EXPECT_EQ((*documents)[1].find("b")->text, "2");
  EXPECT_EQ((*documents)[2].kind, Kind::Null);
  EXPECT_TRUE(parse_yaml("")->empty());
  EXPECT_TRUE(parse_yaml("# only a comment\n")->empty());
}

TEST(Yaml, RepeatsWhatAnAnchorNames) {
  const Node node = one("a: &x {k: [1, 2]}\nb: *x\nc: &s text\nd: *s\n");
  EXPECT_EQ(*node.find("a"), *node.find("b"));
  EXPECT_EQ(node.find("d")->text, "text");
}

TEST(Yaml, RefusesAliasesThatNameNothingOrThemselves) {
  EXPECT_EQ(error_of("a: *x\n"),
            "M1110 yaml-syntax: line 1, column 4: no value before this is named &x");
  EXPECT_EQ(error_of("&x [*x]").substr(0, 35), "M1110 yaml-syntax: line 1, column 5");
  EXPECT_EQ(error_of("--- &x 1\n--- *x\n").substr(0, 35), "M1110 yaml-syntax: line 2, column 5");
}

TEST(Yaml, StopsABillionLaughs) {
  std::string text = "a: &a [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n";
  for (char c = 'b'; c <= 'i'; ++c) {
    text += fmt::format("{}: &{} [", c, c);
    for (int i = 0; i < 9; ++i)
      text += fmt::format("{}*{}", i ? "," : "", static_cast<char>(c - 1));
    text += "]\n";
  }
  EXPECT_NE(error_of(text).find("M1111"), std::string::npos);
  const std::string long_text = "x: &x \"" + std::string(500'000, 'a') + "\"\n";
  std::string many = long_text + "y: [";
  for (int i = 0; i < 90; ++i) many += "*x,";
  EXPECT_NE(error_of(many + "]\n").find("more than 100000 values"), std::string::npos);
}

TEST(Yaml, HoldsEachLimitToTheLastOne) {
  const std::string deep = std::string(32, '[') + std::string(32, ']');
  EXPECT_EQ(error_of(deep), "none");
  EXPECT_NE(
      error_of("[" + deep + "]").find("M1111 yaml-limit: line 1, column 33: nested deeper than 32"),
      std::string::npos);
  EXPECT_NE(error_of("a: " + deep).find("M1111"), std::string::npos);
  EXPECT_EQ(error_of("[1, 2]", {.nodes = 3}), "none");
  EXPECT_NE(error_of("[1, 2]", {.nodes = 2}).find("M1111"), std::string::npos);
  EXPECT_EQ(error_of("[1]", {.bytes = 3}), "none");
  EXPECT_NE(error_of("[1]", {.bytes = 2}).find("M1111"), std::string::npos);
  EXPECT_EQ(error_of("[&a 1, *a, *a]", {.aliases = 2}), "none");
  EXPECT_NE(error_of("[&a 1, *a, *a]", {.aliases = 1}).find("M1111"), std::string::npos);
  EXPECT_EQ(error_of("a: &x [1]\nb: [*x]", {.depth = 3}), "none");
  EXPECT_NE(error_of("a: &x [1]\nb: [*x]", {.depth = 2}).find("M1111"), std::string::npos);
  EXPECT_NE(error_of(std::string(100'000, '[')).find("M1111"), std::string::npos);
}

TEST(Yaml, RefusesKeysThatStandTwiceWithBothLines) {
  EXPECT_EQ(error_of("a: 1\nb: 2\n\"a\": 3\n"),
            "M1110 yaml-syntax: line 3, column 1: the key 'a' stands twice, first in line 1");
  EXPECT_NE(error_of("x: [{k: 1, k: 1}]").find("M1110"), std::string::npos);
}

TEST(Yaml, RefusesKeysThatAreNoTextAndMergeKeys) {
  for (const char* text : {"1: a", "true: a", "~: a", ": a", "[a]: b", "{a: b}: c", "1.5: x"})
    EXPECT_NE(error_of(text).find("M1110"), std::string::npos) << text;
  EXPECT_NE(error_of("a: &a {x: 1}\nb: {<<: *a}\n").find("merge keys"), std::string::npos);
  EXPECT_EQ(one("\"1\": a\n\"<<\": b\n").members[1].key, "<<");
}

TEST(Yaml, RefusesNumbersThatReadersDisagreeAbout) {
  for (const char* text :
       {"007", "0x1f", "0o17", "+1", ".5", "5.", "-.5", ".inf", "-.INF", ".nan", "-01", "+1.5",
        "1.e3", "18446744073709551616", "-9223372036854775809", "1e999"}) {
    EXPECT_NE(error_of(fmt::format("a: {}", text)).find("M1110 yaml-syntax: line 1, column 4"),
              std::string::npos)
        << text;
    EXPECT_EQ(one(fmt::format("a: '{}'", text)).find("a")->text, text);
  }
  for (const char* text : {"1_000", "12:30:45", "1.2.3", "0x", "1e", "-", "+", ".", "e5", "--1"})
    EXPECT_EQ(one(fmt::format("a: '{}'", text)).find("a")->kind, Kind::Text) << text;
  EXPECT_EQ(one("a: 18446744073709551615").find("a")->kind, Kind::Integer);
}

TEST(Yaml, TakesCoreTagsThatFitAndNoOthers) {
  EXPECT_EQ(one("a: !!str 5").find("a")->kind, Kind::Text);
  EXPECT_EQ(one("a: ! \"5\"").find("a")->kind, Kind::Text);
  EXPECT_EQ(one("a: !!int 5").find("a")->kind, Kind::Integer);
  EXPECT_EQ(one("a: !!map {b: !!seq [x]}").find("a")->kind, Kind::Mapping);
  for (const char* text :
       {"a: !!int x", "a: !!bool 1", "a: !!float 1", "a: !mine x",
        "a: !!binary eA==", "a: !!python/object:os.system []", "a: !!set {x}", "a: !!str [x]",
        "a: !!timestamp 2026-01-01", "a: !<tag:example.org,2000:x> y"})
    EXPECT_NE(error_of(text).find("M1110"), std::string::npos) << text;
}

TEST(Yaml, TellsLineAndColumnOfBadSyntax) {
  EXPECT_EQ(error_of("a: 1\nb: [1, 2\nc: 3\n").substr(0, 35),
            "M1110 yaml-syntax: line 3, column 2");
  EXPECT_EQ(error_of("a:\n\t- x\n").substr(0, 35), "M1110 yaml-syntax: line 2, column 1");
  EXPECT_EQ(error_of("ok: 1\nbad: \x01\n").substr(0, 35), "M1110 yaml-syntax: line 2, column 6");
  EXPECT_EQ(error_of("ok: 1\nbad: \xff\n").substr(0, 35), "M1110 yaml-syntax: line 2, column 6");
  for (const char* text : {"a: b: c", "- a\nb", "\"open", "'open", "a: }", "%YAML 9.9\n---\na: 1",
                           "a: |x\n  b", "{a: 1", "a: 'x' y", "a: @x", "a: `x`"})
    EXPECT_NE(error_of(text).find("line "), std::string::npos) << text;
  EXPECT_NE(error_of(std::string_view("a: \0b", 5)).find("M1110"), std::string::npos);
  EXPECT_NE(error_of(std::string_view("\xff\xfe\x61\0", 4)).find("M1110"), std::string::npos);
}

TEST(Yaml, NeverFailsStrangelyWhenCutAtAnyByte) {
  const std::string text =
      "apiVersion: muster/v1\nmetadata: {name: \"hé\\n\", n: [1, -2.5, true]}\n"
      "spec:\n  a: &x |\n    text\n  b: *x\n  c: 'q''q'\n---\n- x\n- !!str 5\n";
  ASSERT_EQ(error_of(text), "none");
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto documents = parse_yaml(text.substr(0, size));
    if (documents) continue;
    EXPECT_NE(documents.error().detail().find("line "), std::string::npos) << size;
  }
}

TEST(YamlEmit, WritesBlockStyle) {
  const Node node =
      one("kind: Package\nspec: {version: \"1.0\", n: 5, r: 1.50, e: [], m: {}, z: ~, t: true,\n"
          " programs: [{name: a, argv: [sh, -c, \"x > y\"]}, [[1], 2]], d: PT10M, y: \"yes\"}\n");
  EXPECT_EQ(emit_yaml(node),
            "kind: Package\nspec:\n  version: \"1.0\"\n  \"n\": 5\n  r: 1.50\n  e: []\n  m: {}\n"
            "  z: null\n  t: true\n  programs:\n    - name: a\n      argv:\n        - sh\n"
            "        - \"-c\"\n        - \"x > y\"\n    - - - 1\n      - 2\n  d: PT10M\n"
            "  \"y\": \"yes\"\n");
}

// Texts that a careless writer would let become something else.
constexpr std::string_view kHardTexts[] = {"",
                                           " ",
                                           "a ",
                                           " a",
                                           "a: b",
                                           "a:",
                                           "a #b",
                                           "#",
                                           "- x",
                                           "---",
                                           "...",
                                           "null",
                                           "~",
                                           "true",
                                           "No",
                                           "1",
                                           "1.0",
                                           "0x1f",
                                           ".5",
                                           "12:30",
                                           "2026-01-31",
                                           "a\nb",
                                           "a\n",
                                           "\n",
                                           "\t",
                                           "\"",
                                           "\\",
                                           "'",
                                           "é€😀",
                                           "\xc2\x85",
                                           "\xe2\x80\xa8",
                                           "\xef\xbb\xbfx",
                                           "\xc2\xa0",
                                           "\x7f",
                                           "\x01",
                                           "[",
                                           "{a}",
                                           "a, b",
                                           "*x",
                                           "&x",
                                           "!x",
                                           "|",
                                           ">",
                                           "%x",
                                           "@x",
                                           "`x",
                                           "?",
                                           "? x",
                                           "<<",
                                           "=",
                                           "./hello",
                                           "sh install.sh",
                                           "a:b",
                                           "C:\\x",
                                           std::string_view("\0", 1),
                                           "\xef\xbf\xbe",
                                           "a  b",
                                           "x\r\ny"};

TEST(YamlEmit, IsReadBackAsTheSameTree) {
  Node node = mapping_node();
  Node list = sequence_node();
  for (const std::string_view text : kHardTexts) {
    list.items.push_back(text_node(text));
    node.set(text, text_node(text));
  }
  node.set("list", list);
  node.set(std::string(2000, 'k'), sequence_node({integer_node(1), mapping_node()}));
  node.set(std::string(900, '\x01'), text_node("x"));
  node.set("words", text_node(std::string(5000, 'w')));
  const auto documents = parse_yaml(emit_yaml(node));
  ASSERT_TRUE(documents) << documents.error().text() << emit_yaml(node);
  EXPECT_EQ(documents->at(0), node);
  for (const Node& scalar : {Node(), text_node("--- x"), integer_node(-5), boolean_node(false)})
    EXPECT_EQ(parse_yaml(emit_yaml(scalar))->at(0), scalar);
  const std::vector<Node> several = {node, sequence_node(), text_node("x")};
  EXPECT_EQ(*parse_yaml(emit_yaml(several)), several);
}

}  // namespace
}  // namespace muster::wire
