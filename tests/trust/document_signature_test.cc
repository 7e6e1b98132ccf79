#include "trust/document_signature.h"

#include <gtest/gtest.h>

#include "contract/errors.h"
#include "tests/trust/sample_site.h"
#include "trust/errors.h"

namespace muster::trust {
namespace {

using contract::SignedType;

const SampleSite kSite;
const std::vector<Ed25519PublicKey> kKeys{kSite.policy_key.public_key()};

TEST(DocumentSignature, GivesThePayloadOfAKnownKey) {
  const Bytes text = sign_document(SignedType::SiteTime, "{\"a\":1}", kSite.policy_key);
  const auto payload = verify_document(text, SignedType::SiteTime, kKeys);
  ASSERT_TRUE(payload.has_value()) << payload.error().text();
  EXPECT_EQ(*payload, "{\"a\":1}");
}

TEST(DocumentSignature, IsTheSameInEveryVersion) {
  // `openssl pkeyutl -verify -rawin` accepts the signature over "muster-signed/1 site-time\n{}".
  EXPECT_EQ(sign_document(SignedType::SiteTime, "{}", kSite.policy_key),
            "muster-signed/1 site-time "
            "cdd081f254b35efe42f41a3bfa5ced0983a31f6dbc4b85d5971a594d765ebe42 "
            "df81afc9c187ce1f7af414c912977b021db80f69100a65a28c0835a750803afd"
            "3c8a47d70b447d339009937f22a764646dfdc36bf78d246a1581a0b774502f0c\n{}");
}

TEST(DocumentSignature, RefusesADocumentCutAtAnyByte) {
  const Bytes text = sign_document(SignedType::SiteTime, "{\"a\":1}", kSite.policy_key);
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(
        verify_document(ByteView(text).substr(0, size), SignedType::SiteTime, kKeys).has_value())
        << size;
}

TEST(DocumentSignature, RefusesADocumentWithAnyOneByteAltered) {
  const Bytes text = sign_document(SignedType::SiteTime, "{\"a\":1}", kSite.policy_key);
  for (std::size_t i = 0; i < text.size(); ++i) {
    Bytes altered = text;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    EXPECT_FALSE(verify_document(altered, SignedType::SiteTime, kKeys).has_value()) << i;
  }
}

TEST(DocumentSignature, NamesAnAlteredPayload) {
  Bytes text = sign_document(SignedType::SiteTime, "{\"a\":1}", kSite.policy_key);
  text[text.size() - 2] = '2';
  EXPECT_TRUE(verify_document(text, SignedType::SiteTime, kKeys).error().is(kBadSignature));
}

TEST(DocumentSignature, NamesAnUnknownKey) {
  const Bytes text = sign_document(SignedType::SiteTime, "{}", kSite.other_key);
  EXPECT_TRUE(verify_document(text, SignedType::SiteTime, kKeys).error().is(kUnknownKey));
  EXPECT_TRUE(verify_document(text, SignedType::SiteTime, {}).error().is(kUnknownKey));
}

TEST(DocumentSignature, ATimeThatWasFoundGoodMakesNothingElseGood) {
  const Bytes text = sign_document(SignedType::SiteTime, "{\"a\":1}", kSite.policy_key);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(verify_document(text, SignedType::SiteTime, kKeys).has_value());
    EXPECT_TRUE(verify_document(text, SignedType::SiteTime, {}).error().is(kUnknownKey));
    const std::vector<Ed25519PublicKey> others{kSite.other_key.public_key()};
    EXPECT_TRUE(verify_document(text, SignedType::SiteTime, others).error().is(kUnknownKey));
    for (std::size_t at = 0; at < text.size(); ++at) {
      Bytes altered = text;
      altered[at] = static_cast<char>(altered[at] ^ 1);
      EXPECT_FALSE(verify_document(altered, SignedType::SiteTime, kKeys).has_value()) << at;
      EXPECT_FALSE(
          verify_document(ByteView(text).substr(0, at), SignedType::SiteTime, kKeys).has_value());
    }
  }
}

TEST(DocumentSignature, NamesAWrongType) {
  const Bytes text = sign_document(SignedType::SiteTime, "{}", kSite.policy_key);
  EXPECT_TRUE(verify_document(text, SignedType::PolicyBody, kKeys).error().is(kWrongDocumentType));
}

TEST(DocumentSignature, OfOneTypeDoesNotServeForAnother) {
  Bytes text = sign_document(SignedType::SiteTime, "{}", kSite.policy_key);
  text.replace(text.find("site-time"), 9, "policy-body");
  EXPECT_TRUE(verify_document(text, SignedType::PolicyBody, kKeys).error().is(kBadSignature));
}

TEST(DocumentSignature, OfAnotherKeyUnderTheKnownKeysNameIsRefused) {
  Bytes text = sign_document(SignedType::SiteTime, "{}", kSite.other_key);
  text.replace(text.find(kSite.other_key.public_key().id()), 64, kKeys[0].id());
  EXPECT_TRUE(verify_document(text, SignedType::SiteTime, kKeys).error().is(kBadSignature));
}

}  // namespace
}  // namespace muster::trust
