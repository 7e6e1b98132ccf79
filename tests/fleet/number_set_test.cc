// Sets of numbers beside one bit for each: the same answers in every form and between the forms.
#include "fleet/number_set.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/random.h"
#include "tests/seed.h"

namespace muster::fleet {
namespace {

constexpr Number kEnd = 200'000;

struct Oracle {
  std::vector<bool> bits = std::vector<bool>(kEnd);
  std::vector<Number> numbers() const {
    std::vector<Number> out;
    for (Number i = 0; i < kEnd; ++i)
      if (bits[i]) out.push_back(i);
    return out;
  }
};

void expect_equal(const NumberSet& set, const Oracle& oracle) {
  const auto numbers = oracle.numbers();
  ASSERT_EQ(set.numbers(), numbers);
  ASSERT_EQ(set.size(), numbers.size());
  ASSERT_EQ(set.empty(), numbers.empty());
  ASSERT_EQ(set.bits().size(), numbers.size());
  ASSERT_EQ(NumberSet(set.bits()), set);
  ASSERT_EQ(NumberSet(numbers), set);
}

TEST(NumberSet, HasThreeFormsAndKeepsToTwentyFourBytes) {
  EXPECT_EQ(sizeof(NumberSet), 24u);
  NumberSet set;
  EXPECT_EQ(set.heap_bytes(), 0u);
  for (const Number number : {7u, 4'294'967'295u, 0u}) EXPECT_TRUE(set.insert(number));
  EXPECT_EQ(set.heap_bytes(), 0u);
  EXPECT_EQ(set.numbers(), (std::vector<Number>{0, 7, 4'294'967'295u}));
  EXPECT_FALSE(set.insert(7));
  EXPECT_TRUE(set.erase(4'294'967'295u));
  EXPECT_FALSE(set.erase(4'294'967'295u));
  for (Number i = 0; i < 100; ++i) set.insert(i * 1000);
  EXPECT_EQ(set.size(), 101u);  // 7 besides
  EXPECT_LE(set.heap_bytes(), 101u * 4 + 200);
}

TEST(NumberSet, OfNearlyAllDevicesIsSmall) {
  NumberBits all;
  for (Number i = 0; i < 1'000'000; ++i) all.insert(i);
  NumberSet set(all);
  for (Number i = 0; i < 1'000'000; i += 1000) EXPECT_TRUE(set.erase(i));
  EXPECT_EQ(set.size(), 999'000u);
  EXPECT_FALSE(set.contains(5000));
  EXPECT_TRUE(set.contains(5001));
  EXPECT_FALSE(set.contains(1'000'000));
  EXPECT_LT(set.heap_bytes(), 16'000u);  // and not 125,000
}

// Grows and shrinks through all sizes, so that every border between forms is crossed both ways.
TEST(NumberSet, AnswersAsABitPerDevice) {
  const std::uint64_t seed = test_seed();
  SeededRandom random(seed);
  SCOPED_TRACE(fmt::format("seed {}", seed));
  NumberSet set;
  Oracle oracle;
  std::vector<std::pair<NumberSet, Oracle>> kept;
  for (int phase = 0; phase < 24; ++phase) {
    const bool grows = random.below(5) < 3;
    const auto low = static_cast<Number>(random.below(kEnd));
    const auto width = std::uint64_t{1} << (1 + random.below(17));
    const std::uint64_t steps = std::uint64_t{1} << random.below(17);
    for (std::uint64_t i = 0; i < steps; ++i) {
      // Every fourth phase goes through its range in turn, as filling and emptying does.
      const std::uint64_t offset = phase % 4 == 0 ? i : random.below(width);
      const auto number = static_cast<Number>((low + offset) % kEnd);
      ASSERT_EQ(set.contains(number), oracle.bits[number]);
      ASSERT_EQ(grows ? set.insert(number) : set.erase(number), oracle.bits[number] != grows);
      oracle.bits[number] = grows;
    }
    expect_equal(set, oracle);
    if (random.below(3) == 0) kept.emplace_back(set, oracle);
  }
  // What became of the original is nothing to its copies.
  for (const auto& [copy, at_that_time] : kept) expect_equal(copy, at_that_time);
}

TEST(NumberBits, AreReckonedWithAsSets) {
  SeededRandom random(test_seed());
  for (int round = 0; round < 6; ++round) {
    Oracle a, b;
    NumberSet first, second;
    // Of unequal length, with one far up now and then.
    const auto put = [&](NumberSet& set, Oracle& oracle) {
      const auto end = 1 + random.below(kEnd);
      for (std::uint64_t i = random.below(20'000); i > 0; --i) {
        const auto number = static_cast<Number>(random.below(end));
        set.insert(number);
        oracle.bits[number] = true;
      }
    };
    put(first, a);
    put(second, b);
    Oracle joined, both, rest;
    for (Number i = 0; i < kEnd; ++i) {
      joined.bits[i] = a.bits[i] || b.bits[i];
      both.bits[i] = a.bits[i] && b.bits[i];
      rest.bits[i] = a.bits[i] && !b.bits[i];
    }
    NumberBits bits = first.bits();
    second.join_to(bits);
    expect_equal(NumberSet(bits), joined);
    bits = first.bits();
    bits.join(second.bits());
    expect_equal(NumberSet(bits), joined);
    bits = first.bits();
    bits.intersect(second.bits());
    expect_equal(NumberSet(bits), both);
    bits = first.bits();
    bits.subtract(second.bits());
    expect_equal(NumberSet(bits), rest);
  }
}

// For the thread sanitizer: readers hold copies while the writer goes on.
TEST(NumberSet, CopiesAreReadBesideTheWriter) {
  NumberSet set;
  std::vector<std::thread> readers;
  for (Number round = 1; round <= 20; ++round) {
    for (Number i = 0; i < 1000; ++i) set.insert(i * 37 % 100'000 + round);
    readers.emplace_back([copy = set, size = set.size()] {
      std::uint64_t seen = 0;
      copy.for_each([&](Number) { ++seen; });
      EXPECT_EQ(seen, size);
    });
  }
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace muster::fleet
