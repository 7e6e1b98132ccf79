#include "fleet/devices.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "fleet/errors.h"
#include "fleet/fleet.h"
#include "tests/fleet/samples.h"
#include "tests/seed.h"

namespace muster::fleet {
namespace {

using samples::kNow;
using samples::rows_of;

struct Table {
  Table() { tables.add(RowTable(*model::find_inventory_class("PhysicalMemory"))); }
  Instances acquire(const std::vector<samples::Values>& values) {
    Instances out;
    bool is_new = false;
    for (const model::Row& row : rows_of("PhysicalMemory", values).rows)
      out.push_back(tables.edit(0).acquire(row, is_new));
    std::ranges::sort(out);
    return out;
  }
  RowTables tables;
};

// Whatever stands beside them in their page.
TEST(Devices, HaveTheListsThatWerePutInLast) {
  SeededRandom random(test_seed());
  Table table;
  Devices devices;
  std::map<DeviceNumber, Instances> expected;
  for (int step = 0; step < 4000; ++step) {
    const auto number = static_cast<DeviceNumber>(random.below(600));
    if (random.below(5) == 0) {
      devices.remove(number);
      expected.erase(number);
    } else {
      std::vector<samples::Values> values;
      for (std::uint64_t i = random.below(5); i > 0; --i) {
        values.push_back({{"CapacityMB", static_cast<std::int64_t>(random.below(3))}});
        if (random.below(4) != 0)
          values.back().emplace_back("SerialNumber", std::string(random.below(40), 's'));
      }
      expected[number] = table.acquire(values);
      devices.set(number, {"name", fmt::format("shown{}", number)}, {{0, expected[number]}},
                  table.tables);
    }
    const auto some = static_cast<DeviceNumber>(random.below(600));
    const auto device = devices.find(some);
    ASSERT_EQ(device.has_value(), expected.contains(some));
    if (device) {
      ASSERT_EQ(device->list(table.tables[0], 0), expected[some]);
    }
  }
  std::vector<DeviceNumber> numbers;
  devices.for_each([&](const Device& device) {
    EXPECT_EQ(device.shown_name(), fmt::format("shown{}", device.number()));
    EXPECT_EQ(device.list(table.tables[0], 0), expected[device.number()]);
    numbers.push_back(device.number());
    return true;
  });
  EXPECT_EQ(numbers.size(), expected.size());
  EXPECT_TRUE(std::ranges::is_sorted(numbers));
}

TEST(Devices, KeepTheirRowsInACopyWhileTheOriginalChanges) {
  Table table;
  Devices devices;
  const Instances first = table.acquire({{{"SerialNumber", std::string("a")}}});
  const Instances second = table.acquire({{{"SerialNumber", std::string("b")}}});
  devices.set(1, {"one", "one"}, {{0, first}}, table.tables);
  devices.set(2, {"two", "two"}, {{0, first}}, table.tables);
  const Devices before = devices;
  devices.set(1, {"other", "other"}, {{0, second}}, table.tables);
  devices.remove(2);
  EXPECT_EQ(before.find(1)->list(table.tables[0], 0), first);
  EXPECT_EQ(before.find(1)->shown_name(), "one");
  EXPECT_TRUE(before.find(2));
  EXPECT_EQ(before.size(), 2u);
  EXPECT_EQ(devices.find(1)->list(table.tables[0], 0), second);
  EXPECT_EQ(devices.size(), 1u);
}

// Hostile: rows within every limit of their own, too many bytes together.
TEST(Devices, HaveALimitOnTheBytesOfTheirOwnValues) {
  Fleet fleet;
  std::vector<samples::Values> values;
  for (int i = 0; i < 1100; ++i)
    values.push_back({{"SerialNumber", std::string(4000, 'x') + std::to_string(i)}});
  DeviceChange change;
  change.device = 1;
  change.added = {rows_of("PhysicalMemory", values)};
  const auto refused = fleet.apply(change, kNow);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kTooManyRows)) << refused.error().text();
  EXPECT_FALSE(fleet.contains(1));
  change.added[0].rows.resize(900);
  ASSERT_TRUE(fleet.apply(change, kNow));
  // Rows that come later count with those that are there.
  DeviceChange more;
  more.device = 1;
  more.extent = Extent::Delta;
  more.added = {rows_of("PhysicalMemory", values)};
  more.added[0].rows.resize(200);
  EXPECT_FALSE(fleet.apply(more, kNow));
  EXPECT_EQ(fleet.rows(1)->classes[0].rows.size(), 900u);
}

}  // namespace
}  // namespace muster::fleet
