// The index of a start with a snapshot is that of a start without one, whatever came between.
#include "roles/site_server/fleet_snapshot/fleet_snapshot.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/os/file.h"
#include "roles/site_server/collection_evaluator/collection_evaluator.h"
#include "store/site/inventory.h"
#include "store/site/settings.h"
#include "tests/fleet/samples.h"
#include "tests/seed.h"
#include "tests/site_server/bare_site.h"

namespace muster::site_server {
namespace {

using store::kNow;
using store::must;

class Snapshots : public store::SiteDatabaseTest {
 protected:
  void SetUp() override {
    store::SiteDatabaseTest::SetUp();
    site_ = bare_site(std::move(database_), clock_, random_);
    site_->config.state = folder_.path().string();
    must(site_->database->write([&](store::Transaction& t) {
      return store::register_inventory_classes(t, model::Schema(), random_);
    }));
    for (int i = 0; i < 40; ++i) enroll();
  }

  template <typename Work>
  auto write(Work&& work) {
    return must(site_->database->write(std::forward<Work>(work)));
  }

  void enroll() {
    const auto device = must(site_->database->write([&](store::Transaction& t) {
      return store::create_device(
          t,
          {model::DeviceId::make(random_), store::site_code(), fmt::format("pc{}", numbers_.size()),
           store::DeviceState::Active, "alice"},
          kNow);
    }));
    numbers_.push_back(device.number);
    report(device.number);
  }
  void report(store::DeviceNumber device) {
    auto rows = fleet::samples::random_inventory(random_, device);
    std::erase_if(rows, [](const model::ClassRows& each) { return each.rows.empty(); });
    must(site_->database->write([&](store::Transaction& t) {
      store::KnownRows known;
      return store::apply_full(t, known, model::Schema(), device, rows, kNow);
    }));
  }
  // Free space of a disk, which leaves no word in the log.
  void fill_disk(store::DeviceNumber device) {
    const auto all = must(site_->database->read([&](store::Reader& reader) {
      return store::device_inventory(reader, model::Schema(), device);
    }));
    for (const store::InventoryRow& row : all) {
      if (row.type->name != "LogicalDisk") continue;
      model::Row changed = row.row;
      changed[*row.type->column("FreeMB")] = std::int64_t{123'456};
      must(site_->database->write([&](store::Transaction& t) {
        store::KnownRows known;
        return store::apply_volatile(t, known, model::Schema(), device,
                                     std::vector{model::ClassRows{row.type, {changed}}}, kNow);
      }));
      return;
    }
  }

  IndexPosition now() {
    return must(site_->database->read([](store::Reader& reader) -> Result<IndexPosition> {
      return IndexPosition{TRY(store::read_counter(reader, store::Counter::InventorySequence)),
                           TRY(store::read_counter(reader, store::Counter::Change))};
    }));
  }
  void start_without() { must(CollectionEvaluator(*site_, StoredMembers::None).load()); }
  // Whether there was a snapshot.
  bool start() {
    site_->fleet = fleet::Fleet();
    FleetSnapshot snapshot(*site_);
    const auto position = must(snapshot.load());
    CollectionEvaluator evaluator(*site_, StoredMembers::None);
    must(position ? evaluator.load_since(*position) : evaluator.load());
    return position.has_value();
  }
  void take() {
    FleetSnapshot snapshot(*site_);
    snapshot.take_and_wait(now());
  }

  // Of each device its rows, in any order; of 0 all names.
  using Contents = std::map<store::DeviceNumber, std::multiset<std::string>>;
  Contents contents() {
    Contents out;
    const auto active = must(site_->fleet.members(std::string(fleet::kAllSystems)));
    for (const auto number : active) {
      auto& lines = out[number];
      const auto device = must(site_->fleet.rows(number));
      for (const model::ClassRows& rows : device.classes)
        for (const model::Row& row : rows.rows)
          lines.insert(std::string(rows.type->name) +
                       model::encode_row(*rows.type, row, model::Columns::All));
    }
    const auto names = site_->fleet.evaluate(
        fleet::samples::query("Device | project Device | order by Device asc"),
        {.now = kNow, .devices = {}});
    for (const model::Row& row : names->rows) out[0].insert(std::get<std::string>(row[0]));
    return out;
  }
  void expect_same_as_without() {
    const auto found = contents();
    start_without();
    const auto wanted = contents();
    ASSERT_EQ(found.size(), wanted.size());
    for (const auto& [device, lines] : wanted) EXPECT_EQ(found.at(device), lines) << device;
  }

  ManualClock clock_{kNow};
  std::unique_ptr<hosting::Site> site_;
  std::vector<store::DeviceNumber> numbers_;
};

TEST_F(Snapshots, AndWhatCameSinceAreTheDatabase) {
  EXPECT_FALSE(start());
  take();
  EXPECT_TRUE(start());
  expect_same_as_without();
  SeededRandom random(test_seed());
  for (int round = 0; round < 5; ++round) {
    for (int change = 0; change < 10; ++change) {
      const auto number = numbers_[random.below(numbers_.size())];
      switch (random.below(7)) {
        case 0:
          enroll();
          break;
        case 1:
          report(number);
          break;
        case 2:
          fill_disk(number);
          break;
        case 3:
          write([&](store::Transaction& t) {
            return store::rename_device(t, number, fmt::format("renamed{}", random.below(100)));
          });
          break;
        case 4:
          write([&](store::Transaction& t) {
            return store::set_device_state(
                t, number,
                random.below(2) == 0 ? store::DeviceState::Blocked : store::DeviceState::Active,
                "alice");
          });
          break;
        case 5:
          write([&](store::Transaction& t) {
            return store::touch_device(t, number, "1.0", kNow + Duration(random.below(9)));
          });
          break;
        default:
          write([&](store::Transaction& t) { return store::delete_device(t, number); });
          std::erase(numbers_, number);
      }
    }
    // Some rounds are without one: the older one and more to follow.
    EXPECT_TRUE(start());
    if (random.below(2) == 0) take();
    expect_same_as_without();
  }
}

TEST_F(Snapshots, OfAnotherTimeOfTheDatabaseAreNotUsed) {
  start();
  take();
  const auto earlier = must(os::read_file(folder_.path() / "fleet.snapshot", 100 << 20));
  report(numbers_[0]);
  start();
  take();
  must(os::replace_file(folder_.path() / "fleet.snapshot", earlier, os::FileMode::Private));
  EXPECT_FALSE(start()) << "the database knows another file";
  expect_same_as_without();
}

TEST_F(Snapshots, ThatAreDamagedOrGoneCostATimeAndNothingElse) {
  start();
  take();
  const auto path = folder_.path() / "fleet.snapshot";
  auto bytes = must(os::read_file(path, 100 << 20));
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  bytes[bytes.size() / 2] ^= 1;
  must(os::replace_file(path, bytes, os::FileMode::Private));
  EXPECT_FALSE(start());
  expect_same_as_without();
  std::filesystem::remove(path);
  EXPECT_FALSE(start());
  expect_same_as_without();
}

TEST_F(Snapshots, ThatCouldNotBeWrittenAreWrittenLater) {
  start();
  FleetSnapshot snapshot(*site_);
  const std::string state = site_->config.state;
  site_->config.state = (folder_.path() / "missing").string();
  snapshot.take_and_wait(now());
  site_->config.state = state;
  snapshot.take_and_wait(now());
  EXPECT_TRUE(start());
}

// One that changed nothing leaves the file alone.
TEST_F(Snapshots, AreWrittenWhenThereIsSomethingNew) {
  start();
  FleetSnapshot snapshot(*site_);
  snapshot.take_and_wait(now());
  const auto path = folder_.path() / "fleet.snapshot";
  const auto before = must(os::read_file(path, 100 << 20));
  snapshot.take_and_wait(now());
  EXPECT_EQ(must(os::read_file(path, 100 << 20)), before);
  report(numbers_[0]);
  snapshot.take_and_wait(now());
  EXPECT_NE(must(os::read_file(path, 100 << 20)), before);
}

}  // namespace
}  // namespace muster::site_server
