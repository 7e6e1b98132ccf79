#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/check.h"
#include "base/errors.h"

namespace muster {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return fail(kBadEncoding, "{} is odd", value);
  return value / 2;
}

Result<int> quarter(int value) {
  const int first = TRY(half(value));
  return TRY_IN(half(first), "halving {} again", value);
}

Result<void> must_be_even(int value) {
  TRY(half(value));
  return {};
}

TEST(Try, TakesTheValueOrHandsTheErrorOn) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(3).error().detail(), "3 is odd");
  EXPECT_TRUE(must_be_even(2).has_value());
  EXPECT_TRUE(must_be_even(1).error().is(kBadEncoding));
}

TEST(Try, InAddsWhatOnlyTheCallerKnows) {
  EXPECT_EQ(quarter(6).error().detail(), "halving 6 again: 3 is odd");
}

TEST(Try, MovesValuesThatCannotBeCopied) {
  const auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(4); };
  const auto use = [&]() -> Result<int> {
    const std::unique_ptr<int> value = TRY(make());
    return *value;
  };
  EXPECT_EQ(use().value(), 4);
}

TEST(Error, SaysNumberNameDetailAndAdvice) {
  const Error error(kBadTime, "'noon' is not a time");
  EXPECT_EQ(error.text(), "M1001 bad-time: 'noon' is not a time");
  EXPECT_EQ(error.text_with_advice(), error.text() + ". " + std::string(kBadTime.advice));
  EXPECT_TRUE(error.is(kBadTime));
  EXPECT_FALSE(error.is(kBadEncoding));
}

TEST(CheckDeathTest, StopsTheProgramAndNamesTheInvariant) {
  const auto broken = [](int value) { MUSTER_CHECK(value == 4); };
  EXPECT_DEATH(broken(5), "broken invariant: value == 4");
  broken(4);
}

}  // namespace
}  // namespace muster
