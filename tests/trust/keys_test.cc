#include "trust/keys.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/sha256.h"
#include "trust/errors.h"

namespace muster::trust {
namespace {

// RFC 8032 7.1, test 2.
constexpr const char* kRfcPublic =
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
constexpr const char* kRfcSignature =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
// RFC 8410: PKCS#8 of the same test's private key, 4ccd089b...
constexpr const char* kRfcPem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
    "-----END PRIVATE KEY-----\n";

class FixedRandom final : public Random {
 public:
  explicit FixedRandom(Bytes bytes) : bytes_(std::move(bytes)) {}
  void fill(char* out, std::size_t size) override { std::copy_n(bytes_.data(), size, out); }

 private:
  Bytes bytes_;
};

TEST(Ed25519Key, SignsAsTheRfcDoes) {
  FixedRandom random(*from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
  const Ed25519Key key = Ed25519Key::generate(random);
  EXPECT_EQ(to_hex(key.public_key().raw()), kRfcPublic);
  EXPECT_EQ(to_hex(key.sign("\x72")), kRfcSignature);
}

TEST(Ed25519Key, IsReadFromTheRfcsPemAndWrittenAsIt) {
  const auto key = Ed25519Key::from_pem(kRfcPem);
  ASSERT_TRUE(key.has_value()) << key.error().text();
  EXPECT_EQ(to_hex(key->public_key().raw()), kRfcPublic);
  EXPECT_EQ(key->pem(), kRfcPem);
}

TEST(Ed25519PublicKey, VerifiesTheRfcsSignatureAndNoOther) {
  const auto key = Ed25519PublicKey::from_raw(*from_hex(kRfcPublic));
  ASSERT_TRUE(key.has_value());
  const Bytes signature = *from_hex(kRfcSignature);
  EXPECT_TRUE(key->verify("\x72", signature));
  EXPECT_FALSE(key->verify("\x73", signature));
  EXPECT_FALSE(key->verify("", signature));
  for (std::size_t size = 0; size < signature.size(); ++size)
    EXPECT_FALSE(key->verify("\x72", signature.substr(0, size)));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    Bytes altered = signature;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    EXPECT_FALSE(key->verify("\x72", altered)) << i;
  }
}

TEST(Ed25519PublicKey, IsNamedByTheHashOfItsBytes) {
  const auto key = Ed25519PublicKey::from_raw(*from_hex(kRfcPublic));
  EXPECT_EQ(key->id(), sha256_hex(*from_hex(kRfcPublic)));
}

TEST(Ed25519PublicKey, OfAnotherLengthIsRefused) {
  for (const std::size_t size : {0u, 31u, 33u}) {
    const auto key = Ed25519PublicKey::from_raw(Bytes(size, 'x'));
    ASSERT_FALSE(key.has_value());
    EXPECT_TRUE(key.error().is(kBadKey));
  }
}

TEST(Ed25519Key, IsTheSameAfterItsPem) {
  SeededRandom random(1);
  const Ed25519Key key = Ed25519Key::generate(random);
  const auto again = Ed25519Key::from_pem(key.pem());
  ASSERT_TRUE(again.has_value()) << again.error().text();
  EXPECT_EQ(again->public_key(), key.public_key());
  EXPECT_EQ(again->sign("x"), key.sign("x"));
}

TEST(Ed25519Key, PemCutAtAnyByteBeforeItsLastLineIsRefused) {
  SeededRandom random(1);
  const Bytes pem = Ed25519Key::generate(random).pem();
  const std::size_t end = pem.find("-----END PRIVATE KEY-----") + 25;
  for (std::size_t size = 0; size < end; ++size)
    EXPECT_FALSE(Ed25519Key::from_pem(ByteView(pem).substr(0, size)).has_value()) << size;
}

TEST(Ed25519Key, RefusesTheKeyOfAnotherType) {
  const auto key = Ed25519Key::from_pem(EcdsaKey::generate().pem());
  ASSERT_FALSE(key.has_value());
  EXPECT_TRUE(key.error().is(kBadKey));
}

TEST(EcdsaKey, RefusesTheKeyOfAnotherType) {
  SeededRandom random(1);
  const auto key = EcdsaKey::from_pem(Ed25519Key::generate(random).pem());
  ASSERT_FALSE(key.has_value());
  EXPECT_TRUE(key.error().is(kBadKey));
}

TEST(EcdsaKey, VerifiesItsOwnSignaturesOnly) {
  const EcdsaKey key = EcdsaKey::generate();
  const Bytes signature = key.sign("message");
  EXPECT_TRUE(key.public_key().verify("message", signature));
  EXPECT_FALSE(key.public_key().verify("massage", signature));
  EXPECT_FALSE(EcdsaKey::generate().public_key().verify("message", signature));
  for (std::size_t size = 0; size < signature.size(); ++size)
    EXPECT_FALSE(key.public_key().verify("message", signature.substr(0, size)));
}

TEST(EcdsaKey, IsTheSameAfterItsPem) {
  const EcdsaKey key = EcdsaKey::generate();
  const auto again = EcdsaKey::from_pem(key.pem());
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->public_key().spki_der(), key.public_key().spki_der());
}

TEST(EcdsaKey, RefusesAnEncryptedPemWithoutAskingForAPassword) {
  const auto key = EcdsaKey::from_pem(
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
      "MIH0MF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBBfhwFG3JmHlgGCVl9Z\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n");
  ASSERT_FALSE(key.has_value());
  EXPECT_TRUE(key.error().is(kBadKey));
}

TEST(PublicKey, IsReadFromItsDer) {
  const EcdsaKey key = EcdsaKey::generate();
  const auto read = PublicKey::from_der(key.public_key().spki_der());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->kind(), PublicKey::Kind::P256);
  EXPECT_TRUE(read->verify("m", key.sign("m")));
}

TEST(PublicKey, CutAtAnyByteOrWithMoreIsRefused) {
  const Bytes der = EcdsaKey::generate().public_key().spki_der();
  for (std::size_t size = 0; size < der.size(); ++size)
    EXPECT_FALSE(PublicKey::from_der(ByteView(der).substr(0, size)).has_value()) << size;
  EXPECT_FALSE(PublicKey::from_der(der + "x").has_value());
}

}  // namespace
}  // namespace muster::trust
