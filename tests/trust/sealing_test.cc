#include "trust/sealing.h"

#include <gtest/gtest.h>

#include "base/sha256.h"
#include "contract/errors.h"
#include "trust/certificate_authority.h"
#include "trust/errors.h"

namespace muster::trust {
namespace {

const Timestamp kNow = *parse_timestamp("2026-01-31T12:00:00Z");
const model::DeviceId kDevice = *model::DeviceId::parse("00112233445566778899aabbccddeeff");
constexpr std::string_view kBody = "a message";

struct Exchange {
  SeededRandom random{1};
  CertificateAuthority ca =
      CertificateAuthority::create(*model::SiteCode::parse("P01"), kNow, random);
  EcdsaKey key = EcdsaKey::generate();
  CertificatePtr certificate = issue(kDevice.text());
  X25519Key site = X25519Key::generate(random);
  std::string key_id = contract::envelope_key_id(site.public_raw());

  CertificatePtr issue(const std::string& name) {
    return std::make_shared<const Certificate>(*ca.issue(
        key.public_key(), {contract::CertificateProfile::Client, name, {}, {}}, kNow, random));
  }
  contract::SealedRequest header() const {
    contract::SealedRequest header{.sender = kDevice};
    header.number = 7;
    header.key_id = key_id;
    header.method = "POST";
    header.path = "/mp/messages";
    header.sent = kNow;
    header.body_sha256 = sha256(kBody);
    header.certificate = certificate->der;
    return header;
  }
  OutgoingExchange seal(const contract::SealedRequest& header) {
    return *seal_request(header, kBody, key, site.public_raw(), random);
  }
  Result<void> take(ByteView request) {
    const auto frame = TRY(contract::parse_sealed_frame(request));
    const auto opened = TRY(open_request(frame, site));
    const auto parsed = TRY(contract::parse_sealed_request(opened.text));
    return verify_sealed_request(parsed, certificate, frame.key_id);
  }
};

void expect_error(const Result<void>& result, const ErrorKind& kind) {
  ASSERT_FALSE(result.has_value());
  EXPECT_TRUE(result.error().is(kind)) << result.error().text();
}

TEST(Sealing, CarriesARequestToTheSiteAndTheAnswerBack) {
  Exchange exchange;
  const auto sent = exchange.seal(exchange.header());
  EXPECT_EQ(sent.request.find("messages"), Bytes::npos);
  EXPECT_EQ(sent.request.find(exchange.certificate->der.substr(0, 32)), Bytes::npos);
  const auto frame = *contract::parse_sealed_frame(sent.request);
  const auto opened = *open_request(frame, exchange.site);
  const auto request = *contract::parse_sealed_request(opened.text);
  EXPECT_EQ(request.body, kBody);
  EXPECT_EQ(request.header.path, "/mp/messages");
  const auto verified = verify_sealed_request(request, exchange.certificate, frame.key_id);
  EXPECT_TRUE(verified.has_value()) << verified.error().text();
  contract::SealedAnswer answer{7, 200, 7, {{"ETag", "\"1.2\""}}, "the policy"};
  const Bytes travels = opened.seal(answer, exchange.random);
  EXPECT_EQ(travels.find("policy"), Bytes::npos);
  const auto read = sent.open(travels);
  ASSERT_TRUE(read.has_value()) << read.error().text();
  EXPECT_EQ(read->status, 200u);
  EXPECT_EQ(read->headers, answer.headers);
  EXPECT_EQ(read->body, "the policy");
}

TEST(Sealing, RefusesARequestThatIsCutOrAlteredAtAnyByte) {
  Exchange exchange;
  const Bytes request = exchange.seal(exchange.header()).request;
  ASSERT_TRUE(exchange.take(request).has_value());
  for (std::size_t at = 0; at < request.size(); ++at) {
    EXPECT_FALSE(exchange.take(ByteView(request).substr(0, at)).has_value()) << at;
    Bytes altered = request;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    EXPECT_FALSE(exchange.take(altered).has_value()) << at;
  }
  expect_error(exchange.take(request + "x"), kNotOpened);
}

TEST(Sealing, RefusesWhatAnotherKeyWasMeantFor) {
  Exchange exchange;
  const Bytes request = exchange.seal(exchange.header()).request;
  Exchange other;
  other.site = X25519Key::generate(exchange.random);
  expect_error(other.take(request), kNotOpened);
  // Opened by the one it was sealed to and sealed to another: the device signed the first.
  auto header = exchange.header();
  header.key_id = std::string(64, 'a');
  Bytes again = exchange.seal(header).request;
  const auto frame = *contract::parse_sealed_frame(again);
  const auto opened = *open_request(frame, exchange.site);
  const auto parsed = *contract::parse_sealed_request(opened.text);
  expect_error(verify_sealed_request(parsed, exchange.certificate, exchange.key_id),
               kWrongExchange);
}

TEST(Sealing, RefusesASenderThatItsCertificateDoesNotName) {
  Exchange exchange;
  auto header = exchange.header();
  header.sender = *model::DeviceId::parse("ffeeddccbbaa99887766554433221100");
  expect_error(exchange.take(exchange.seal(header).request), kWrongDevice);
}

TEST(Sealing, RefusesTheSignatureOfAnotherKeyAndAnotherBody) {
  Exchange exchange;
  const auto stranger = EcdsaKey::generate();
  const auto forged = *seal_request(exchange.header(), kBody, stranger, exchange.site.public_raw(),
                                    exchange.random);
  expect_error(exchange.take(forged.request), kBadSignature);
  const auto swapped = *seal_request(exchange.header(), "another", exchange.key,
                                     exchange.site.public_raw(), exchange.random);
  expect_error(exchange.take(swapped.request), kWrongHash);
}

TEST(Sealing, BelievesNoAnswerThatIsCutAlteredOrToAnotherRequest) {
  Exchange exchange;
  const auto sent = exchange.seal(exchange.header());
  const auto opened = *open_request(*contract::parse_sealed_frame(sent.request), exchange.site);
  const Bytes answer = opened.seal({7, 304, 7, {}, ""}, exchange.random);
  ASSERT_TRUE(sent.open(answer).has_value());
  for (std::size_t at = 0; at < answer.size(); ++at) {
    EXPECT_FALSE(sent.open(ByteView(answer).substr(0, at)).has_value()) << at;
    Bytes altered = answer;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    EXPECT_FALSE(sent.open(altered).has_value()) << at;
  }
  const auto later = exchange.seal(exchange.header());
  EXPECT_TRUE(later.open(answer).error().is(kNotOpened));
  EXPECT_TRUE(
      sent.open(opened.seal({8, 304, 8, {}, ""}, exchange.random)).error().is(kWrongExchange));
}

}  // namespace
}  // namespace muster::trust
