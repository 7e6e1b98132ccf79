// Vectors: NIST FIPS 180-2 appendix B and the CAVP short message file.
#include "base/sha256.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

struct Vector {
  Bytes message;
  const char* digest;
};

const Vector kVectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"\xd3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"},
    {"\x11\xaf", "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"},
};

TEST(Sha256, GivesNistsDigests) {
  for (const Vector& each : kVectors) EXPECT_EQ(sha256_hex(each.message), each.digest);
  EXPECT_EQ(sha256_hex(Bytes(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, IsTheSameWholeAndInPartsCutAnywhere) {
  const Vector& vector = kVectors[2];
  for (std::size_t cut = 0; cut <= vector.message.size(); ++cut) {
    Sha256 hash;
    hash.update(ByteView(vector.message).substr(0, cut));
    Sha256 moved(std::move(hash));
    moved.update(ByteView(vector.message).substr(cut));
    EXPECT_EQ(to_hex(moved.finish()), vector.digest);
  }
}

TEST(Sha256, OfNothingAddedIsThatOfNothing) {
  Sha256 hash;
  EXPECT_EQ(to_hex(hash.finish()), kVectors[0].digest);
}

}  // namespace
}  // namespace muster
