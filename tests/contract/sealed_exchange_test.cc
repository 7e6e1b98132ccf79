#include "contract/sealed_exchange.h"

#include <gtest/gtest.h>

#include "contract/errors.h"
#include "contract/policy_bodies.h"

namespace muster::contract {
namespace {

const Timestamp kNow = *parse_timestamp("2026-01-31T12:00:00Z");

SealedRequest sample() {
  SealedRequest header{.sender = *model::DeviceId::parse("00112233445566778899aabbccddeeff")};
  header.number = 7;
  header.key_id = std::string(64, 'a');
  header.method = "GET";
  header.path = "/mp/policy";
  header.etag = "\"1.2\"";
  header.poll = "a b c";
  header.sent = kNow;
  header.body_sha256 = Bytes(32, 'b');
  header.certificate = "der";
  return header;
}

Bytes framed(const SealedRequest& header) {
  return frame_sealed_request(sealed_request_signed_part(header), "signature", "body");
}

TEST(SealedRequest, ReadsBackAsItWasWritten) {
  const Bytes text = framed(sample());
  const auto parsed = parse_sealed_request(text);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
  EXPECT_EQ(parsed->signed_part, sealed_request_signed_part(sample()));
  EXPECT_EQ(sealed_request_signed_part(parsed->header), parsed->signed_part);
  EXPECT_EQ(parsed->signature, "signature");
  EXPECT_EQ(parsed->body, "body");
}

TEST(SealedRequest, RefusesToBeCutBeforeItsBody) {
  const Bytes text = framed(sample());
  for (std::size_t size = 0; size < text.size() - 4; ++size)
    EXPECT_FALSE(parse_sealed_request(ByteView(text).substr(0, size)).has_value()) << size;
}

TEST(SealedRequest, TakesPlainPathsAndTwoMethodsOnly) {
  for (const char* path : {"mp", "/mp/../x", "/mp?x=1", "/mp/%41", "/mp x", "/\xc3\xa4", "//a\n"}) {
    auto header = sample();
    header.path = path;
    EXPECT_TRUE(parse_sealed_request(framed(header)).error().is(kSealedMalformed)) << path;
  }
  auto header = sample();
  const std::vector<std::string> bodies(kMostPolicyBodies, std::string(64, 'a'));
  header.path = std::string(kPolicyBodiesPath) + encode_body_names(bodies);
  EXPECT_TRUE(parse_sealed_request(framed(header)).has_value());
  header.path = "/" + std::string(2304, 'a');
  EXPECT_TRUE(parse_sealed_request(framed(header)).error().is(kSealedMalformed));
  for (const char* method : {"", "PUT", "get", "GET\r\nX: y"}) {
    header = sample();
    header.method = method;
    EXPECT_TRUE(parse_sealed_request(framed(header)).error().is(kSealedMalformed)) << method;
  }
  header = sample();
  header.etag = "\"1\r\nX: y\"";
  EXPECT_TRUE(parse_sealed_request(framed(header)).error().is(kSealedMalformed));
}

TEST(SealedRequest, RefusesAHeaderOverItsLimit) {
  auto header = sample();
  header.certificate = Bytes(kSealedHeaderLimit, 'c');
  EXPECT_TRUE(parse_sealed_request(framed(header)).error().is(kSealedTooLarge));
}

TEST(SealedFrame, TakesItsOwnFormOnly) {
  const Bytes line = sealed_first_line(std::string(64, 'a'));
  const Bytes text = line + Bytes(32, 'k') + Bytes(16, 't');
  const auto frame = parse_sealed_frame(text);
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(frame->bound, line);
  EXPECT_EQ(frame->encapsulated, Bytes(32, 'k'));
  EXPECT_EQ(frame->sealed, Bytes(16, 't'));
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(parse_sealed_frame(ByteView(text).substr(0, size)).has_value()) << size;
  for (const Bytes& first :
       {sealed_first_line(std::string(64, 'A')), "muster-sealed/2 " + std::string(64, 'a') + "\n"})
    EXPECT_TRUE(parse_sealed_frame(first + Bytes(48, 'x')).error().is(kSealedMalformed));
}

TEST(SealedAnswer, ReadsBackAndRefusesWhatIsNone) {
  const SealedAnswer answer{3, 404, 9, {{"ETag", "\"1\""}, {"Retry-After", "5"}}, "body\nof two"};
  const Bytes text = encode_sealed_answer(answer);
  const auto read = decode_sealed_answer(text);
  ASSERT_TRUE(read.has_value()) << read.error().text();
  EXPECT_EQ(encode_sealed_answer(*read), text);
  EXPECT_EQ(read->last, 9u);
  EXPECT_EQ(read->body, answer.body);
  const std::size_t line = text.find('\n');
  for (std::size_t size = 0; size <= line; ++size)
    EXPECT_FALSE(decode_sealed_answer(ByteView(text).substr(0, size)).has_value()) << size;
  EXPECT_FALSE(decode_sealed_answer(encode_sealed_answer({1, 99, 1, {}, ""})).has_value());
}

TEST(EnvelopeKeyDocument, ReadsBackAndNeedsAnEndAfterItsStart) {
  EnvelopeKeyDocument document{*model::SiteCode::parse("P01"), Bytes(32, 'k'), kNow,
                               kNow + std::chrono::hours(1)};
  const auto read = decode_envelope_key(encode_envelope_key(document));
  ASSERT_TRUE(read.has_value()) << read.error().text();
  EXPECT_EQ(read->public_key, document.public_key);
  EXPECT_EQ(read->expires, document.expires);
  document.expires = document.issued;
  EXPECT_FALSE(decode_envelope_key(encode_envelope_key(document)).has_value());
  document.expires = kNow + std::chrono::hours(1);
  document.public_key = Bytes(31, 'k');
  EXPECT_FALSE(decode_envelope_key(encode_envelope_key(document)).has_value());
}

}  // namespace
}  // namespace muster::contract
