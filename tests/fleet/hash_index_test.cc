#include "fleet/hash_index.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "tests/seed.h"

namespace muster::fleet {
namespace {

// Few different hashes, so that most things stand where others would.
TEST(HashIndex, FindsWhatAMapFindsThroughInsertionsAndErasures) {
  SeededRandom random(test_seed());
  for (const std::uint64_t spread : {3u, 50u, 5000u}) {
    HashIndex index;
    std::map<Number, std::uint64_t> hashes;
    const auto hash_of = [&](Number number) {
      const std::uint64_t part = spread == 3 ? 0 : number % 7;
      return (number % spread) * 0x9e37'79b9'7f4a'7c15 ^ part << 58;
    };
    for (int step = 0; step < 20'000; ++step) {
      const auto number = static_cast<Number>(random.below(3000));
      const auto found = index.find(hash_of(number), [&](Number each) { return each == number; });
      ASSERT_EQ(found.has_value(), hashes.contains(number));
      if (found) {
        index.erase(hash_of(number), number);
        hashes.erase(number);
      } else {
        index.insert(hash_of(number), number);
        hashes[number] = hash_of(number);
      }
    }
    for (const auto& entry : hashes)
      EXPECT_TRUE(index.find(entry.second, [&](Number each) { return each == entry.first; }))
          << entry.first;
  }
}

TEST(HashIndex, ACopyFindsWhatWasThere) {
  const auto hash_of = [](Number number) { return number * 0x9e37'79b9'7f4a'7c15; };
  const auto has = [&](const HashIndex& index, Number number) {
    return index.find(hash_of(number), [&](Number each) { return each == number; }).has_value();
  };
  HashIndex index;
  for (Number number = 0; number < 1000; ++number) index.insert(hash_of(number), number);
  const HashIndex before = index;
  for (Number number = 0; number < 500; ++number) index.erase(hash_of(number), number);
  for (Number number = 1000; number < 3000; ++number) index.insert(hash_of(number), number);
  for (Number number = 0; number < 3000; ++number) {
    EXPECT_EQ(has(before, number), number < 1000) << number;
    EXPECT_EQ(has(index, number), number >= 500) << number;
  }
}

}  // namespace
}  // namespace muster::fleet
