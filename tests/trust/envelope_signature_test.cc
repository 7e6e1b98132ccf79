#include "trust/envelope_signature.h"

#include <gtest/gtest.h>

#include "base/sha256.h"
#include "trust/certificate_authority.h"
#include "trust/errors.h"

namespace muster::trust {
namespace {

using contract::CertificateProfile;

const Timestamp kNow = *parse_timestamp("2026-01-31T12:00:00Z");
const model::DeviceId kDevice = *model::DeviceId::parse("00112233445566778899aabbccddeeff");
constexpr std::string_view kBody = "{\"kind\":\"heartbeat\"}";

struct Sender {
  SeededRandom random{1};
  CertificateAuthority ca =
      CertificateAuthority::create(*model::SiteCode::parse("P01"), kNow, random);
  EcdsaKey key = EcdsaKey::generate();
  CertificatePtr certificate = issue({CertificateProfile::Client, kDevice.text(), {}, {}});

  CertificatePtr issue(const LeafNames& names) {
    return std::make_shared<const Certificate>(*ca.issue(key.public_key(), names, kNow, random));
  }
  contract::EnvelopeHeader header() const {
    contract::EnvelopeHeader header{.sender = kDevice};
    header.stream = Bytes(16, '\x11');
    header.sequence = 5;
    header.sent = kNow;
    header.body_sha256 = sha256(kBody);
    header.body_size = kBody.size();
    header.certificate_sha256 = certificate->sha256;
    return header;
  }
};

Result<void> verify(const Bytes& text, const CertificatePtr& certificate) {
  const auto envelope = TRY(contract::parse_envelope(text));
  return verify_envelope(envelope, certificate);
}

void expect_error(const Result<void>& result, const ErrorKind& kind) {
  ASSERT_FALSE(result.has_value());
  EXPECT_TRUE(result.error().is(kind)) << result.error().text();
}

TEST(EnvelopeSignature, OfTheSendersKeyIsAccepted) {
  const Sender sender;
  const Bytes text = sign_envelope(sender.header(), kBody, sender.key);
  const auto verified = verify(text, sender.certificate);
  EXPECT_TRUE(verified.has_value()) << verified.error().text();
}

TEST(EnvelopeSignature, RefusesAMessageCutAtAnyByte) {
  const Sender sender;
  const Bytes text = sign_envelope(sender.header(), kBody, sender.key);
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(verify(text.substr(0, size), sender.certificate).has_value()) << size;
}

TEST(EnvelopeSignature, RefusesAMessageWithAnyOneByteAltered) {
  const Sender sender;
  const Bytes text = sign_envelope(sender.header(), kBody, sender.key);
  for (std::size_t i = 0; i < text.size(); ++i) {
    Bytes altered = text;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    EXPECT_FALSE(verify(altered, sender.certificate).has_value()) << i;
  }
}

TEST(EnvelopeSignature, NamesAnAlteredHeader) {
  const Sender sender;
  Bytes text = sign_envelope(sender.header(), kBody, sender.key);
  text.replace(text.find("\"sequence\":5"), 12, "\"sequence\":6");
  expect_error(verify(text, sender.certificate), kBadSignature);
}

TEST(EnvelopeSignature, NamesAnAlteredBody) {
  const Sender sender;
  Bytes text = sign_envelope(sender.header(), kBody, sender.key);
  text[text.size() - 2] = 'X';
  expect_error(verify(text, sender.certificate), kWrongHash);
}

TEST(EnvelopeSignature, OfAnotherKeyIsRefused) {
  const Sender sender;
  const Bytes text = sign_envelope(sender.header(), kBody, EcdsaKey::generate());
  expect_error(verify(text, sender.certificate), kBadSignature);
}

TEST(EnvelopeSignature, WithAnotherCertificateThanItNamesIsRefused) {
  Sender sender;
  const Bytes text = sign_envelope(sender.header(), kBody, sender.key);
  const auto renewed = sender.issue({CertificateProfile::Client, kDevice.text(), {}, {}});
  expect_error(verify(text, renewed), kWrongCertificate);
}

TEST(EnvelopeSignature, OfAnotherDeviceIsRefused) {
  Sender sender;
  sender.certificate =
      sender.issue({CertificateProfile::Client, "ff112233445566778899aabbccddeeff", {}, {}});
  const Bytes text = sign_envelope(sender.header(), kBody, sender.key);
  expect_error(verify(text, sender.certificate), kWrongDevice);
}

TEST(EnvelopeSignature, OfASiteSystemIsRefused) {
  Sender sender;
  sender.certificate = sender.issue({CertificateProfile::SiteSystem, "mp1", {"mp1"}, {}});
  const Bytes text = sign_envelope(sender.header(), kBody, sender.key);
  expect_error(verify(text, sender.certificate), kWrongDevice);
}

}  // namespace
}  // namespace muster::trust
