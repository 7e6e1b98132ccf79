#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/check.h"
#include "base/os/system.h"

namespace muster {
namespace {

// Gives out the numbers it was made with.
class Scripted final : public Random {
 public:
  explicit Scripted(std::initializer_list<std::uint64_t> numbers) : numbers_(numbers) {}
  void fill(char* out, std::size_t size) override {
    MUSTER_CHECK(size == sizeof(std::uint64_t) && next_ < numbers_.size());
    std::copy_n(reinterpret_cast<const char*>(&numbers_[next_++]), size, out);
  }
  std::size_t taken() const { return next_; }

 private:
  std::vector<std::uint64_t> numbers_;
  std::size_t next_ = 0;
};

TEST(SeededRandom, IsSplitmix64) {
  SeededRandom random(1234567);  // the values of the reference implementation for this seed
  EXPECT_EQ(random.u64(), 6457827717110365317ull);
  EXPECT_EQ(random.u64(), 3203168211198807973ull);
  EXPECT_EQ(random.u64(), 9817491932198370423ull);
}

TEST(SeededRandom, RepeatsFromItsSeedAndDiffersFromOthers) {
  SeededRandom a(7), b(7), c(8);
  const Bytes first = a.bytes(37);
  EXPECT_EQ(first.size(), 37u);
  EXPECT_EQ(first, b.bytes(37));
  EXPECT_NE(first, c.bytes(37));
  EXPECT_NE(first, a.bytes(37));
  EXPECT_EQ(a.bytes(0), "");
}

TEST(Below, StaysBelowAndReachesEveryValue) {
  SeededRandom random(1);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t value = random.below(7);
    ASSERT_LT(value, 7u);
    seen.insert(value);
  }
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_EQ(random.below(1), 0u);
}

TEST(Below, DrawsAgainWhereTheRangeDoesNotDivide) {
  Scripted random{UINT64_MAX, 5};
  EXPECT_EQ(random.below(10), 5u);
  EXPECT_EQ(random.taken(), 2u);
}

TEST(SystemRandom, GivesOtherBytesEachTime) {
  os::SystemRandom random;
  EXPECT_NE(random.bytes(32), random.bytes(32));
  EXPECT_EQ(random.bytes(1000).size(), 1000u);
}

}  // namespace
}  // namespace muster
