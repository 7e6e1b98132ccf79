#include "fleet/time_orders.h"

#include <gtest/gtest.h>

#include "tests/fleet/samples.h"

namespace muster::fleet {
namespace {

using samples::rows_of;

// A device that makes up new times without end does not fill the memory with those that are gone.
TEST(TimeOrders, KeepNoMoreTimesThanThereAre) {
  const auto changed_at = [](std::int64_t time) {
    return DeviceChange{.device = 1,
                        .name = {},
                        .added = {rows_of("Bios", {{{"ReleaseDate", time}}})},
                        .removed = {},
                        .updated = {}};
  };
  DeviceRows rows;
  TimeOrders orders(rows);
  const auto* bios = model::find_inventory_class("Bios");
  const TimeColumn column{rows.place_of(*bios), bios->column("ReleaseDate").value()};
  orders.take(column);
  for (std::int64_t time = 0; time < 25'000; ++time) {
    const auto before = orders.times_of(1);
    orders.device_changed(1, rows.apply(changed_at(time)).value(), before);
  }
  EXPECT_LE(orders.size(column), 10'001u);
  const auto none = [](DeviceNumber) { FAIL(); };
  EXPECT_EQ(orders.passed(column, 24'999, 24'999, none), TimeOrders::Passed::Shared);
  EXPECT_EQ(orders.passed(column, 25'000, 30'000, none), TimeOrders::Passed::Devices);
  EXPECT_EQ(orders.passed(column, 0, 10'000, none), TimeOrders::Passed::Devices);
}

}  // namespace
}  // namespace muster::fleet
