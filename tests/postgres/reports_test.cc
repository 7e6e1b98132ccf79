// The tables and views for reports: after random histories they say what the site's own form says.
#include <algorithm>
#include <map>

#include "model/schema.h"
#include "store/report/errors.h"
#include "store/report/report_inventory.h"
#include "store/report/report_objects.h"
#include "store/site/inventory.h"
#include "store/site/objects.h"
#include "tests/seed.h"
#include "tests/store/store_test.h"

namespace muster::store {
namespace {

using model::ClassRows;
using model::InventoryClass;
using model::Row;

using Lines = std::vector<std::string>;  // sorted

class Reports : public SiteDatabaseTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(TestDatabase::on_server()) << "tests/postgres/run.sh runs it, with a server";
    PostgresOptions options = place_.options();
    options.writers = PostgresOptions::Writers::Reports;
    reports_ = must(open_postgres(options, TestDatabase::clock()));
    must(reports_->write(drop_report_tables));
    set_schema(model::Schema());
  }

  void set_schema(const model::Schema& schema) {
    schema_ = schema;
    must(write([&](Transaction& t) { return register_inventory_classes(t, schema_, random_); }));
  }
  const InventoryClass& type(std::string_view name) { return *schema_.find(name); }

  Row row(std::string_view of, const std::map<std::string, model::Value>& values) {
    Row out(type(of).columns.size());
    for (const auto& [name, value] : values) out[type(of).column(name).value()] = value;
    return out;
  }
  model::Value version(std::uint64_t number) {
    return model::Version{model::VersionScheme::Dpkg, fmt::format("1.{}-1", number)};
  }
  // With equal rows now and then, and texts that mean something to who reads SQL.
  std::vector<ClassRows> some_rows(DeviceNumber device) {
    std::vector<ClassRows> out = {{&type("InstalledSoftware"), {}},
                                  {&type("NetworkAdapter"), {}},
                                  {&type("LogicalDisk"), {}}};
    for (std::uint64_t i = 0, count = random_.below(25); i < count; ++i)
      out[0].rows.push_back(
          row("InstalledSoftware", {{"Name", fmt::format("lib'{}", random_.below(30))},
                                    {"Version", version(random_.below(3))},
                                    {"Publisher", std::string("d'H\\aus|\"ä")}}));
    for (std::uint64_t i = 0, count = random_.below(3); i < count; ++i)
      out[1].rows.push_back(
          row("NetworkAdapter", {{"Name", fmt::format("eth{}", i)},
                                 {"MacAddress", fmt::format("{}:{}", device, random_.below(4))}}));
    for (std::uint64_t i = 0, count = 1 + random_.below(2); i < count; ++i)
      out[2].rows.push_back(row("LogicalDisk", {{"Name", fmt::format("/{}", i)},
                                                {"ReadOnly", static_cast<std::int64_t>(i)},
                                                {"FreeMB", std::int64_t(random_.below(100))}}));
    return out;
  }

  void full(DeviceNumber device, const std::vector<ClassRows>& rows) {
    now_ = now_ + Duration(1000);
    must(write([&](Transaction& t) -> Result<void> {
      KnownRows known;
      TRY(apply_full(t, known, schema_, device, rows, now_));
      return touch_device(t, device, "1.0", now_);
    }));
  }
  void change_volatile(DeviceNumber device) {
    now_ = now_ + Duration(1000);
    std::vector<ClassRows> rows = {{&type("LogicalDisk"), {}}};
    for (Row& each : rows_of(device, "LogicalDisk")) {
      each[*type("LogicalDisk").column("FreeMB")] = std::int64_t(random_.below(1000));
      rows[0].rows.push_back(std::move(each));
    }
    must(write([&](Transaction& t) -> Result<void> {
      KnownRows known;
      TRY(apply_volatile(t, known, schema_, device, rows, now_));
      return touch_device(t, device, "1.0", now_);
    }));
  }
  void delta(DeviceNumber device) {
    std::vector<ClassRows> removed = {{&type("InstalledSoftware"), {}}}, added = removed;
    for (Row& each : rows_of(device, "InstalledSoftware"))
      if (random_.below(5) == 0) removed[0].rows.push_back(std::move(each));
    for (std::uint64_t i = 0, count = random_.below(4); i < count; ++i)
      added[0].rows.push_back(
          row("InstalledSoftware", {{"Name", fmt::format("lib'{}", random_.below(30))},
                                    {"Version", version(random_.below(3))}}));
    const auto digest = this->device(device).inventory_digest;
    if (!digest) return;
    now_ = now_ + Duration(1000);
    must(write([&](Transaction& t) -> Result<void> {
      KnownRows known;
      TRY(apply_delta(t, known, schema_, device, *digest, removed, added, now_));
      return touch_device(t, device, "1.0", now_);
    }));
  }
  std::vector<Row> rows_of(DeviceNumber device, std::string_view of) {
    std::vector<Row> out;
    for (InventoryRow& each : inventory_of(device))
      if (each.type->name == of) out.push_back(std::move(each.row));
    return out;
  }
  std::vector<InventoryRow> inventory_of(DeviceNumber device) {
    return must(read([&](Reader& reader) { return device_inventory(reader, schema_, device); }));
  }

