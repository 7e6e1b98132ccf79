#include "hosting/listed_points.h"

#include <gtest/gtest.h>

namespace muster::hosting {
namespace {

using Urls = std::vector<std::string>;

TEST(ListedPoints, ReadAddressesPrioritiesAndBoundaries) {
  const auto points = parse_listed_points(
      "https://a:443 http://a:80 priority 2 boundary office boundary lab, https://[::1]:8531");
  ASSERT_TRUE(points.has_value()) << points.error().text();
  ASSERT_EQ(points->size(), 2u);
  EXPECT_EQ((*points)[0].point.https, "https://a:443");
  EXPECT_EQ((*points)[0].point.http, "http://a:80");
  EXPECT_EQ((*points)[0].point.priority, 2u);
  EXPECT_EQ((*points)[0].boundaries, (Urls{"office", "lab"}));
  EXPECT_EQ((*points)[1].point.http, "");
  EXPECT_EQ((*points)[1].point.priority, 1u);
  EXPECT_TRUE(parse_listed_points("")->empty());
}

TEST(ListedPoints, RefuseWhatIsNone) {
  for (const char* text :
       {"http://a:80", "https://", "https://a:443 https://b:443", "https://a:443 priority",
        "https://a:443 priority 0", "https://a:443 priority x", "https://a:443 boundary",
        "https://a:443 boundary A/b", "https://a:443 what", "https://a:443,,https://b:443", ","})
    EXPECT_FALSE(parse_listed_points(text).has_value()) << text;
}

TEST(ListedPoints, ComeByBoundaryThenByPriority) {
  const auto points = *parse_listed_points(
      "https://far:1 boundary elsewhere, https://second:1 priority 2, https://first:1 priority 1, "
      "https://near:1 priority 9 boundary office");
  EXPECT_EQ(ordered_points(points, "office"),
            (Urls{"https://near:1", "https://first:1", "https://second:1", "https://far:1"}));
  EXPECT_EQ(ordered_points(points, "elsewhere"),
            (Urls{"https://far:1", "https://first:1", "https://second:1", "https://near:1"}));
  EXPECT_EQ(ordered_points(points, ""),
            (Urls{"https://first:1", "https://second:1", "https://far:1", "https://near:1"}));
}

}  // namespace
}  // namespace muster::hosting
