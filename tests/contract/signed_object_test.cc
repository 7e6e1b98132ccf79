#include "contract/signed_object.h"

#include <gtest/gtest.h>

#include "contract/errors.h"

namespace muster::contract {
namespace {

const std::vector<CatalogueSignature> kSignatures = {{std::string(64, 'a'), Bytes(64, 's')}};

model::DeclaredClass shapes() {
  model::DeclaredClass out;
  out.name = "shapes";
  out.definition = {"Shape", "A shape.", {{"Name", model::ColumnType::Text, {}, "Its name."}}};
  out.sources = {{"Name"}};
  out.collector = model::CommandCollector{.argv = {"/bin/sh", "-c", "echo 'a\nb'"}};
  out.form = model::LineForm{"{Name}"};
  return out;
}

std::string sample() {
  const SignedObject object{
      .version = 3, .expires = *parse_timestamp("2027-01-31T12:00:00Z"), .object = {shapes()}};
  return assemble_catalogue(encode_signed_object(object), kSignatures);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

void expect_malformed(const std::string& text) {
  const auto decoded = decode_signed_object(text);
  ASSERT_FALSE(decoded) << text;
  EXPECT_TRUE(decoded.error().is(kCatalogueMalformed)) << decoded.error().text();
}

TEST(SignedObject, ComesBackWhole) {
  const auto decoded = decode_signed_object(sample());
  ASSERT_TRUE(decoded) << decoded.error().text();
  EXPECT_EQ(decoded->value.version, 3u);
  EXPECT_EQ(std::get<model::DeclaredClass>(decoded->value.object.value), shapes());
  EXPECT_EQ(decoded->signatures, kSignatures);
  EXPECT_EQ(catalogue_role(decoded->value.object), "class-shapes");
}

TEST(SignedObject, RefusesWhatIsNotJustOneWholeObject) {
  const std::string text = sample();
  expect_malformed(replaced(text, "classes/shapes/spec.json", "classes/other/spec.json"));
  expect_malformed(replaced(text, R"("name":"shapes")", R"("name":"other")"));
  expect_malformed(replaced(text, "echo", "rm"));
  expect_malformed(replaced(text, R"("kind":"InventoryClass")", R"("kind":"Boundary")"));
  expect_malformed(replaced(text, R"("kind":"InventoryClass")", R"("kind":"Nothing")"));
  expect_malformed(replaced(text, R"("name":"shapes")", R"("name":"shapes","more":1)"));
  expect_malformed(replaced(text, R"("version":3)", R"("version":0)"));
  expect_malformed(replaced(text, R"("targets":{)", R"("delegations":{},"targets":{)"));
  expect_malformed(replaced(text, R"("targets":{)", R"("targets":{"x":{},)"));
  expect_malformed(replaced(text, R"("argv":)", R"("unknown":1,"argv":)"));
}

TEST(SignedObject, RefusesEveryTruncation) {
  const std::string text = sample();
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(decode_signed_object(text.substr(0, size))) << size;
}

}  // namespace
}  // namespace muster::contract