  std::int64_t follow() {
    std::int64_t entries = 0;
    for (bool more = true; more;) {
      const ReportStep step = must(reports_->write([](Transaction& t) -> Result<ReportStep> {
        TRY(open_report_tables(t));
        return take_inventory_reports(t);
      }));
      entries += step.entries;
      more = step.more;
    }
    return entries;
  }
  void sweep() {
    for (std::optional<std::int64_t> after = 0; after;)
      after = must(reports_->write(
          [&](Transaction& t) { return sweep_inventory_reports(t, Timestamp{0}, *after); }));
  }

  Lines lines(const std::string& sql) {
    Lines out = must(read([&](Reader& reader) {
      return reader.all(sql, {}, [](Rows& rows) -> Result<std::string> {
        std::string line;
        for (int i = 0; i < rows.columns(); ++i)
          line += TRY(rows.maybe_text(i)).value_or("-") + "|";
        return line;
      });
    }));
    std::sort(out.begin(), out.end());
    return out;
  }
  // All columns of a view behind the first `leave_out`, and before them the device's number.
  Lines view_lines(std::string_view view, std::size_t leave_out) {
    const Lines names = must(read([&](Reader& reader) {
      return reader.all(
          "SELECT CAST(column_name AS TEXT) FROM information_schema.columns "
          "WHERE table_name = $1 AND table_schema = 'muster' "
          "ORDER BY ordinal_position",
          {view}, [](Rows& rows) { return rows.text(0); });
    }));
    std::string columns = "CAST(resourceid AS TEXT)";
    for (std::size_t i = leave_out; i < names.size(); ++i)
      columns += fmt::format(", CAST({} AS TEXT)", names[i]);
    return lines(fmt::format("SELECT {} FROM {}", columns, view));
  }
  static std::string text_of(const model::Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) return fmt::format("{}|", *number);
    if (const auto* version = std::get_if<model::Version>(&value))
      return fmt::format("{}|\\x{}|", version->text,
                         to_hex(model::version_key(version->scheme, version->text)));
    if (const auto* text = std::get_if<std::string>(&value)) return *text + "|";
    return "-|";
  }
  static std::string line_of(DeviceNumber device, const InventoryClass& type, const Row& row) {
    std::string out = fmt::format("{}|", device);
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += text_of(row[i]);
      if (row[i].index() == 0 && type.columns[i].type == model::ColumnType::Version) out += "-|";
    }
    return out;
  }
  Lines expected(std::string_view of) {
    Lines out;
    for (const Device& each :
         must(read([](Reader& reader) { return list_devices(reader, 0, 1000); })))
      for (const Row& row : rows_of(each.number, of))
        out.push_back(line_of(each.number, type(of), row));
    std::sort(out.begin(), out.end());
    return out;
  }
  void expect_equal_views() {
    EXPECT_EQ(view_lines("v_gs_installed_software", 3), expected("InstalledSoftware"));
    EXPECT_EQ(view_lines("v_gs_network_adapter", 3), expected("NetworkAdapter"));
    EXPECT_EQ(view_lines("v_gs_logical_disk", 3), expected("LogicalDisk"));
  }
  Lines history() {
    return lines(
        "SELECT CAST(ResourceID AS TEXT), name0, version0, "
        "CAST(extract(epoch FROM TimeStamp) * 1000 AS BIGINT)::TEXT, "
        "CAST(extract(epoch FROM RemovedTime) * 1000 AS BIGINT)::TEXT "
        "FROM v_HS_INSTALLED_SOFTWARE");
  }
  // By the log alone: each removed row with the moment at which an equal one came first.
  Lines expected_history() {
    Lines out;
    std::map<std::string, std::vector<std::int64_t>> since;
    for (const InventoryLogEntry& entry : must(read([&](Reader& reader) {
           return inventory_changes_after(reader, schema_, 0, 100'000);
         }))) {
      const auto name_of = [&](const InventoryRow& row) {
        const auto name = *row.type->column("Name"), version = *row.type->column("Version");
        return fmt::format("{}|{}|{}|", entry.device, std::get<std::string>(row.row[name]),
                           std::get<model::Version>(row.row[version]).text);
      };
      for (const InventoryRow& row : entry.removed) {
        if (row.type->name != "InstalledSoftware") continue;
        auto& moments = since[line_of(entry.device, *row.type, row.row)];
        out.push_back(fmt::format("{}{}|{}|", name_of(row), moments.at(0), entry.at.ms));
        moments.erase(moments.begin());
      }
      for (const InventoryRow& row : entry.added)
        if (row.type->name == "InstalledSoftware")
          since[line_of(entry.device, *row.type, row.row)].push_back(entry.at.ms);
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  void live(const std::vector<DeviceNumber>& devices, int steps) {
    for (int i = 0; i < steps; ++i) {
      const DeviceNumber device = devices[random_.below(devices.size())];
      switch (random_.below(4)) {
        case 0:
          full(device, some_rows(device));
          break;
        case 1:
          change_volatile(device);
          break;
        default:
          delta(device);
      }
    }
  }
  std::vector<DeviceNumber> new_devices(int count) {
    std::vector<DeviceNumber> out;
    for (int i = 0; i < count; ++i) out.push_back(new_device().number);
    for (const DeviceNumber number : out) full(number, some_rows(number));
    return out;
  }

  SeededRandom random_{test_seed()};
  model::Schema schema_;
  Timestamp now_ = kNow;
  std::unique_ptr<Database> reports_;
};

TEST_F(Reports, ViewsSayWhatTheSiteKnowsAfterRandomChangesInRandomPortions) {
  const auto devices = new_devices(8);
  for (int round = 0; round < 8; ++round) {
    live(devices, static_cast<int>(random_.below(60)));
    follow();
    sweep();
    expect_equal_views();
    EXPECT_EQ(history(), expected_history());
  }
  EXPECT_EQ(follow(), 0);
}

TEST_F(Reports, ALongOutageIsCaughtUpAndBeginningAnewLeadsToTheSame) {
  const auto devices = new_devices(5);
  follow();
  live(devices, 400);
  EXPECT_GT(follow(), 200);
  sweep();
  expect_equal_views();
  const Lines before = history();
  EXPECT_EQ(before, expected_history());
  EXPECT_FALSE(before.empty());
  must(reports_->write(drop_report_tables));
  follow();
  sweep();
  expect_equal_views();
  EXPECT_EQ(history(), before);
}

TEST_F(Reports, WhereTheLogWasTrimmedStatesAreTakenAndHistoryBeginsThere) {
  const auto devices = new_devices(4);
  live(devices, 40);
  follow();
  live(devices, 40);
  const std::int64_t last = must(read([&](Reader& reader) {
                              return reader.first("SELECT MAX(sequence) FROM inventory_log", {},
                                                  [](Rows& rows) { return rows.integer(0); });
                            })).value();
  must(write([&](Transaction& t) { return trim_inventory_log(t, last); }));
  follow();
  sweep();
  expect_equal_views();
  EXPECT_EQ(history(), Lines());
  // Steps are drawn, and many take no software away: as many as it needs until one does.
  for (int i = 0; i < 20 && history().empty(); ++i) {
    live(devices, 20);
    follow();
  }
  sweep();
  expect_equal_views();
  EXPECT_FALSE(history().empty());
}

TEST_F(Reports, OldHistoryGoesWithTheLog) {
  const auto devices = new_devices(2);
  live(devices, 60);
  follow();
  const auto moments = must(read([&](Reader& reader) {
    return reader.all("SELECT sequence FROM inventory_log ORDER BY sequence", {},
                      [](Rows& rows) { return rows.integer(0); });
  }));
  const std::size_t before = history().size();
  must(write([&](Transaction& t) { return trim_inventory_log(t, moments[moments.size() / 2]); }));
  follow();
  sweep();
  const Lines left = history();
  EXPECT_LT(left.size(), before);
  EXPECT_FALSE(left.empty());
  expect_equal_views();
}

TEST_F(Reports, DevicesThatAreDeletedLeaveViewsAndHistory) {
  const auto devices = new_devices(3);
  live(devices, 60);
  follow();
  must(write([&](Transaction& t) { return delete_device(t, devices[1]); }));
  follow();
  sweep();
  expect_equal_views();
  for (const std::string& line : history())
    EXPECT_FALSE(line.starts_with(fmt::format("{}|", devices[1]))) << line;
}

TEST_F(Reports, AClassOfTheSitesOwnGetsViewsThatFollowItsColumns) {
  const auto defined = [](std::vector<model::ColumnDefinition> columns) {
    const model::ClassDefinition definition{"IPTable", "Made for a test.", std::move(columns)};
    return model::Schema::with({&definition, 1}).value();
  };
  using model::ColumnKind;
  using model::ColumnType;
  const auto devices = new_devices(1);
  set_schema(defined({{"ResourceID", ColumnType::Text, ColumnKind::Shared, {}},
                      {"Chain", ColumnType::Text, ColumnKind::Unique, {}}}));
  full(devices[0], {{&type("IPTable"), {{std::string("a"), std::string("b")}}}});
  follow();
  EXPECT_EQ(view_lines("v_gs_ip_table", 3), (Lines{"1|a|b|"}));
  set_schema(defined({{"ResourceID", ColumnType::Text, ColumnKind::Shared, {}},
                      {"Chain", ColumnType::Text, ColumnKind::Unique, {}},
                      {"Rules", ColumnType::Integer, ColumnKind::Shared, {}},
                      {"Packets", ColumnType::Integer, ColumnKind::Volatile, {}}}));
  follow();
  EXPECT_EQ(view_lines("v_gs_ip_table", 3), (Lines{"1|a|b|-|-|"}));
  full(devices[0], {{&type("IPTable"),
                     {{std::string("a"), std::string("b"), std::int64_t{5}, std::int64_t{6}}}}});
  follow();
  EXPECT_EQ(view_lines("v_gs_ip_table", 3), (Lines{"1|a|b|5|6|"}));
  EXPECT_EQ(view_lines("v_hs_ip_table", 4), (Lines{"1|a|b|-|-|"}));
  // Other columns: another class of that name, and nothing of the old one.
  set_schema(defined({{"Chain", ColumnType::Integer, ColumnKind::Shared, {}}}));
  follow();
  EXPECT_EQ(view_lines("v_gs_ip_table", 3), Lines());
  full(devices[0], {{&type("IPTable"), {{std::int64_t{7}}}}});
  follow();
  EXPECT_EQ(view_lines("v_gs_ip_table", 3), (Lines{"1|7|"}));
  set_schema(model::Schema());
  follow();
  EXPECT_EQ(lines("SELECT ViewName FROM v_SchemaViews WHERE ViewName = 'v_gs_ip_table'"), Lines());
}

TEST_F(Reports, NeitherWaitsForTheOther) {
  const auto devices = new_devices(1);
  must(write([&](Transaction& t) -> Result<void> {
    TRY(touch_device(t, devices[0], "2.0", now_));
    EXPECT_GT(follow(), 0);
    return {};
  }));
  must(reports_->write([&](Transaction& t) -> Result<void> {
    TRY(take_inventory_reports(t));
    full(devices[0], some_rows(devices[0]));
    return {};
  }));
}

TEST_F(Reports, WhatCannotBeIsTold) {
  const auto devices = new_devices(1);
  full(devices[0], {{&type("LogicalDisk"), {row("LogicalDisk", {{"Name", "/"}})}}});
  follow();
  full(devices[0], {});
  must(reports_->write([](Transaction& t) -> Result<void> {
    TRY(t.run("DELETE FROM muster_export.device"));
    return {};
  }));
  const auto taken = reports_->write(take_inventory_reports);
  EXPECT_TRUE(fails_with(taken, kReportsAstray));
}

TEST_F(Reports, PackagesAndDeploymentsAreRowsOfTheirViews) {
  model::Package package{.name = "editor", .version = "7.1"};
  package.programs.push_back({.name = "install", .argv = {"sh", "install.sh"}});
  model::Deployment deployment{.name = "to-all",
                               .package = "editor",
                               .program = "install",
                               .collection = "all-systems",
                               .start = now_};
  const auto make = [&](std::string_view kind, std::string_view name) {
    return must(write([&](Transaction& t) {
             return create_object(t, {kind, name, site_code(), "{}"}, now_);
           }))
        .id;
  };
  const auto first = make("Package", "editor"), second = make("Deployment", "to-all");
  follow();
  must(reports_->write([&](Transaction& t) -> Result<void> {
    TRY(put_report_package(t, first, package));
    TRY(put_report_package(t, first, package));
    return put_report_deployment(t, second, deployment);
  }));
  EXPECT_EQ(lines("SELECT PackageID, Name, Version, SourceSite FROM v_Package"),
            (Lines{first.text() + "|editor|7.1|P01|"}));
  EXPECT_EQ(
      lines("SELECT PackageID, ProgramName, CommandLine, CAST(Duration AS TEXT) FROM v_Program"),
      (Lines{first.text() + "|install|sh install.sh|15|"}));
  EXPECT_EQ(lines("SELECT AdvertisementID, PackageID, ProgramName, CollectionID, Purpose, "
                  "CAST(ExpirationTime AS TEXT) FROM v_Advertisement"),
            (Lines{second.text() + "|" + first.text() + "|install|all-systems|required|-|"}));
  must(reports_->write([&](Transaction& t) { return remove_report_object(t, first); }));
  EXPECT_EQ(lines("SELECT PackageID FROM v_Program"), Lines());
}

}  // namespace
}  // namespace muster::store
