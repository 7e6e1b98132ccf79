// The hashes of store/ against their published values and another implementation.
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/crc32c.h"
#include "base/keyed_hash.h"
#include "tests/store/store_test.h"

namespace muster::store {
namespace {

Bytes openssl_siphash(ByteView key, ByteView message) {
  EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "SIPHASH", nullptr);
  EVP_MAC_CTX* const context = EVP_MAC_CTX_new(mac);
  std::size_t size = 16;
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
                               OSSL_PARAM_construct_end()};
  Bytes out(16, '\0');
  std::size_t written = 0;
  EXPECT_EQ(EVP_MAC_init(context, as_u8(key), key.size(), params), 1);
  EXPECT_EQ(EVP_MAC_update(context, as_u8(message), message.size()), 1);
  EXPECT_EQ(EVP_MAC_final(context, reinterpret_cast<unsigned char*>(out.data()), &written, 16), 1);
  EVP_MAC_CTX_free(context);
  EVP_MAC_free(mac);
  return out;
}

TEST(KeyedHash, EqualsOpensslsSipHashAtEveryLength) {
  SeededRandom random(1);
  for (std::size_t size = 0; size < 300; ++size) {
    const Bytes key = random.bytes(kHashKeySize);
    const Bytes message = random.bytes(size);
    ASSERT_EQ(to_hex(keyed_hash(key, message)), to_hex(openssl_siphash(key, message))) << size;
  }
}

TEST(KeyedHash, EqualsTheReferenceVector) {
  EXPECT_EQ(to_hex(keyed_hash(must(from_hex("000102030405060708090a0b0c0d0e0f")), "")),
            "a3817f04ba25a8e66df67214c7550293");
}

TEST(Crc32c, EqualsTheValuesOfRfc3720) {
  for (const auto crc : {crc32c, crc32c_by_table}) {
    EXPECT_EQ(crc(0, Bytes(32, '\0')), 0x8a9136aau);
    EXPECT_EQ(crc(0, Bytes(32, '\xff')), 0x62a8ab43u);
    Bytes rising;
    for (char c = 0; c < 32; ++c) rising += c;
    EXPECT_EQ(crc(0, rising), 0x46dd794eu);
    EXPECT_EQ(crc(0, "123456789"), 0xe3069283u);
    EXPECT_EQ(crc(0, ""), 0u);
  }
}

TEST(Crc32c, IsTheSameInPartsAndByTable) {
  SeededRandom random(2);
  for (std::size_t size = 0; size < 200; ++size) {
    const Bytes bytes = random.bytes(size);
    const std::size_t cut = random.below(size + 1);
    const std::uint32_t whole = crc32c(0, bytes);
    ASSERT_EQ(crc32c(crc32c(0, bytes.substr(0, cut)), bytes.substr(cut)), whole);
    ASSERT_EQ(crc32c_by_table(0, bytes), whole);
  }
}

}  // namespace
}  // namespace muster::store
