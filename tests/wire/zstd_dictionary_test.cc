#include "wire/zstd_dictionary.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "wire/errors.h"
#include "wire/zstd.h"

namespace muster::wire {
namespace {

// Words in one order, of which each document lacks some.
Bytes document(std::uint64_t seed) {
  SeededRandom random(seed);
  Bytes out;
  for (int word = 0; word < 60; ++word)
    if (random.below(8) != 0) out += fmt::format("{}-{};", word * 7919, word % 5);
  return out;
}
std::vector<Bytes> documents(std::uint64_t from, std::uint64_t count) {
  std::vector<Bytes> out;
  for (std::uint64_t i = from; i < from + count; ++i) out.push_back(document(i));
  return out;
}

TEST(ZstdDictionary, PacksWhatIsLikeItsSamples) {
  const auto trained = train_zstd_dictionary(documents(1, 500), 16384);
  ASSERT_TRUE(trained);
  const ZstdDictionary dictionary(*trained);
  const ZstdDictionary other{Bytes(dictionary.bytes())};
  for (const Bytes& each : documents(1000, 50)) {
    const Bytes frame = dictionary.compress(each);
    EXPECT_LT(3 * frame.size(), 2 * zstd_compress(each, 3).size());
    EXPECT_EQ(*dictionary.decompress(frame, each.size()), each);
    EXPECT_EQ(*other.decompress(frame, each.size()), each);
    EXPECT_TRUE(dictionary.decompress(frame, each.size() - 1).error().is(kZstdLimit));
  }
}

TEST(ZstdDictionary, RefusesWhatItDidNotPack) {
  const ZstdDictionary dictionary(*train_zstd_dictionary(documents(1, 500), 16384));
  const Bytes frame = dictionary.compress(document(7));
  for (std::size_t size = 0; size < frame.size(); ++size)
    EXPECT_FALSE(dictionary.decompress(ByteView(frame).substr(0, size), 10'000)) << size;
  EXPECT_FALSE(dictionary.decompress("plain text", 10'000));
  EXPECT_FALSE(zstd_decompress(frame, 10'000));
}

TEST(ZstdDictionary, WantsEnoughToLearnFrom) {
  EXPECT_FALSE(train_zstd_dictionary({}, 16384));
  EXPECT_FALSE(train_zstd_dictionary(documents(1, 2), 16384));
}

}  // namespace
}  // namespace muster::wire
