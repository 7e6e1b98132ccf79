#include "contract/signed_document.h"

#include <gtest/gtest.h>

#include "contract/errors.h"

namespace muster::contract {
namespace {

const std::string kKeyId(64, 'a');
const Bytes kSignature(64, '\x5a');

SignedDocument sample() { return {SignedType::PolicyHeader, kKeyId, kSignature, "{\"format\":1}"}; }

std::string golden() {
  std::string text = "muster-signed/1 policy-header ";
  text += kKeyId;
  text += ' ';
  for (int i = 0; i < 64; ++i) text += "5a";
  text += "\n{\"format\":1}";
  return text;
}

void expect_malformed(const std::string& text) {
  const auto parsed = parse_signed_document(text);
  ASSERT_FALSE(parsed.has_value()) << text;
  EXPECT_TRUE(parsed.error().is(kSignedDocumentMalformed)) << parsed.error().text();
}

TEST(SignedDocument, IsFramedAsTheProtocolPageSays) {
  EXPECT_EQ(frame_signed_document(sample()), golden());
}

TEST(SignedDocument, GivesBackEveryPartOfItsFrame) {
  for (const SignedType type :
       {SignedType::PolicyHeader, SignedType::PolicyBody, SignedType::SiteTime,
        SignedType::LocatorAnswer, SignedType::EnvelopeKey}) {
    SignedDocument document = sample();
    document.type = type;
    document.payload = "line one\nline two\n";
    const auto parsed = parse_signed_document(frame_signed_document(document));
    ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
    EXPECT_EQ(parsed->type, type);
    EXPECT_EQ(parsed->key_id, kKeyId);
    EXPECT_EQ(parsed->signature, kSignature);
    EXPECT_EQ(parsed->payload, document.payload);
  }
}

TEST(SignedDocument, SignsItsTypeTogetherWithThePayload) {
  EXPECT_EQ(signed_document_input(SignedType::SiteTime, "{}"), "muster-signed/1 site-time\n{}");
  EXPECT_EQ(signed_document_input(SignedType::PolicyBody, "{}"), "muster-signed/1 policy-body\n{}");
}

TEST(SignedDocument, IsRefusedWhenCutAnywhereBeforeItsPayload) {
  const std::string whole = golden();
  const std::size_t payload = whole.find('\n') + 1;
  for (std::size_t size = 0; size <= payload; ++size) expect_malformed(whole.substr(0, size));
}

TEST(SignedDocument, OfAnUnknownTypeIsRefused) {
  std::string text = golden();
  expect_malformed(text.replace(text.find("policy-header"), 13, "policy-leader"));
}

TEST(SignedDocument, OfAnotherVersionIsRefused) {
  expect_malformed("muster-signed/2" + golden().substr(15));
}

TEST(SignedDocument, WithUpperCaseDigitsIsRefused) {
  std::string key = golden();
  key[key.find("aaaa")] = 'A';
  expect_malformed(key);
  std::string signature = golden();
  signature[signature.find("5a") + 1] = 'A';
  expect_malformed(signature);
}

TEST(SignedDocument, WithAWordMoreOrADoubledSpaceIsRefused) {
  const std::string text = golden();
  const std::size_t end = text.find('\n');
  expect_malformed(text.substr(0, end) + " x" + text.substr(end));
  const std::size_t key = text.find(" aaaa");
  expect_malformed(text.substr(0, key) + " " + text.substr(key));
}

TEST(SignedDocument, WithAnEndlessFirstLineIsRefused) {
  expect_malformed("muster-signed/1 policy-header " + std::string(1 << 16, 'a') + "\n{}");
}

TEST(SignedDocument, OverItsLimitIsRefusedWithItsOwnError) {
  SignedDocument document = sample();
  document.payload.assign(1000, 'x');
  const std::string text = frame_signed_document(document);
  EXPECT_TRUE(parse_signed_document(text, text.size()).has_value());
  const auto parsed = parse_signed_document(text, text.size() - 1);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_TRUE(parsed.error().is(kSignedDocumentTooLarge));
}

}  // namespace
}  // namespace muster::contract
