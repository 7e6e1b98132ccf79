#include "contract/envelope.h"

#include <gtest/gtest.h>

#include "base/sha256.h"
#include "contract/errors.h"

namespace muster::contract {
namespace {

constexpr std::string_view kBody = "{\"kind\":\"heartbeat\"}\n";

EnvelopeHeader sample() {
  EnvelopeHeader header{.sender = *model::DeviceId::parse("00112233445566778899aabbccddeeff")};
  header.stream = Bytes(16, '\x11');
  header.sequence = 18446744073709551615u;
  header.type = MessageType::Heartbeat;
  header.sent = *parse_timestamp("2026-01-31T12:00:00.250Z");
  header.body_sha256 = sha256(kBody);
  header.body_encoding = BodyEncoding::Identity;
  header.body_size = kBody.size();
  header.certificate_sha256 = Bytes(32, '\x22');
  return header;
}

std::string sample_text(const EnvelopeHeader& header = sample(), ByteView body = kBody) {
  return frame_envelope(envelope_signed_part(header), "signature", body);
}

void expect_failure(const std::string& text, const ErrorKind& kind,
                    const EnvelopeLimits& limits = {}) {
  const auto parsed = parse_envelope(text, limits);
  ASSERT_FALSE(parsed.has_value()) << text;
  EXPECT_TRUE(parsed.error().is(kind)) << parsed.error().text();
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Envelope, HasTheFormOfItsProtocolPage) {
  EXPECT_EQ(sample_text(),
            "muster-envelope/1\n"
            "{\"sender\":\"00112233445566778899aabbccddeeff\","
            "\"stream\":\"11111111111111111111111111111111\","
            "\"sequence\":18446744073709551615,\"type\":\"heartbeat\","
            "\"sent\":\"2026-01-31T12:00:00.250Z\","
            "\"bodySha256\":\"" +
                sha256_hex(kBody) +
                "\",\"bodyEncoding\":\"identity\",\"bodySize\":21,"
                "\"certificateSha256\":"
                "\"2222222222222222222222222222222222222222222222222222222222222222\"}\n"
                "c2lnbmF0dXJl\n"
                "{\"kind\":\"heartbeat\"}\n");
}

TEST(Envelope, GivesBackEveryFieldOfItsHeader) {
  const EnvelopeHeader header = sample();
  const std::string text = sample_text(header);
  const auto parsed = parse_envelope(text);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
  EXPECT_EQ(parsed->header.sender, header.sender);
  EXPECT_EQ(parsed->header.stream, header.stream);
  EXPECT_EQ(parsed->header.sequence, header.sequence);
  EXPECT_EQ(parsed->header.type, header.type);
  EXPECT_EQ(parsed->header.sent, header.sent);
  EXPECT_EQ(parsed->header.body_sha256, header.body_sha256);
  EXPECT_EQ(parsed->header.body_encoding, header.body_encoding);
  EXPECT_EQ(parsed->header.body_size, header.body_size);
  EXPECT_EQ(parsed->header.certificate_sha256, header.certificate_sha256);
  EXPECT_EQ(parsed->signature, "signature");
  EXPECT_EQ(parsed->body, kBody);
}

TEST(Envelope, GivesTheSignedPartAsItWasSent) {
  const Bytes signed_part = envelope_signed_part(sample());
  const std::string text = frame_envelope(signed_part, "signature", kBody);
  EXPECT_EQ(parse_envelope(text)->signed_part, signed_part);
}

TEST(Envelope, CutAtAnyByteIsRefused) {
  const std::string text = sample_text();
  for (std::size_t size = 0; size < text.size(); ++size)
    expect_failure(text.substr(0, size), kEnvelopeMalformed);
}

TEST(Envelope, WithALongerBodyThanItSaysIsRefused) {
  expect_failure(sample_text() + "x", kEnvelopeMalformed);
}

TEST(Envelope, OfAnotherVersionIsRefused) {
  expect_failure(replaced(sample_text(), "envelope/1", "envelope/2"), kEnvelopeMalformed);
}

TEST(Envelope, WithoutAnyOneFieldIsRefused) {
  for (const char* key : {"sender", "stream", "sequence", "type", "sent", "bodySha256",
                          "bodyEncoding", "bodySize", "certificateSha256"})
    expect_failure(replaced(sample_text(), fmt::format("\"{}\"", key), "\"other\""),
                   kEnvelopeMalformed);
}

TEST(Envelope, OfAnUnknownTypeOrEncodingIsRefused) {
  expect_failure(replaced(sample_text(), "\"heartbeat\"", "\"command\""), kEnvelopeMalformed);
  expect_failure(replaced(sample_text(), "\"identity\"", "\"gzip\""), kEnvelopeMalformed);
}

TEST(Envelope, WithAStreamOfAnotherLengthIsRefused) {
  expect_failure(replaced(sample_text(), "\"1111", "\"11"), kEnvelopeMalformed);
}

TEST(Envelope, WithANegativeSequenceIsRefused) {
  expect_failure(replaced(sample_text(), "18446744073709551615", "-1"), kEnvelopeMalformed);
}

TEST(Envelope, WithALineThatIsNotBase64IsRefused) {
  expect_failure(replaced(sample_text(), "c2lnbmF0dXJl", "c2lnbmF0dXJ!"), kEnvelopeMalformed);
  expect_failure(replaced(sample_text(), "c2lnbmF0dXJl", ""), kEnvelopeMalformed);
}

TEST(Envelope, WithAnEndlessHeaderIsTooLarge) {
  expect_failure("muster-envelope/1\n" + std::string(100'000, ' ') + "\n\n", kEnvelopeTooLarge);
}

TEST(Envelope, WithAnEndlessSignatureIsRefused) {
  expect_failure(replaced(sample_text(), "c2lnbmF0dXJl", std::string(100'000, 'A')),
                 kEnvelopeMalformed);
}

TEST(Envelope, OverTheBodyLimitIsTooLarge) {
  EnvelopeLimits limits;
  limits.body_bytes = kBody.size();
  EXPECT_TRUE(parse_envelope(sample_text(), limits).has_value());
  --limits.body_bytes;
  expect_failure(sample_text(), kEnvelopeTooLarge, limits);
}

TEST(Envelope, ThatUnpacksOverTheLimitIsTooLargeBeforeItIsUnpacked) {
  EnvelopeHeader header = sample();
  header.body_encoding = BodyEncoding::Zstd;
  header.body_size = EnvelopeLimits().unpacked_bytes;
  EXPECT_TRUE(parse_envelope(sample_text(header)).has_value());
  ++header.body_size;
  expect_failure(sample_text(header), kEnvelopeTooLarge);
}

}  // namespace
}  // namespace muster::contract
