#include "roles/client/inventory/report_builder.h"

#include <gtest/gtest.h>

#include "roles/client/inventory/errors.h"
#include "roles/client/inventory/row_builder.h"

namespace muster::client {
namespace {

model::Row disk(std::string_view name, std::int64_t free_mb) {
  RowBuilder row("LogicalDisk");
  row.text("Name", name).number("SizeMB", 100).number("FreeMB", free_mb);
  return std::move(row).take();
}

model::ClassRows disks(std::vector<model::Row> rows) {
  return {model::find_inventory_class("LogicalDisk"), std::move(rows)};
}
model::ClassRows memory() {
  RowBuilder row("PhysicalMemory");
  row.text("Locator", "Total").number("CapacityMB", 4);
  return {model::find_inventory_class("PhysicalMemory"), {std::move(row).take()}};
}

model::RowSetDigest digest_of(const std::vector<model::ClassRows>& classes) {
  model::RowSetDigest out;
  for (const auto& rows : classes)
    for (const auto& row : rows.rows) out.add(*rows.type, row);
  return out;
}

// What the site would hold after the report.
model::RowSetDigest applied(const InventoryReport& report) {
  model::RowSetDigest out = report.base;
  for (const auto& rows : report.removed)
    for (const auto& row : rows.rows) out.remove(*rows.type, row);
  for (const auto& rows : report.added)
    for (const auto& row : rows.rows) out.add(*rows.type, row);
  return out;
}

struct Reports : testing::Test {
  ReportBuilder builder{model::Schema()};
  std::vector<model::ClassRows> first{disks({disk("/", 50), disk("/var", 7)}), memory()};

  void acknowledge_first() {
    const auto report = builder.decide(first);
    ASSERT_EQ(report.kind, ReportKind::Full);
    ASSERT_TRUE(builder.acknowledge(report.current));
  }
  // As a restart of the client does.
  void reload() {
    auto again = ReportBuilder::from_state(builder.state(), model::Schema());
    ASSERT_TRUE(again) << again.error().text();
    builder = *std::move(again);
  }
};
using InventoryReports = Reports;

TEST_F(InventoryReports, BeginWithAFullOneAndRepeatItUntilItIsAcknowledged) {
  for (int i = 0; i < 2; ++i) {
    const auto report = builder.decide(first);
    EXPECT_EQ(report.kind, ReportKind::Full);
    EXPECT_EQ(report.added.size(), 2u);
    EXPECT_TRUE(report.removed.empty());
    EXPECT_EQ(report.current, digest_of(first));
    reload();
  }
}

TEST_F(InventoryReports, SayNothingWhenOnlyVolatileColumnsChanged) {
  acknowledge_first();
  reload();
  const auto report = builder.decide({disks({disk("/var", 1), disk("/", 2)}), memory()});
  EXPECT_EQ(report.kind, ReportKind::Nothing);
  EXPECT_TRUE(report.added.empty());
  EXPECT_TRUE(report.removed.empty());
}

TEST_F(InventoryReports, SayWhatWasAddedAndRemoved) {
  acknowledge_first();
  reload();
  const std::vector<model::ClassRows> next{disks({disk("/", 50), disk("/srv", 9)}), memory()};
  const auto report = builder.decide(next);
  ASSERT_EQ(report.kind, ReportKind::Delta);
  ASSERT_EQ(report.added.size(), 1u);
  EXPECT_EQ(report.added[0].rows, std::vector<model::Row>{disk("/srv", 9)});
  ASSERT_EQ(report.removed.size(), 1u);
  ASSERT_EQ(report.removed[0].rows.size(), 1u);
  EXPECT_EQ(std::get<std::string>(report.removed[0].rows[0][0]), "/var");
  EXPECT_EQ(report.base, digest_of(first));
  EXPECT_EQ(report.current, digest_of(next));
  EXPECT_EQ(applied(report), report.current);
  ASSERT_TRUE(builder.acknowledge(report.current));
  reload();
  EXPECT_EQ(builder.decide(next).kind, ReportKind::Nothing);
  EXPECT_EQ(applied(builder.decide(first)), digest_of(first));
}

TEST_F(InventoryReports, CountRowsThatStandTwice) {
  first = {disks({disk("/", 1), disk("/", 1)})};
  acknowledge_first();
  reload();
  const auto fewer = builder.decide({disks({disk("/", 1)})});
  ASSERT_EQ(fewer.kind, ReportKind::Delta);
  EXPECT_EQ(fewer.removed[0].rows.size(), 1u);
  const auto more = builder.decide({disks({disk("/", 1), disk("/", 1), disk("/", 1)})});
  ASSERT_EQ(more.kind, ReportKind::Delta);
  EXPECT_EQ(more.added[0].rows.size(), 1u);
  EXPECT_EQ(applied(more), more.current);
}

TEST_F(InventoryReports, TakeAClassThatCouldNotBeReadAsUnchanged) {
  acknowledge_first();
  EXPECT_EQ(builder.decide({memory()}).kind, ReportKind::Nothing);
  const auto report = builder.decide({disks({disk("/", 50)})});
  ASSERT_EQ(report.kind, ReportKind::Delta);
  ASSERT_TRUE(builder.acknowledge(report.current));
  reload();
  EXPECT_EQ(builder.decide({disks({disk("/", 1)}), memory()}).kind, ReportKind::Nothing);
}

TEST_F(InventoryReports, AreFullAfterADemandUntilThatOneIsAcknowledged) {
  acknowledge_first();
  builder.demand_resync();
  reload();
  EXPECT_TRUE(builder.resync_demanded());
  const auto report = builder.decide(first);
  EXPECT_EQ(report.kind, ReportKind::Full);
  ASSERT_TRUE(builder.acknowledge(report.current));
  reload();
  EXPECT_FALSE(builder.resync_demanded());
  EXPECT_EQ(builder.decide(first).kind, ReportKind::Nothing);
}

TEST_F(InventoryReports, AreFullAfterAnAcknowledgementOfSomethingElse) {
  acknowledge_first();
  const auto report = builder.decide({disks({disk("/", 1)}), memory()});
  const auto wrong = builder.acknowledge(digest_of(first));
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(wrong.error().is(kWrongAcknowledgement));
  EXPECT_EQ(builder.decide(first).kind, ReportKind::Full);
  EXPECT_FALSE(ReportBuilder(model::Schema()).acknowledge(report.current));
}

TEST_F(InventoryReports, RefuseAStateThatIsCutOffOrDamaged) {
  acknowledge_first();
  const Bytes state = builder.state();
  for (std::size_t size = 0; size < state.size(); ++size)
    EXPECT_FALSE(ReportBuilder::from_state(ByteView(state).substr(0, size), model::Schema()))
        << size;
  EXPECT_FALSE(ReportBuilder::from_state(state + "x", model::Schema()));
  Bytes damaged = state;
  damaged[damaged.size() - 8] = static_cast<char>(damaged[damaged.size() - 8] ^ 1);
  EXPECT_FALSE(ReportBuilder::from_state(damaged, model::Schema()));
}

}  // namespace
}  // namespace muster::client
