#include "trust/est.h"

#include <gtest/gtest.h>

#include "trust/certificate_authority.h"
#include "trust/csr.h"
#include "trust/errors.h"

namespace muster::trust {
namespace {

const Timestamp kNow = *parse_timestamp("2026-01-31T12:00:00Z");
const model::DeviceId kDevice = *model::DeviceId::parse("00112233445566778899aabbccddeeff");

std::vector<Certificate> sample() {
  SeededRandom random(1);
  const auto ca = CertificateAuthority::create(*model::SiteCode::parse("P01"), kNow, random);
  const EcdsaKey key = EcdsaKey::generate();
  return {*ca.issue(key.public_key(),
                    {contract::CertificateProfile::Client, kDevice.text(), {}, {}}, kNow, random),
          ca.certificate()};
}

TEST(EstCertificates, ArriveInTheirOrder) {
  const std::vector<Certificate> sent = sample();
  const auto received = decode_est_certificates(encode_est_certificates(sent));
  ASSERT_TRUE(received.has_value()) << received.error().text();
  ASSERT_EQ(received->size(), 2u);
  EXPECT_EQ((*received)[0].der, sent[0].der);
  EXPECT_EQ((*received)[1].der, sent[1].der);
}

TEST(EstCertificates, AreASignedDataWithoutSigners) {
  const auto decoded = from_base64(encode_est_certificates(sample()));
  ASSERT_TRUE(decoded.has_value()) << "strongSwan 5.9.8 takes no line breaks";
  const Bytes& der = *decoded;
  // RFC 5652: signedData, version 1, no digests, content type data.
  EXPECT_NE(der.find(*from_hex("06092a864886f70d010702a0")), Bytes::npos);
  EXPECT_NE(der.find(*from_hex("0201013100300b06092a864886f70d010701a0")), Bytes::npos);
  EXPECT_TRUE(der.ends_with(*from_hex("3100"))) << "signers";
}

TEST(EstCertificates, CutAtAnyByteAreRefused) {
  const Bytes body = encode_est_certificates(sample());
  for (std::size_t size = 0; size < body.size(); ++size) {
    const auto received = decode_est_certificates(ByteView(body).substr(0, size));
    ASSERT_FALSE(received.has_value()) << size;
  }
}

TEST(EstCertificates, OfNoneAreRefused) {
  EXPECT_TRUE(decode_est_certificates(encode_est_certificates({})).error().is(kBadEstBody));
  EXPECT_TRUE(decode_est_certificates("").error().is(kBadEstBody));
  EXPECT_TRUE(decode_est_certificates("AAAA").error().is(kBadEstBody));
}

TEST(EstRequest, ArrivesWithAndWithoutLineBreaks) {
  const Bytes der = *make_device_request(EcdsaKey::generate(), kDevice);
  EXPECT_EQ(*decode_est_request(encode_est_request(der)), der);
  EXPECT_EQ(*decode_est_request(to_base64(der)), der);
  Bytes lines = to_base64(der);
  lines.insert(64, "\r\n");
  EXPECT_EQ(*decode_est_request(lines + "\n"), der);
}

TEST(EstRequest, ThatIsNotBase64IsRefused) {
  EXPECT_TRUE(decode_est_request("").error().is(kBadEstBody));
  EXPECT_TRUE(decode_est_request("\r\n").error().is(kBadEstBody));
  EXPECT_TRUE(decode_est_request("-----BEGIN CERTIFICATE REQUEST-----").error().is(kBadEstBody));
  EXPECT_TRUE(decode_est_request(Bytes(1u << 20, 'A')).error().is(kBadEstBody));
}

}  // namespace
}  // namespace muster::trust
