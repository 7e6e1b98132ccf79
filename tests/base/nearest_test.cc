#include "base/nearest.h"

#include <gtest/gtest.h>

#include <array>

namespace muster {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"policy.poll_interval", "policy.max_age",
                                                    "inventory.interval", "splay"};

TEST(EditDistance, CountsInsertedRemovedReplacedAndSwappedCharacters) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("abc", "abc"), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("abc", "abd"), 1u);
  EXPECT_EQ(edit_distance("abc", "acb"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("sitting", "kitten"), 3u);
}

TEST(Nearest, FindsTheNameThatWasMeant) {
  EXPECT_EQ(nearest("policy.pol_interval", kNames), "policy.poll_interval");
  EXPECT_EQ(nearest("policy.maxage", kNames), "policy.max_age");
  EXPECT_EQ(nearest("slpay", kNames), "splay");
  EXPECT_EQ(nearest("splay", kNames), "splay");
}

TEST(Nearest, GuessesNothingWhereNothingIsNear) {
  EXPECT_EQ(nearest("", kNames), "");
  EXPECT_EQ(nearest("quux", kNames), "");
  EXPECT_EQ(nearest(std::string(100'000, 'x'), kNames), "");
  EXPECT_EQ(nearest("x", std::array<std::string_view, 0>{}), "");
}

}  // namespace
}  // namespace muster
