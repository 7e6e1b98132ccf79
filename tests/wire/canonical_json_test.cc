#include <gtest/gtest.h>

#include "wire/errors.h"
#include "wire/json.h"

namespace muster::wire {
namespace {

Result<Bytes> canonical(std::string_view text) {
  const auto document = TRY(JsonDocument::parse(text));
  return canonical_json(document.root());
}

struct Golden {
  std::string_view json;
  std::string_view canonical_hex;
};

// Written by the npm package @tufjs/canonical-json 2.0.0, which tuf-js verifies signatures with.
constexpr Golden kGolden[] = {
    {R"({"b":1,"a":[true,false,null,"x"],"":{}})",
     "7b22223a7b7d2c2261223a5b747275652c66616c73652c6e756c6c2c2278225d2c2262223a317d"},
    {R"({"signed":{"_type":"root","version":1,"keys":{"z":{"keyid_hash_algorithms":["sha256",)"
     R"("sha512"]},"A":{},"a":{},"a.b":{},"a b":{}},"expires":"2026-01-31T12:00:00Z"}})",
     "7b227369676e6564223a7b225f74797065223a22726f6f74222c2265787069726573223a22323032362d30312d33"
     "315431323a30303a30305a222c226b657973223a7b2241223a7b7d2c2261223a7b7d2c22612062223a7b7d2c2261"
     "2e62223a7b7d2c227a223a7b226b657969645f686173685f616c676f726974686d73223a5b22736861323536222c"
     "22736861353132225d7d7d2c2276657273696f6e223a317d7d"},
    {R"(["\"\\\/\b\n\r\t\f\u0001\u007f","\u00e9\u20ac\ud83d\ude00\u2028"])",
     "5b225c225c5c2f080a0d090c017f222c22c3a9e282acf09f9880e280a8225d"},
    {R"({"\u00e9":2,"z":1,"Z":-3,"10":0,"9":9007199254740991})",
     "7b223130223a302c2239223a393030373139393235343734303939312c225a223a2d332c227a223a312c22c3a922"
     "3a327d"},
    {"[[],{},[[0]],-0,-9007199254740991]",
     "5b5b5d2c7b7d2c5b5b305d5d2c302c2d393030373139393235343734303939315d"},
    {R"("plain")", "22706c61696e22"},
    {R"({"a\"b\\c\n":1})", "7b22615c22625c5c630a223a317d"},
};

TEST(CanonicalJson, IsByteForByteThatOfTufJs) {
  for (const Golden& golden : kGolden) {
    const auto bytes = canonical(golden.json);
    ASSERT_TRUE(bytes) << golden.json;
    EXPECT_EQ(to_hex(*bytes), golden.canonical_hex) << golden.json;
  }
}

TEST(CanonicalJson, DependsOnNeitherOrderNorWhiteSpaceNorEscapes) {
  EXPECT_EQ(*canonical(R"({"a":1,"b":["x/y"]})"),
            *canonical("{ \"b\" : [\"x\\/\\u0079\"],\n \"\\u0061\":1}"));
}

TEST(CanonicalJson, SortsKeysByBytes) {
  // U+FF5E comes before U+1F600 by bytes; by UTF-16 units it would come after.
  EXPECT_EQ(*canonical(R"({"😀":1,"～":2,"a":3,"aa":4,"B":5})"),
            R"({"B":5,"a":3,"aa":4,"～":2,"😀":1})");
}

TEST(CanonicalJson, RefusesFractionsAndNamesTheirPlace) {
  const auto bytes = canonical(R"({"a":[1,{"b":2.5}]})");
  ASSERT_FALSE(bytes);
  EXPECT_TRUE(bytes.error().is(kJsonNotCanonical));
  EXPECT_EQ(bytes.error().detail(), "a[1].b is the fraction 2.5");
  EXPECT_TRUE(canonical("1.0").error().is(kJsonNotCanonical));
  EXPECT_TRUE(canonical("1e3").error().is(kJsonNotCanonical));
}

}  // namespace
}  // namespace muster::wire
