#include "wire/json.h"

#include <gtest/gtest.h>

#include "wire/errors.h"

namespace muster::wire {
namespace {

ErrorKind parse_error(ByteView text, JsonLimits limits = {}) {
  const auto document = JsonDocument::parse(text, limits);
  return document ? ErrorKind{0, "none", ""} : document.error().kind();
}

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']');
}

TEST(Json, GivesEveryKindWithItsValue) {
  const auto document = JsonDocument::parse(
      R"({"n":null,"b":true,"f":false,"i":-5,"u":18446744073709551615,"d":1.5,"s":"a\u00e9\u0000b",)"
      R"("a":[1,[2],{"x":3}],"o":{"k":"v"}})");
  ASSERT_TRUE(document);
  const Json root = document->root();
  EXPECT_EQ(root.kind(), Json::Kind::Object);
  EXPECT_TRUE(root.at("n")->is_null());
  EXPECT_TRUE(*root.at("b")->boolean());
  EXPECT_FALSE(*root.at("f")->boolean());
  EXPECT_EQ(*root.at("i")->i64(), -5);
  EXPECT_EQ(*root.at("u")->u64(), 18446744073709551615u);
  EXPECT_EQ(*root.at("d")->number(), 1.5);
  EXPECT_EQ(*root.at("i")->number(), -5.0);
  EXPECT_EQ(*root.at("s")->string(), std::string_view("a\xc3\xa9\0b", 5));
  const auto items = root.at("a")->items();
  ASSERT_EQ(items->size(), 3u);
  EXPECT_EQ(*(*items)[0].u64(), 1u);
  EXPECT_EQ((*items)[1].kind(), Json::Kind::Array);
  EXPECT_EQ(*(*items)[2].at("x")->i64(), 3);
  EXPECT_EQ(*root.at("o")->at("k")->string(), "v");
}

TEST(Json, KeepsMembersInTheOrderOfTheText) {
  const auto document = JsonDocument::parse(R"({"z":1,"a":{"deep":[1,2]},"m":"x"})");
  std::string keys;
  const auto members = document->root().members();
  for (const auto& [key, value] : *members) keys += key;
  EXPECT_EQ(keys, "zam");
}

TEST(Json, NamesThePathOfAMissingMemberAndOfAWrongKind) {
  const auto document =
      JsonDocument::parse(R"({"x":[[1],{"y":[]}],"programs":[{"a":[1]},{},{"command":7}]})");
  const Json programs = *document->root().at("programs");
  const Json third = (*programs.items())[2];
  const auto missing = third.at("comand");
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().is(kJsonMissing));
  EXPECT_EQ(missing.error().detail(), "programs[2] has no member 'comand'");
  const auto wrong = third.at("command")->string();
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(wrong.error().is(kJsonKind));
  EXPECT_EQ(wrong.error().detail(), "programs[2].command is a whole number, a string is wanted");
  EXPECT_EQ(document->root().at("nope").error().detail(), "the document has no member 'nope'");
}

TEST(Json, FindsNothingForAbsentAndForNullButFailsOnNonObjects) {
  const auto document = JsonDocument::parse(R"({"n":null,"x":1})");
  EXPECT_FALSE(document->root().find("n")->has_value());
  EXPECT_FALSE(document->root().find("other")->has_value());
  EXPECT_TRUE(document->root().find("x")->has_value());
  EXPECT_TRUE(document->root().at("x")->find("y").error().is(kJsonKind));
}

TEST(Json, RefusesToConvertBetweenKinds) {
  const auto document = JsonDocument::parse(
      R"({"s":"1","d":1.0,"neg":-1,"big":9223372036854775808,"b":true,"n":null})");
  const Json root = document->root();
  EXPECT_TRUE(root.at("s")->i64().error().is(kJsonKind));
  EXPECT_TRUE(root.at("s")->number().error().is(kJsonKind));
  EXPECT_TRUE(root.at("d")->i64().error().is(kJsonKind));
  EXPECT_TRUE(root.at("d")->u64().error().is(kJsonKind));
  EXPECT_TRUE(root.at("neg")->u64().error().is(kJsonKind));
  EXPECT_TRUE(root.at("big")->i64().error().is(kJsonKind));
  EXPECT_EQ(*root.at("big")->u64(), 9223372036854775808u);
  EXPECT_TRUE(root.at("b")->i64().error().is(kJsonKind));
  EXPECT_TRUE(root.at("s")->boolean().error().is(kJsonKind));
  EXPECT_TRUE(root.at("n")->string().error().is(kJsonKind));
  EXPECT_TRUE(root.items().error().is(kJsonKind));
  EXPECT_TRUE(root.at("s")->members().error().is(kJsonKind));
  EXPECT_TRUE(root.at("s")->at("x").error().is(kJsonKind));
}

