// Which classes are due when, and that reports of some classes leave the others as they are.
#include "roles/client/inventory/class_schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "roles/client/inventory/report_builder.h"

namespace muster::client {
namespace {

using std::chrono::hours;

const model::InventoryClass& type_of(std::string_view name) {
  return *model::find_inventory_class(name);
}

std::string due(const ClassSchedule& schedule, const InventoryIntervals& intervals, Timestamp now) {
  std::string out;
  for (const model::InventoryClass& type : model::inventory_classes())
    if (schedule.is_due(type, intervals, now)) out += std::string(type.name) + " ";
  return out;
}

ClassSchedule all_collected(Timestamp now) {
  ClassSchedule out;
  for (const model::InventoryClass& type : model::inventory_classes()) out.collected(type, now);
  return out;
}

TEST(ClassSchedules, FollowTheirOwnIntervalOrTheCommonOne) {
  const InventoryIntervals intervals{hours(24), {{"Disk", hours(1)}, {"Service", hours(48)}}};
  const Timestamp start{1'000'000};
  EXPECT_EQ(ClassSchedule().next(model::Schema(), intervals, start), start);
  ClassSchedule schedule = all_collected(start);
  EXPECT_EQ(due(schedule, intervals, start), "");
  EXPECT_EQ(schedule.next(model::Schema(), intervals, start), start + hours(1));
  EXPECT_EQ(due(schedule, intervals, start + hours(1)), "Disk ");
  schedule.collected(type_of("Disk"), start + hours(1));
  EXPECT_EQ(schedule.next(model::Schema(), intervals, start + hours(1)), start + hours(2));
  schedule.collected(type_of("Disk"), start + hours(24));
  const std::string at_24 = due(schedule, intervals, start + hours(24));
  EXPECT_NE(at_24.find("Device "), std::string::npos);
  EXPECT_EQ(at_24.find("Service "), std::string::npos);
  EXPECT_EQ(at_24.find(" Disk "), std::string::npos);
}

TEST(ClassSchedules, StartAnewWhenTheClockIsSetBack) {
  const InventoryIntervals intervals{hours(24), {}};
  const ClassSchedule schedule = all_collected(Timestamp{1'000'000'000});
  EXPECT_EQ(schedule.next(model::Schema(), intervals, Timestamp{5}), Timestamp{5});
}

model::ClassRows rows_of(std::string_view name, std::vector<std::string> names) {
  model::ClassRows out{&type_of(name), {}};
  for (std::string& each : names) {
    model::Row row(out.type->columns.size());
    row[*out.type->column("Name")] = std::move(each);
    out.rows.push_back(std::move(row));
  }
  return out;
}

TEST(PartialInventories, LeaveTheOtherClassesAsTheSiteHasThem) {
  ReportBuilder builder{model::Schema()};
  EXPECT_TRUE(builder.needs_all_classes());
  const auto first = builder.decide({rows_of("Disk", {"sda"}), rows_of("Service", {"a", "b"})});
  ASSERT_TRUE(builder.acknowledge(first.current));
  EXPECT_FALSE(builder.needs_all_classes());

  const auto delta = builder.decide({rows_of("Disk", {"sda", "sdb"})});
  EXPECT_EQ(delta.kind, ReportKind::Delta);
  EXPECT_EQ(delta.added.size(), 1u);
  EXPECT_TRUE(delta.removed.empty());
  ASSERT_TRUE(builder.acknowledge(delta.current));

  // The digest is that of all classes, as a whole collection finds them.
  ReportBuilder whole{model::Schema()};
  EXPECT_EQ(whole.decide({rows_of("Disk", {"sda", "sdb"}), rows_of("Service", {"a", "b"})}).current,
            delta.current);
  EXPECT_EQ(builder.decide({rows_of("Service", {"a", "b"})}).kind, ReportKind::Nothing);
  EXPECT_EQ(builder.decide({}).kind, ReportKind::Nothing);
  builder.demand_resync();
  EXPECT_TRUE(builder.needs_all_classes());
}

}  // namespace
}  // namespace muster::client
