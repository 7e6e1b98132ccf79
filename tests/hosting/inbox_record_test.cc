#include "hosting/inbox_record.h"

#include <gtest/gtest.h>

namespace muster::hosting {
namespace {

TEST(InboxRecord, ComesBackAsItWas) {
  const InboxRecord record{{1'790'000'000'123}, "certificate", "envelope"};
  const auto read = decode_inbox_record(encode_inbox_record(record));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->received, record.received);
  EXPECT_EQ(read->certificate_der, record.certificate_der);
  EXPECT_EQ(read->envelope, record.envelope);
}

TEST(InboxRecord, OfNobodyKeepsItsAddressAndNoCertificate) {
  const Bytes bytes = encode_inbox_record({{1'790'000'000'123}, {}, "message", "192.0.2.1"});
  const auto read = decode_inbox_record(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->anonymous_from, "192.0.2.1");
  EXPECT_EQ(read->certificate_der, "");
  EXPECT_EQ(read->envelope, "message");
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_inbox_record(ByteView(bytes).substr(0, size))) << size;
  // Without its address it would pass for a client's own.
  Bytes nobody = encode_inbox_record({{1}, {}, "message"});
  nobody[0] = 2;
  EXPECT_FALSE(decode_inbox_record(nobody));
}

TEST(InboxRecord, IsRefusedCutOffLongerOrInAnotherFormat) {
  const Bytes bytes = encode_inbox_record({{1}, "certificate", "envelope"});
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_inbox_record(ByteView(bytes).substr(0, size))) << size;
  EXPECT_FALSE(decode_inbox_record(bytes + "x"));
  Bytes other = bytes;
  other[0] = 3;
  EXPECT_FALSE(decode_inbox_record(other));
}

}  // namespace
}  // namespace muster::hosting