TEST(Json, RefusesWhatRfc8259DoesNotAllow) {
  const std::string_view bad[] = {"",
                                  " ",
                                  "{",
                                  "}",
                                  "[1,]",
                                  "{\"a\":1,}",
                                  "{a:1}",
                                  "{'a':1}",
                                  "[01]",
                                  "[+1]",
                                  "[.5]",
                                  "[1.]",
                                  "[1e]",
                                  "[NaN]",
                                  "[Infinity]",
                                  "nul",
                                  "truex",
                                  "tru",
                                  "[1] [2]",
                                  "{} x",
                                  "\"a",
                                  "\"\\x\"",
                                  "\"\\u12\"",
                                  "[1 2]",
                                  "{\"a\" 1}",
                                  "// c\n1",
                                  "[\"\n\"]",
                                  "[\"\t\"]",
                                  "\xef\xbb\xbf[]",
                                  "[\"\xff\"]",
                                  "[\"\xed\xa0\x80\"]",
                                  "[\"\xc0\xaf\"]",
                                  "{1:2}",
                                  "[1e999]",
                                  "[18446744073709551616]",
                                  "[-9223372036854775809]"};
  for (const std::string_view text : bad) EXPECT_EQ(parse_error(text).number, 1100) << text;
  EXPECT_EQ(parse_error(std::string_view("[1]\0", 4)).number, 1100);
}

TEST(Json, RefusesHalvesOfSurrogatePairs) {
  EXPECT_EQ(parse_error(R"(["\ud83d\ude00 \ud7ff \ue000"])").number, 0);
  for (const char* text : {R"(["\ud83d"])", R"(["\ude00"])", R"(["\ud83dx"])",
                           R"(["\ude00\ud83d"])", R"(["\ud83d\u0041"])", R"({"\udfff":1})"})
    EXPECT_EQ(parse_error(text).number, 1100) << text;
}

TEST(Json, RefusesAKeyThatStandsTwice) {
  EXPECT_EQ(parse_error(R"({"a":1,"a":1})").number, 1100);
  EXPECT_EQ(parse_error(R"({"x":[{"a":1,"b":2,"\u0061":3}]})").number, 1100);
  EXPECT_EQ(parse_error(R"({"a":{"a":{"a":1}},"b":{"a":1}})").number, 0);
  std::string many = "{";
  for (int i = 0; i < 500; ++i) many += fmt::format("\"k{}\":{},", i, i);
  EXPECT_EQ(parse_error(many + "\"last\":0}").number, 0);
  EXPECT_EQ(parse_error(many + "\"k250\":0}").number, 1100);
}

TEST(Json, HoldsTheLimitsOfDepthAndSizeToTheLastOne) {
  EXPECT_EQ(parse_error(nested(32)).number, 0);
  EXPECT_EQ(parse_error(nested(33)).number, 1103);
  EXPECT_EQ(parse_error(nested(100'000)).number, 1103);
  EXPECT_EQ(parse_error("[[1]]", {.depth = 2}).number, 0);
  EXPECT_EQ(parse_error("[[[1]]]", {.depth = 2}).number, 1103);
  EXPECT_EQ(parse_error("{\"a\":[1]}", {.depth = 2}).number, 0);
  EXPECT_EQ(parse_error("[1,2]", {.bytes = 5}).number, 0);
  EXPECT_EQ(parse_error("[1,2]", {.bytes = 4}).number, 1103);
}

TEST(Json, RefusesADocumentCutAtAnyByte) {
  const std::string text =
      R"({"a":[1,-2.5e3,"x\u00e9\n",true,false,null],"b":{"c":{"d":"é😀"}},"e":18446744073709551615})";
  ASSERT_EQ(parse_error(text).number, 0);
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(parse_error(text.substr(0, size)).number, 1100) << size;
}

TEST(Json, OutlivesTheTextAndSurvivesMoves) {
  auto text =
      std::make_unique<std::string>(R"({"long enough to be on the heap":"value value value"})");
  auto document = JsonDocument::parse(*text);
  text.reset();
  JsonDocument moved = *std::move(document);
  const auto other = JsonDocument::parse("[1]");
  EXPECT_EQ(*moved.root().at("long enough to be on the heap")->string(), "value value value");
}

TEST(Json, ReadsScalarsAtTheRoot) {
  EXPECT_EQ(*JsonDocument::parse(" 7 ")->root().i64(), 7);
  EXPECT_EQ(*JsonDocument::parse("\"x\"")->root().string(), "x");
  EXPECT_TRUE(JsonDocument::parse("null")->root().is_null());
  EXPECT_EQ(JsonDocument::parse("7")->root().path(), "");
}

}  // namespace
}  // namespace muster::wire
