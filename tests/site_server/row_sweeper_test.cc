// Rows that no machine has go after a while, and what comes meanwhile stays whole.
#include "roles/site_server/row_sweep/row_sweeper.h"

#include <gtest/gtest.h>

#include "store/site/inventory.h"
#include "tests/site_server/bare_site.h"

namespace muster::site_server {
namespace {

constexpr Duration kHour = std::chrono::hours(1);
constexpr int kRows = 2500;  // more than one transaction removes

class RowSweep : public store::SiteDatabaseTest {
 protected:
  void SetUp() override {
    site_ = bare_site(std::move(database_), clock_, random_);
    device_ =
        store::must(site_->database->write([&](store::Transaction& t) -> Result<store::Device> {
          TRY(store::register_inventory_classes(t, model::Schema(), random_));
          return store::create_device(t,
                                      {model::DeviceId::make(random_), store::site_code(), "pc",
                                       store::DeviceState::Active, "alice"},
                                      store::kNow);
        })).number;
    sweeper_.emplace(*site_);
  }
  // Programs of this version, all of them.
  void report(int version) {
    const auto& type = *model::find_inventory_class("InstalledSoftware");
    model::ClassRows rows{&type, {}};
    for (int i = 0; i < kRows; ++i) {
      model::Row row(type.columns.size());
      row[*type.column("Name")] = fmt::format("package{}-{}", i, version);
      rows.rows.push_back(std::move(row));
    }
    store::must(site_->database->write([&](store::Transaction& t) -> Result<void> {
      TRY(site_->known_rows.begin(t, 1));
      TRY(store::apply_full(t, site_->known_rows, model::Schema(), device_, std::vector{rows},
                            clock_.now()));
      return site_->known_rows.end(t);
    }));
  }
  void forget_history() {
    store::must(site_->database->write(
        [](store::Transaction& t) { return store::trim_inventory_log(t, INT64_MAX); }));
  }
  void follow_after(Duration time) {
    clock_.advance(time);
    sweeper_->follow(clock_.now());
    sweeper_->wait();
  }
  std::int64_t rows() {
    return *store::must(site_->database->read([&](store::Reader& reader) {
      return reader.first("SELECT COUNT(*) FROM inventory_row", {},
                          [](store::Rows& found) { return found.integer(0); });
    }));
  }

  ManualClock clock_{store::kNow};
  std::unique_ptr<hosting::Site> site_;
  store::DeviceNumber device_ = 0;
  std::optional<RowSweeper> sweeper_;  // ends before the site
};

TEST_F(RowSweep, RemovesWhatNoMachineHasAndHistoryDoesNotTellOf) {
  report(1);
  report(1);  // now the writer remembers them
  report(2);
  EXPECT_EQ(rows(), 2 * kRows);
  follow_after(kHour);
  follow_after(kHour);
  EXPECT_EQ(rows(), 2 * kRows);  // history tells of them

  forget_history();
  follow_after(24 * kHour);
  EXPECT_EQ(rows(), 2 * kRows);  // found, and not removed yet
  for (int i = 0; i < 100 && rows() > kRows; ++i) follow_after(Duration(0));
  EXPECT_EQ(rows(), kRows);
  // What the writer remembers of the rows that are gone leads it nowhere.
  report(1);
  EXPECT_EQ(rows(), 2 * kRows);
  EXPECT_EQ(store::must(site_->database->read([&](store::Reader& reader) {
              return store::device_inventory(reader, model::Schema(), device_);
            })).size(),
            std::size_t{kRows});
}

TEST_F(RowSweep, KeepsWhatCameBackAfterTheSearch) {
  report(1);
  report(2);
  forget_history();
  follow_after(kHour);
  report(1);
  forget_history();
  for (int i = 0; i < 10; ++i) follow_after(Duration(0));
  EXPECT_EQ(rows(), 2 * kRows);
  EXPECT_EQ(store::must(site_->database->read([&](store::Reader& reader) {
              return store::device_inventory(reader, model::Schema(), device_);
            })).size(),
            std::size_t{kRows});
  // The next day's search finds those that it has lost.
  for (int i = 0; i < 10; ++i) follow_after(24 * kHour);
  for (int i = 0; i < 10; ++i) follow_after(Duration(0));
  EXPECT_EQ(rows(), kRows);
}

}  // namespace
}  // namespace muster::site_server
