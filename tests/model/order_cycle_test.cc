#include "model/order_cycle.h"

#include <gtest/gtest.h>

#include <map>

namespace muster::model {
namespace {

using Order = std::map<std::string, std::vector<std::string>>;

std::string cycle(const Order& order, const std::string& start) {
  const auto found = find_order_cycle(
      start, "runs after", [&](const std::string& name) -> Result<std::vector<std::string>> {
        const auto at = order.find(name);
        return at == order.end() ? std::vector<std::string>() : at->second;
      });
  return found ? *found : found.error().text();
}

TEST(OrderCycle, IsToldWithTheWholeWay) {
  const Order order = {{"a", {"x", "b"}}, {"b", {"c"}}, {"c", {"y", "a"}}, {"s", {"s"}}};
  EXPECT_EQ(cycle(order, "a"), "a runs after b, b runs after c, c runs after a");
  EXPECT_EQ(cycle(order, "b"), "b runs after c, c runs after a, a runs after b");
  EXPECT_EQ(cycle(order, "s"), "s runs after s");
}

TEST(OrderCycle, IsNoneWhereWaysOnlyMeetOrCirclesLieBesideTheStart) {
  const Order order = {{"a", {"b", "c"}}, {"b", {"d"}}, {"c", {"d"}}, {"e", {"f"}}, {"f", {"f"}}};
  EXPECT_EQ(cycle(order, "a"), "");
  EXPECT_EQ(cycle(order, "e"), "");
  EXPECT_EQ(cycle({}, "nobody"), "");
}

}  // namespace
}  // namespace muster::model
