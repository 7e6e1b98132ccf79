#include "trust/hpke.h"

#include <gtest/gtest.h>

#include "trust/errors.h"

namespace muster::trust {
namespace {

Bytes hex(std::string_view text) { return *from_hex(text); }

// RFC 9180 A.2.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, base mode.
const Bytes kInfo = hex("4f6465206f6e2061204772656369616e2055726e");
const Bytes kSender = hex("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600");
const Bytes kSenderPublic = hex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a");
const Bytes kReceiver = hex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb");
const Bytes kReceiverPublic =
    hex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a");
const Bytes kBound = hex("436f756e742d30");
const Bytes kText = hex("4265617574792069732074727574682c20747275746820626561757479");
const Bytes kSealed = hex(
    "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28");

TEST(Hpke, SealsAndOpensAsTheRfcsExample) {
  const auto sender = X25519Key::from_raw(kSender);
  const auto receiver = X25519Key::from_raw(kReceiver);
  ASSERT_TRUE(sender && receiver);
  EXPECT_EQ(to_hex(sender->public_raw()), to_hex(kSenderPublic));
  EXPECT_EQ(to_hex(receiver->public_raw()), to_hex(kReceiverPublic));
  const auto there = hpke_send(kReceiverPublic, kInfo, *sender);
  const auto here = hpke_receive(*receiver, kInfo, kSenderPublic);
  ASSERT_TRUE(there && here);
  EXPECT_EQ(to_hex(there->seal(kBound, kText)), to_hex(kSealed));
  EXPECT_EQ(here->open(kBound, kSealed).value_or(""), kText);
  EXPECT_EQ(here->export_secret("label", 32), there->export_secret("label", 32));
  EXPECT_NE(here->export_secret("label", 32), there->export_secret("other", 32));
}

TEST(Hpke, OpensNothingThatIsCutAlteredOrBoundToSomethingElse) {
  const auto receiver = *X25519Key::from_raw(kReceiver);
  const HpkeContext context = *hpke_receive(receiver, kInfo, kSenderPublic);
  const auto expect_closed = [&](ByteView bound, ByteView sealed) {
    const auto opened = context.open(bound, sealed);
    ASSERT_FALSE(opened.has_value());
    EXPECT_TRUE(opened.error().is(kNotOpened));
  };
  for (std::size_t size = 0; size < kSealed.size(); ++size)
    expect_closed(kBound, ByteView(kSealed).substr(0, size));
  for (std::size_t at = 0; at < kSealed.size(); ++at) {
    Bytes altered = kSealed;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    expect_closed(kBound, altered);
  }
  expect_closed("Count-1", kSealed);
  EXPECT_FALSE(hpke_receive(receiver, "", kSenderPublic)->open(kBound, kSealed).has_value());
  SeededRandom random(1);
  const auto other = X25519Key::generate(random);
  EXPECT_FALSE(hpke_receive(other, kInfo, kSenderPublic)->open(kBound, kSealed).has_value());
}

TEST(Hpke, AgreesWithNoKeyOfLowOrderOrOfAnotherSize) {
  const auto key = *X25519Key::from_raw(kReceiver);
  for (const Bytes& bad : {Bytes(32, '\0'), Bytes("\x01") + Bytes(31, '\0'), Bytes(31, 'a'),
                           Bytes(33, 'a'), Bytes()}) {
    const auto secret = key.agree(bad);
    ASSERT_FALSE(secret.has_value()) << to_hex(bad);
    EXPECT_TRUE(secret.error().is(kBadKey));
  }
  EXPECT_FALSE(X25519Key::from_raw(Bytes(31, 'a')).has_value());
}

TEST(Hpke, SealsAnEmptyText) {
  const auto there = hpke_send(kReceiverPublic, "", *X25519Key::from_raw(kSender));
  const auto here = hpke_receive(*X25519Key::from_raw(kReceiver), "", kSenderPublic);
  EXPECT_EQ(here->open("", there->seal("", "")).value_or("closed"), "");
}

}  // namespace
}  // namespace muster::trust
