#include "contract/signer_protocol.h"

#include <gtest/gtest.h>

#include "contract/errors.h"

namespace muster::contract {
namespace {

const std::string kDevice = "00112233445566778899aabbccddeeff";

std::vector<signer::Request> all_requests() {
  return {
      signer::Public{},
      signer::SignPolicyHeader{*model::DeviceId::parse(kDevice), 2, 7, "{header}"},
      signer::SignDocument{SignedType::SiteTime, "{time}"},
      signer::SignCatalogue{CatalogueRole::Timestamp, 9, "{canonical}"},
      signer::Issue{CertificateProfile::SiteSystem, "\x30\x82", "mp1", {"mp1.example"}, {"::1"}},
      signer::Seal{"join-password", Bytes("a\0b", 3)},
      signer::Unseal{"join-password", "\xff"}};
}

std::vector<signer::Answer> all_answers() {
  return {signer::PublicKeys{Bytes(32, 'k'), "-----BEGIN CERTIFICATE-----\n", 4, 5},
          signer::Document{"muster-signed/1 ..."},
          signer::CatalogueSigned{std::string(64, 'a'), Bytes(64, 's')},
          signer::Issued{"\x30\x82"},
          signer::Sealed{"\x01"},
          signer::Unsealed{Bytes("a\0b", 3)},
          signer::Refused{1505, "rolled-back", "header 1.2", "Check"}};
}

TEST(SignerProtocol, CarriesEveryRequest) {
  const Bytes text = encode_signer_requests(all_requests());
  const auto decoded = decode_signer_requests(text);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().text();
  ASSERT_EQ(decoded->size(), all_requests().size());
  EXPECT_EQ(encode_signer_requests(*decoded), text);
  const auto& header = std::get<signer::SignPolicyHeader>((*decoded)[1]);
  EXPECT_EQ(header.device.text(), kDevice);
  EXPECT_EQ(header.epoch, 2u);
  EXPECT_EQ(header.version, 7u);
  EXPECT_EQ(header.payload, "{header}");
  EXPECT_EQ(std::get<signer::Seal>((*decoded)[5]).plaintext, Bytes("a\0b", 3));
}

TEST(SignerProtocol, CarriesEveryAnswer) {
  const Bytes text = encode_signer_answers(all_answers());
  const auto decoded = decode_signer_answers(text);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().text();
  ASSERT_EQ(decoded->size(), all_answers().size());
  EXPECT_EQ(encode_signer_answers(*decoded), text);
  EXPECT_EQ(std::get<signer::PublicKeys>((*decoded)[0]).timestamp_version, 5u);
  EXPECT_EQ(std::get<signer::Refused>((*decoded)[6]).number, 1505);
}

TEST(SignerProtocol, IsWrittenAsItsProtocolPageSays) {
  EXPECT_EQ(encode_signer_requests({signer::Public{}}), "{\"requests\":[{\"ask\":\"public\"}]}");
  EXPECT_EQ(encode_signer_requests({signer::SignDocument{SignedType::PolicyBody, "{}"}}),
            "{\"requests\":[{\"ask\":\"sign-document\",\"type\":\"policy-body\","
            "\"payload\":\"e30=\"}]}");
}

TEST(SignerProtocol, RefusesADocumentCutAtAnyByte) {
  const Bytes requests = encode_signer_requests(all_requests());
  for (std::size_t size = 0; size < requests.size(); ++size)
    EXPECT_FALSE(decode_signer_requests(ByteView(requests).substr(0, size)).has_value()) << size;
  const Bytes answers = encode_signer_answers(all_answers());
  for (std::size_t size = 0; size < answers.size(); ++size)
    EXPECT_FALSE(decode_signer_answers(ByteView(answers).substr(0, size)).has_value()) << size;
}

TEST(SignerProtocol, RefusesAnUnknownRequest) {
  const auto decoded = decode_signer_requests("{\"requests\":[{\"ask\":\"export-keys\"}]}");
  ASSERT_FALSE(decoded.has_value());
  EXPECT_TRUE(decoded.error().is(kSignerProtocol));
}

TEST(SignerProtocol, RefusesAnUnknownProfile) {
  const auto decoded = decode_signer_requests(
      "{\"requests\":[{\"ask\":\"issue\",\"profile\":\"ca\",\"request\":\"\",\"name\":\"x\","
      "\"dnsNames\":[],\"ipAddresses\":[]}]}");
  ASSERT_FALSE(decoded.has_value());
  EXPECT_TRUE(decoded.error().is(kSignerProtocol));
}

TEST(SignerProtocol, RefusesNoneAndTooManyRequests) {
  EXPECT_TRUE(decode_signer_requests("{\"requests\":[]}").error().is(kSignerFrame));
  std::string many = "{\"requests\":[";
  for (std::size_t i = 0; i < kSignerRequestsLimit; ++i) many += "{\"ask\":\"public\"},";
  const std::string most = many.substr(0, many.size() - 1) + "]}";
  EXPECT_TRUE(decode_signer_requests(most).has_value());
  EXPECT_TRUE(decode_signer_requests(many + "{\"ask\":\"public\"}]}").error().is(kSignerFrame));
}

TEST(SignerFrame, IsTakenOnlyWhenWhole) {
  const Bytes frame = frame_signer_document("{\"a\":1}");
  EXPECT_EQ(frame.substr(0, 4), Bytes("\0\0\0\7", 4));
  Bytes received;
  for (std::size_t i = 0; i + 1 < frame.size(); ++i) {
    received += frame[i];
    const auto taken = take_signer_frame(received);
    ASSERT_TRUE(taken.has_value());
    EXPECT_FALSE(taken->has_value()) << i;
  }
  received += frame.back();
  received += "rest";
  const auto taken = take_signer_frame(received);
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(**taken, "{\"a\":1}");
  EXPECT_EQ(received, "rest");
}

TEST(SignerFrame, OverTheLimitIsRefusedAtItsLength) {
  Bytes received("\x7f\xff\xff\xff", 4);
  const auto taken = take_signer_frame(received);
  ASSERT_FALSE(taken.has_value());
  EXPECT_TRUE(taken.error().is(kSignerFrame));
}

}  // namespace
}  // namespace muster::contract
