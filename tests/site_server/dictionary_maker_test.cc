// Row lists take less room once there are enough devices to learn from, and whatever was written
// before stays readable.
#include "roles/site_server/row_dictionary/dictionary_maker.h"

#include <gtest/gtest.h>

#include "roles/site_server/collection_evaluator/collection_evaluator.h"
#include "store/site/inventory.h"
#include "store/site/packed_lists.h"
#include "tests/site_server/bare_site.h"

namespace muster::site_server {
namespace {

class Dictionaries : public store::SiteDatabaseTest {
 protected:
  void SetUp() override {
    site_ = bare_site(std::move(database_), clock_, random_);
    store::must(site_->database->write([&](store::Transaction& transaction) {
      return store::register_inventory_classes(transaction, model::Schema(), random_);
    }));
    evaluator_.emplace(*site_, StoredMembers::None);
    maker_.emplace(*site_);
  }
  std::vector<model::ClassRows> rows(std::uint64_t device, std::uint64_t version) {
    const auto& type = *model::find_inventory_class("InstalledSoftware");
    model::ClassRows out{&type, {}};
    for (std::uint64_t i = 0; i < 120; ++i) {
      if ((device * 31 + i * 17) % 11 == 0) continue;
      model::Row row(type.columns.size());
      row[*type.column("Name")] = fmt::format("package{}", i);
      row[*type.column("Section")] = fmt::format("{}", i == device % 120 ? version : 0);
      out.rows.push_back(std::move(row));
    }
    return {out};
  }
  void add(std::size_t count) {
    store::must(site_->database->write([&](store::Transaction& t) -> Result<void> {
      TRY(known_.begin(t, 1));
      for (std::size_t i = 0; i < count; ++i) {
        const auto device =
            TRY(store::create_device(t,
                                     {model::DeviceId::make(random_), store::site_code(), "pc",
                                      store::DeviceState::Active, "alice"},
                                     store::kNow));
        TRY(store::apply_full(t, known_, model::Schema(), device.number, rows(device.number, 1),
                              store::kNow));
        devices_.push_back(device.number);
      }
      return {};
    }));
    store::must(evaluator_->load());
  }
  void follow() {
    store::must(maker_->follow());
    maker_->wait();
  }
  std::int64_t ask(const std::string& sql) {
    return *store::must(site_->database->read([&](store::Reader& reader) {
      return reader.first(sql, {}, [](store::Rows& found) { return found.integer(0); });
    }));
  }
  void expect_rows(store::DeviceNumber device, std::uint64_t version) {
    const auto found = store::must(site_->database->read([&](store::Reader& reader) {
      return store::device_inventory(reader, model::Schema(), device);
    }));
    model::RowSetDigest stored, wanted;
    for (const auto& each : found) stored.add(*each.type, each.row);
    for (const auto& [type, of_class] : rows(device, version))
      for (const auto& row : of_class) wanted.add(*type, row);
    EXPECT_EQ(stored.text(), wanted.text()) << device;
  }

  ManualClock clock_{store::kNow};
  std::unique_ptr<hosting::Site> site_;
  std::optional<CollectionEvaluator> evaluator_;
  store::KnownRows known_;
  std::vector<store::DeviceNumber> devices_;
  std::optional<DictionaryMaker> maker_;  // ends before the site
};

TEST_F(Dictionaries, AreMadeAsTheFleetGrowsAndPackWhatIsWrittenLater) {
  add(999);
  follow();
  EXPECT_EQ(ask("SELECT COUNT(*) FROM row_dictionary"), 0);
  add(1);
  follow();
  EXPECT_EQ(ask("SELECT devices FROM row_dictionary"), 1000);
  follow();
  EXPECT_EQ(ask("SELECT COUNT(*) FROM row_dictionary"), 1);

  const auto plain = ask("SELECT MAX(LENGTH(rows)) FROM device_rows");
  const auto first = devices_.front();
  add(1);
  const auto last = devices_.back();
  EXPECT_EQ(ask(fmt::format("SELECT COUNT(*) FROM device_rows WHERE 3 * LENGTH(rows) < {}", plain)),
            1);
  expect_rows(first, 1);
  expect_rows(last, 1);

  // A change of either kind, and the log of both.
  store::must(site_->database->write([&](store::Transaction& t) -> Result<void> {
    TRY(known_.begin(t, 1));
    for (const auto device : {first, last})
      TRY(store::apply_full(t, known_, model::Schema(), device, rows(device, 2), store::kNow));
    return {};
  }));
  expect_rows(first, 2);
  expect_rows(last, 2);
  EXPECT_EQ(store::must(site_->database->read([&](store::Reader& reader) {
              return store::inventory_changes_after(reader, model::Schema(), 0, 2000);
            })).size(),
            1003u);
}

TEST_F(Dictionaries, OfAnotherDatabaseAreMissedByName) {
  add(1000);
  follow();
  add(1);
  store::must(site_->database->write(
      [](store::Transaction& t) { return t.run("DELETE FROM row_dictionary", {}); }));
  const auto found = site_->database->read([&](store::Reader& reader) {
    return store::device_inventory(reader, model::Schema(), devices_.back());
  });
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().text().find("dictionary 1, which is not there"), std::string::npos)
      << found.error().text();
}

}  // namespace
}  // namespace muster::site_server
