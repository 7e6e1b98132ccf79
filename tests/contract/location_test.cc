#include "contract/location.h"

#include <gtest/gtest.h>

#include "contract/fallback_message.h"
#include "contract/public_documents.h"

namespace muster::contract {
namespace {

const std::string kNonce = "nonce=00112233445566778899aabbccddeeff";

model::IpAddress address(std::string_view text) { return *model::IpAddress::parse(text); }

TEST(LocatorQuestion, IsReadFromItsQueryAlone) {
  const auto question = decode_locator_query(kNonce + "&addresses=10.1.0.5,2001:db8::5&site=P01");
  ASSERT_TRUE(question);
  EXPECT_EQ(to_hex(question->nonce), kNonce.substr(6));
  ASSERT_EQ(question->addresses.size(), 2u);
  EXPECT_EQ(question->addresses[1].text(), "2001:db8::5");
  EXPECT_EQ(question->site->text(), "P01");
  EXPECT_EQ(encode_locator_query(*question), kNonce + "&addresses=10.1.0.5,2001:db8::5&site=P01");
  for (const std::string bad :
       {"", "&", "&addresses=", "&addresses=10.1.0.5,", "&site=", "&site=p01", "&site=P01&site=P01",
        "&x=1", "&addresses=1.1.1.1&addresses=1.1.1.1"})
    EXPECT_FALSE(
        decode_locator_query(bad.empty() ? bad : (bad == "&" ? kNonce + "&&" : kNonce + bad)))
        << bad;
}

LocatorAnswer sample() {
  LocatorAnswer answer{{*from_hex(kNonce.substr(6)), {address("10.1.0.5")}, {}},
                       *parse_timestamp("2026-01-31T12:00:00Z"),
                       address("192.0.2.1")};
  answer.outcome = LocatorOutcome::Found;
  answer.site = *model::SiteCode::parse("P01");
  answer.matched = address("10.1.0.5");
  answer.site_version = "0.1.0";
  answer.management_points = {"https://10.1.0.1:443"};
  return answer;
}

TEST(LocatorAnswer, HasTheDocumentedForm) {
  const Bytes text =
      R"({"format":1,"nonce":"00112233445566778899aabbccddeeff","addresses":"10.1.0.5",)"
      R"("issued":"2026-01-31T12:00:00Z","seen":"192.0.2.1","outcome":"found","site":"P01",)"
      R"("matched":"10.1.0.5","siteVersion":"0.1.0","managementPoints":["https://10.1.0.1:443"]})";
  EXPECT_EQ(encode_locator_answer(sample()), text);
  const auto read = decode_locator_answer(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(encode_locator_answer(*read), text);
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(decode_locator_answer(ByteView(text).substr(0, size))) << size;
}

TEST(LocatorAnswer, SaysASiteExactlyWhenItFoundOne) {
  auto answer = sample();
  answer.site.reset();
  EXPECT_FALSE(decode_locator_answer(encode_locator_answer(answer)));
  answer = sample();
  answer.outcome = LocatorOutcome::NoBoundary;
  EXPECT_FALSE(decode_locator_answer(encode_locator_answer(answer)));
}

TEST(FallbackMessage, TakesItsOwnFormAndNoOther) {
  const std::string good =
      R"({"format":1,"id":"00112233445566778899aabbccddeeff",)"
      R"("client":"ffeeddccbbaa99887766554433221100","name":"pc-1.lan","at":"2026-01-31T12:00:00Z",)"
      R"("topic":800,"state":606,"cause":2414,"site":"P01"})";
  const auto read = decode_fallback_message(good);
  ASSERT_TRUE(read);
  EXPECT_EQ(encode_fallback_message(*read), good);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(decode_fallback_message(ByteView(good).substr(0, size))) << size;
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  EXPECT_FALSE(decode_fallback_message(with("pc-1.lan", "pc 1")));
  EXPECT_FALSE(decode_fallback_message(with("pc-1.lan", std::string(64, 'a'))));
  EXPECT_TRUE(decode_fallback_message(with("pc-1.lan", std::string(63, 'a'))));
  EXPECT_FALSE(decode_fallback_message(with("800", "1000")));
  EXPECT_FALSE(decode_fallback_message(with("606", "610")));
  EXPECT_FALSE(decode_fallback_message(with("2414", "10000")));
  EXPECT_FALSE(decode_fallback_message(with("\"cause\"", "\"note\":\"x\",\"cause\"")));
  EXPECT_FALSE(decode_fallback_message(good + std::string(kFallbackMessageLimit, ' ')));
}

TEST(PublicDocuments, ReadBackAsTheyWereWritten) {
  RevocationList list{*model::SiteCode::parse("P01")};
  list.issued = *parse_timestamp("2026-01-31T12:00:00Z");
  list.number = 3;
  list.certificates = {std::string(64, 'a')};
  const Bytes text = encode_revocations(list);
  ASSERT_TRUE(decode_revocations(text));
  EXPECT_EQ(encode_revocations(*decode_revocations(text)), text);
  list.certificates = {std::string(64, 'g')};
  EXPECT_FALSE(decode_revocations(encode_revocations(list)));
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(decode_revocations(ByteView(text).substr(0, size))) << size;
}

}  // namespace
}  // namespace muster::contract
