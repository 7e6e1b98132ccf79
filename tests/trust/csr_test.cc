#include "trust/csr.h"

#include <gtest/gtest.h>

#include "base/os/file.h"
#include "trust/errors.h"
#include "trust/est.h"

namespace muster::trust {
namespace {

const model::DeviceId kDevice = *model::DeviceId::parse("00112233445566778899aabbccddeeff");

Bytes golden(const std::string& name) {
  return *os::read_file(std::string(MUSTER_SOURCE_DIR) + "/tests/trust/golden/" + name);
}

TEST(CertificateRequest, CarriesTheDevicesNameAndKey) {
  const EcdsaKey key = EcdsaKey::generate();
  const auto request = parse_request(*make_device_request(key, kDevice));
  ASSERT_TRUE(request.has_value()) << request.error().text();
  EXPECT_EQ(request->names.common_name, kDevice.text());
  EXPECT_EQ(request->names.uris, std::vector<std::string>{kDevice.urn()});
  EXPECT_EQ(request->key.spki_der(), key.public_key().spki_der());
}

TEST(CertificateRequest, CarriesDnsNames) {
  const auto request =
      parse_request(*make_request(EcdsaKey::generate(), {"mp1", {}, {"mp1.example.org"}}));
  ASSERT_TRUE(request.has_value()) << request.error().text();
  EXPECT_EQ(request->names.dns_names, std::vector<std::string>{"mp1.example.org"});
}

TEST(CertificateRequest, IsNotMadeWithNamesThatX509CannotHold) {
  const EcdsaKey key = EcdsaKey::generate();
  EXPECT_TRUE(make_request(key, {"", {}, {}}).error().is(kBadRequest));
  EXPECT_TRUE(make_request(key, {std::string(65, 'a'), {}, {}}).error().is(kBadRequest));
  EXPECT_TRUE(make_request(key, {"a", {"urn:with space"}, {}}).error().is(kBadRequest));
  EXPECT_TRUE(make_request(key, {"a", {}, {"*.example.org"}}).error().is(kBadRequest));
}

TEST(CertificateRequest, CutAtAnyByteOrWithMoreIsRefused) {
  const Bytes der = *make_device_request(EcdsaKey::generate(), kDevice);
  for (std::size_t size = 0; size < der.size(); ++size)
    EXPECT_FALSE(parse_request(ByteView(der).substr(0, size)).has_value()) << size;
  EXPECT_FALSE(parse_request(der + "x").has_value());
}

TEST(CertificateRequest, WithAnyOneByteAlteredIsRefused) {
  const Bytes der = *make_device_request(EcdsaKey::generate(), kDevice);
  for (std::size_t i = 0; i < der.size(); ++i) {
    Bytes altered = der;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    EXPECT_FALSE(parse_request(altered).has_value()) << i;
  }
}

TEST(CertificateRequest, WithAnotherKeysSignatureIsRefused) {
  const Bytes first = *make_device_request(EcdsaKey::generate(), kDevice);
  const Bytes second = *make_device_request(EcdsaKey::generate(), kDevice);
  // The key is the last 65 bytes of the SubjectPublicKeyInfo, after its own header.
  const Bytes header = *from_hex("03420004");
  Bytes mixed = first;
  mixed.replace(first.find(header) + 4, 64, second.substr(second.find(header) + 4, 64));
  const auto request = parse_request(mixed);
  ASSERT_FALSE(request.has_value());
  EXPECT_TRUE(request.error().is(kBadRequest)) << request.error().text();
}

TEST(CertificateRequest, OverTheLimitIsRefusedUnread) {
  EXPECT_TRUE(parse_request(Bytes(kRequestLimit + 1, '0')).error().is(kBadRequest));
}

// Made with `pki --req` of strongSwan 5.9.8, whose --san does not know this URI and writes an
// empty list of alternative names.
TEST(CertificateRequest, OfStrongswanIsRead) {
  const auto der = decode_est_request(golden("strongswan-5.9.8-rsa-request.txt"));
  ASSERT_TRUE(der.has_value());
  const auto request = parse_request(*der);
  ASSERT_TRUE(request.has_value()) << request.error().text();
  EXPECT_EQ(request->names.common_name, "pc1");
  EXPECT_EQ(request->key.kind(), PublicKey::Kind::Rsa);
}

// Made with `openssl req`.
TEST(CertificateRequest, OfASmallRsaKeyIsRefused) {
  const auto request = parse_request(*decode_est_request(golden("openssl-rsa-1024-request.txt")));
  ASSERT_FALSE(request.has_value());
  EXPECT_TRUE(request.error().is(kBadKey));
}

TEST(CertificateRequest, OfAnotherCurveIsRefused) {
  const auto request = parse_request(*decode_est_request(golden("openssl-p384-request.txt")));
  ASSERT_FALSE(request.has_value());
  EXPECT_TRUE(request.error().is(kBadKey));
}

TEST(CertificateRequest, OfEd25519IsRefused) {
  const auto request = parse_request(*decode_est_request(golden("openssl-ed25519-request.txt")));
  ASSERT_FALSE(request.has_value());
  EXPECT_TRUE(request.error().is(kBadKey));
}

TEST(CertificateRequest, SignedOverSha1IsRefused) {
  const auto request = parse_request(*decode_est_request(golden("openssl-p256-sha1-request.txt")));
  ASSERT_FALSE(request.has_value());
  EXPECT_TRUE(request.error().is(kBadRequest));
}

}  // namespace
}  // namespace muster::trust
