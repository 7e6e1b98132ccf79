#include "store/site/inventory.h"

#include <algorithm>
#include <array>
#include <map>

#include "store/site/row_table.h"
#include "store/site/settings.h"
#include "store/site/unused_rows.h"
#include "tests/store/store_test.h"

namespace muster::store {
namespace {

using model::ClassRows;
using model::InventoryClass;
using model::Row;

const InventoryClass& class_named(std::string_view name) {
  const InventoryClass* type = model::find_inventory_class(name);
  if (type == nullptr) throw std::runtime_error("no such class");
  return *type;
}

Row row_of(const InventoryClass& type, const std::map<std::string, model::Value>& values) {
  Row row(type.columns.size());
  for (const auto& [name, value] : values) row[type.column(name).value()] = value;
  must(model::check_row(type, row));
  return row;
}

const InventoryClass& software() { return class_named("InstalledSoftware"); }
const InventoryClass& adapters() { return class_named("NetworkAdapter"); }
const InventoryClass& disks() { return class_named("LogicalDisk"); }

Row package(const std::string& name, const std::string& version = "1.0") {
  return row_of(software(), {{"Name", name},
                             {"Version", model::Version{model::VersionScheme::Dpkg, version}},
                             {"PackageManager", "dpkg"}});
}
Row adapter(const std::string& mac) {
  return row_of(adapters(), {{"Name", "eth0"}, {"MacAddress", mac}, {"MTU", 1500}});
}
Row disk(std::int64_t free_mb) {
  return row_of(disks(), {{"Name", "/"}, {"SizeMB", 1000}, {"FreeMB", free_mb}});
}

std::string digest_of(const std::vector<ClassRows>& classes) {
  model::RowSetDigest digest;
  for (const auto& [type, rows] : classes)
    for (const Row& row : rows) digest.add(*type, row);
  return digest.text();
}

using Flat = std::vector<std::pair<std::string, Bytes>>;

Flat flat(const std::vector<InventoryRow>& rows) {
  Flat out;
  for (const InventoryRow& row : rows)
    out.emplace_back(row.type->name, model::encode_row(*row.type, row.row, model::Columns::All));
  std::sort(out.begin(), out.end());
  return out;
}
Flat flat(const std::vector<ClassRows>& classes) {
  Flat out;
  for (const auto& [type, rows] : classes)
    for (const Row& row : rows)
      out.emplace_back(type->name, model::encode_row(*type, row, model::Columns::All));
  std::sort(out.begin(), out.end());
  return out;
}

class InventoryTest : public SiteDatabaseTest {
 protected:
  void SetUp() override {
    register_classes();
    number_ = new_device().number;
  }
  // Returns the devices that are asked for a full inventory.
  std::vector<DeviceNumber> register_classes() {
    known_.forget();
    return must(
        write([&](Transaction& t) { return register_inventory_classes(t, schema_, random_); }));
  }
  using Classes = std::vector<ClassRows>;
  // A change with what the log has of it.
  struct Told : InventoryChange {
    std::vector<InventoryRow> added, removed;
  };
  Result<Told> told(Result<InventoryChange> change) {
    Told out{TRY(std::move(change)), {}, {}};
    if (out.sequence == 0) return out;
    InventoryLogEntry entry = log(out.sequence - 1).at(0);
    EXPECT_EQ(entry.sequence, out.sequence);
    out.added = std::move(entry.added);
    out.removed = std::move(entry.removed);
    return out;
  }
  static constexpr std::size_t kMessages = 8;
  std::int64_t position() {
    return must(read([](Reader& r) { return read_counter(r, Counter::InventorySequence); }));
  }
  // As the inbox does.
  template <typename Work>
  auto writing(Work&& work) {
    return write([&](Transaction& t) -> decltype(work(t)) {
      TRY(known_.begin(t, kMessages));
      auto done = work(t);
      TRY(known_.end(t));
      return done;
    });
  }
  Result<Told> full(const Classes& rows, DeviceNumber number) {
    return told(writing(
        [&](Transaction& t) { return apply_full(t, known_, schema_, number, rows, kNow); }));
  }
  Result<Told> full(const Classes& rows) { return full(rows, number_); }
  Result<Told> delta(std::string_view base, const Classes& removed, const Classes& added) {
    return told(writing([&](Transaction& t) {
      return apply_delta(t, known_, schema_, number_, base, removed, added, kNow);
    }));
  }
  std::vector<InventoryRow> stored(DeviceNumber number) {
    return must(read([&](Reader& reader) { return device_inventory(reader, schema_, number); }));
  }
  std::vector<InventoryRow> stored() { return stored(number_); }
  std::int64_t count(const char* table) {
    return must(read([&](Reader& reader) {
             return reader.first(fmt::format("SELECT COUNT(*) FROM {}", table), {},
                                 [](Rows& rows) { return rows.integer(0); });
           }))
        .value();
  }
  std::vector<InventoryLogEntry> log(std::int64_t after = 0) {
    return must(
        read([&](Reader& reader) { return inventory_changes_after(reader, schema_, after, 100); }));
  }
  model::Schema schema_;
  KnownRows known_;
  DeviceNumber number_ = 0;
};

TEST_F(InventoryTest, PositionsOfTheLogThatNobodyUsedAreGivenBackAndThoseOfUndoneMessagesAreNot) {
  const std::int64_t before = position();
  const Classes first = {{schema_.find("InstalledSoftware"), {}}};
  EXPECT_EQ(must(full(first)).sequence, 0);
  EXPECT_EQ(position(), before);
  const auto rows = [&](std::int64_t number) {
    const InventoryClass& type = *schema_.find("InstalledSoftware");
    Row row(type.columns.size());
    row[*type.column("Name")] = fmt::format("package-{}", number);
    return Classes{{&type, {row}}};
  };
  const auto after_undone = must(writing([&](Transaction& t) -> Result<InventoryChange> {
    const auto undone = t.attempt([&]() -> Result<void> {
      EXPECT_EQ(must(apply_full(t, known_, schema_, number_, rows(1), kNow)).sequence, before + 1);
      return fail(kNotFound, "as a later part of the message may");
    });
    EXPECT_FALSE(undone);
    return apply_full(t, known_, schema_, number_, rows(2), kNow);
  }));
  EXPECT_EQ(after_undone.sequence, before + 2);
  EXPECT_EQ(position(), before + 2);
  EXPECT_EQ(must(full(rows(3))).sequence, before + 3);
}

TEST_F(InventoryTest, AFullInventoryComesBackWithAllItsColumns) {
  const Classes rows = {{&software(), {package("bash"), package("zsh")}},
                        {&adapters(), {adapter("52:54:00:00:00:01")}},
                        {&disks(), {disk(300)}}};
  const Told change = must(full(rows));
  EXPECT_EQ(change.digest, digest_of(rows));
  EXPECT_EQ(flat(change.added), flat(rows));
  EXPECT_TRUE(change.removed.empty());
  EXPECT_GT(change.sequence, 0);
  EXPECT_EQ(flat(stored()), flat(rows));
  EXPECT_EQ(device(number_).inventory_count, 4);
  EXPECT_EQ(device(number_).inventory_digest, change.digest);
  EXPECT_EQ(device(number_).inventory_at, kNow);
}

TEST_F(InventoryTest, EqualSharedPartsOfManyDevicesAreOneRow) {
  const DeviceNumber second = new_device().number;
  must(full({{&software(), {package("bash")}}, {&adapters(), {adapter("52:54:00:00:00:01")}}}));
  must(full({{&software(), {package("bash")}}, {&adapters(), {adapter("52:54:00:00:00:02")}}},
            second));
  EXPECT_EQ(count("inventory_row"), 2);
  EXPECT_EQ(stored()[0].id, stored(second)[0].id);
  EXPECT_NE(flat(stored()), flat(stored(second)));
}

TEST_F(InventoryTest, ManyDevicesReadInOneGoAreWhatEachIsAlone) {
  const DeviceNumber second = new_device().number, third = new_device().number;
  must(full({{&software(), {package("bash")}}, {&adapters(), {adapter("52:54:00:00:00:01")}}}));
  must(full({{&software(), {package("bash"), package("zsh")}},
             {&adapters(), {adapter("52:54:00:00:00:02")}},
             {&disks(), {disk(300)}}},
            second));
  const auto [one, other, none] = must(read([&](Reader& reader) -> Result<std::array<Flat, 3>> {
    auto inventories = TRY(InventoryReader::open(reader, schema_));
    std::array<Flat, 3> out;
    out[0] = flat(TRY(inventories.rows(number_)));
    out[1] = flat(TRY(inventories.rows(second)));
    out[2] = flat(TRY(inventories.rows(third)));
    return out;
  }));
  EXPECT_EQ(one, flat(stored()));
  EXPECT_EQ(other, flat(stored(second)));
  EXPECT_TRUE(none.empty());
}

TEST_F(InventoryTest, ASecondFullInventoryTellsTheDifference) {
  must(full({{&software(), {package("bash"), package("zsh")}}, {&disks(), {disk(300)}}}));
  const Told change =
      must(full({{&software(), {package("zsh"), package("fish")}}, {&disks(), {disk(300)}}}));
  EXPECT_EQ(flat(change.added), flat(Classes{{&software(), {package("fish")}}}));
  EXPECT_EQ(flat(change.removed), flat(Classes{{&software(), {package("bash")}}}));
}

TEST_F(InventoryTest, TheSameFullInventoryAgainChangesNothing) {
  const Classes rows = {{&software(), {package("bash")}}};
  const Told first = must(full(rows));
  const Told again = must(full(rows));
  EXPECT_EQ(again.digest, first.digest);
  EXPECT_EQ(again.sequence, 0);
  EXPECT_TRUE(again.added.empty() && again.removed.empty());
  EXPECT_EQ(log().size(), 1u);
}

TEST_F(InventoryTest, AnEmptyInventoryIsOne) {
  const Told change = must(full({}));
  EXPECT_EQ(device(number_).inventory_digest, model::RowSetDigest().text());
  must(delta(change.digest, {}, {{&software(), {package("bash")}}}));
  EXPECT_EQ(stored().size(), 1u);
}

TEST_F(InventoryTest, ADeltaRemovesByIdentityAndAdds) {
  const auto base =
      must(full({{&software(), {package("bash"), package("zsh")}}, {&disks(), {disk(300)}}}));
  // The client no longer knows how much was free when it sent the row that it now removes.
  const Told change =
      must(delta(base.digest, {{&software(), {package("bash")}}, {&disks(), {disk(1)}}},
                 {{&software(), {package("bash", "2.0")}}, {&disks(), {disk(200)}}}));
  const Classes after = {{&software(), {package("bash", "2.0"), package("zsh")}},
                         {&disks(), {disk(200)}}};
  EXPECT_EQ(change.digest, digest_of(after));
  EXPECT_EQ(flat(stored()), flat(after));
  EXPECT_EQ(flat(change.removed),
            flat(Classes{{&software(), {package("bash")}}, {&disks(), {disk(300)}}}));
  EXPECT_EQ(device(number_).inventory_digest, change.digest);
  EXPECT_EQ(device(number_).inventory_count, 3);
}

TEST_F(InventoryTest, ADeltaOnAnotherBaseIsAMismatchAndChangesNothing) {
  const auto base = must(full({{&software(), {package("bash")}}}));
  const Classes added = {{&software(), {package("zsh")}}};
  EXPECT_TRUE(fails_with(delta(digest_of(added), {}, added), kDigestMismatch));
  EXPECT_TRUE(fails_with(delta("nonsense", {}, added), kDigestMismatch));
  // A removed row that is not there: the digests cannot have been equal honestly.
  EXPECT_TRUE(
      fails_with(delta(base.digest, {{&software(), {package("zsh")}}}, {}), kDigestMismatch));
  EXPECT_TRUE(
      fails_with(delta(base.digest, {{&software(), {package("bash"), package("bash")}}}, {}),
                 kDigestMismatch));
  EXPECT_EQ(flat(stored()), flat(Classes{{&software(), {package("bash")}}}));
  EXPECT_EQ(count("inventory_row"), 1);
}

TEST_F(InventoryTest, ADeltaBeforeAnyFullInventoryIsAMismatch) {
  EXPECT_TRUE(fails_with(delta(model::RowSetDigest().text(), {}, {}), kDigestMismatch));
}

TEST_F(InventoryTest, ADeltaThatComesTwiceIsAppliedOnce) {
  const auto base = must(full({{&software(), {package("bash")}}}));
  const Classes removed = {{&software(), {package("bash")}}};
  const Classes added = {{&software(), {package("zsh"), package("fish")}}};
  const Told first = must(delta(base.digest, removed, added));
  const Told again = must(delta(base.digest, removed, added));
  EXPECT_EQ(again.digest, first.digest);
  EXPECT_EQ(again.sequence, 0);
  EXPECT_TRUE(again.added.empty() && again.removed.empty());
  EXPECT_EQ(flat(stored()), flat(added));
}

TEST_F(InventoryTest, RowsThatDifferInTheirOwnValuesOnlyAreKeptApart) {
  const Classes rows = {
      {&adapters(),
       {adapter("52:54:00:00:00:02"), adapter("52:54:00:00:00:01"), adapter("52:54:00:00:00:01")}}};
  const auto base = must(full(rows));
  EXPECT_EQ(flat(stored()), flat(rows));
  must(delta(base.digest, {{&adapters(), {adapter("52:54:00:00:00:01")}}}, {}));
  EXPECT_EQ(
      flat(stored()),
      flat(Classes{{&adapters(), {adapter("52:54:00:00:00:02"), adapter("52:54:00:00:00:01")}}}));
}

TEST_F(InventoryTest, VolatileValuesAreKeptWithoutAnotherDigestOrLogEntry) {
  const Classes rows = {{&disks(), {disk(300)}}, {&software(), {package("bash")}}};
  const std::string digest = must(full(rows)).digest;
  const auto refresh = [&](const Classes& values) {
    must(writing(
        [&](Transaction& t) { return apply_volatile(t, known_, schema_, number_, values, kNow); }));
  };
  refresh({{&disks(), {disk(120)}}});
  EXPECT_EQ(flat(stored()),
            flat(Classes{{&disks(), {disk(120)}}, {&software(), {package("bash")}}}));
  EXPECT_EQ(log().size(), 1u);
  // A row that the device does not have is not made by a heartbeat.
  refresh({{&disks(), {row_of(disks(), {{"Name", "/other"}, {"SizeMB", 1}, {"FreeMB", 1}})}}});
  EXPECT_EQ(stored().size(), 2u);
  // The digest leaves volatile values out, so a delta still finds its base.
  must(delta(digest, {{&software(), {package("bash")}}}, {}));
  EXPECT_EQ(flat(stored()), flat(Classes{{&disks(), {disk(120)}}}));
}

TEST_F(InventoryTest, EqualRowsTakeTheirVolatileValuesOneEach) {
  must(full({{&disks(), {disk(10), disk(20), disk(30)}}}));
  const Classes news = {{&disks(), {disk(70), disk(50)}}};
  must(write([&](Transaction& t) {
    return apply_volatile(t, known_, model::Schema(), number_, news, kNow);
  }));
  EXPECT_EQ(flat(stored()), flat(Classes{{&disks(), {disk(30), disk(50), disk(70)}}}));
}

TEST_F(InventoryTest, AClassTakesNoMoreRowsThanItsMost) {
  const Classes most = {{&adapters(), std::vector<Row>(model::kMostRowsPerClass, adapter("aa"))}};
  const std::string base = must(full(most)).digest;
  const Classes one = {{&adapters(), {adapter("bb")}}};
  EXPECT_TRUE(fails_with(delta(base, {}, one), kTooManyRows));
  // One for one is no more.
  EXPECT_TRUE(delta(base, {{&adapters(), {adapter("aa")}}}, one));
}

TEST_F(InventoryTest, UnknownDevicesAreNotFound) {
  EXPECT_TRUE(fails_with(full({}, 99), kNotFound));
  EXPECT_TRUE(stored(99).empty());
}

TEST_F(InventoryTest, TheLogRepeatsEveryChange) {
  const auto base = must(full({{&software(), {package("bash")}}, {&disks(), {disk(5)}}}));
  must(delta(base.digest, {{&software(), {package("bash")}}}, {{&software(), {package("zsh")}}}));
  const auto entries = log();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_TRUE(entries[0].full);
  EXPECT_EQ(flat(entries[0].added),
            flat(Classes{{&software(), {package("bash")}}, {&disks(), {disk(5)}}}));
  EXPECT_FALSE(entries[1].full);
  EXPECT_EQ(entries[1].device, number_);
  EXPECT_EQ(flat(entries[1].added), flat(Classes{{&software(), {package("zsh")}}}));
  EXPECT_EQ(flat(entries[1].removed), flat(Classes{{&software(), {package("bash")}}}));
  EXPECT_EQ(log(entries[0].sequence).size(), 1u);
  must(write([&](Transaction& t) { return trim_inventory_log(t, entries[0].sequence); }));
  EXPECT_EQ(log().size(), 1u);
}

TEST_F(InventoryTest, TheLogIsForgottenByAge) {
  auto digest = must(full({{&software(), {package("bash")}}})).digest;
  digest = must(delta(digest, {}, {{&software(), {package("zsh")}}})).digest;
  digest = must(delta(digest, {}, {{&software(), {package("dash")}}})).digest;
  ASSERT_EQ(log().size(), 3u);
  const auto trim = [&](Timestamp before, std::int64_t limit) {
    return must(write([&](Transaction& t) { return trim_inventory_log(t, before, limit); }));
  };
  EXPECT_EQ(trim(kNow, 10), 0) << "as old is not older";
  const auto last = log()[2].sequence;
  EXPECT_EQ(trim(kNow + std::chrono::seconds(1), 2), 2);
  ASSERT_EQ(log().size(), 1u);
  EXPECT_EQ(log()[0].sequence, last);
}

class Collector final : public InventoryVisitor {
 public:
  Result<void> row(RowId id, const InventoryClass& type, const Row& shared) override {
    EXPECT_TRUE(rows.emplace(id, std::pair(&type, shared)).second);
    return {};
  }
  Result<void> device(DeviceNumber device, std::span<const DeviceRow> list) override {
    std::vector<InventoryRow>& out = devices[device];
    for (const DeviceRow& entry : list) {
      Row whole = rows.at(entry.id).second;
      for (std::size_t i = 0; i < entry.own.size(); ++i)
        if (entry.own[i].index() != 0) whole[i] = entry.own[i];
      out.push_back({entry.id, entry.type, whole});
    }
    return {};
  }
  std::map<RowId, std::pair<const InventoryClass*, Row>> rows;
  std::map<DeviceNumber, std::vector<InventoryRow>> devices;
};

TEST_F(InventoryTest, LoadingShowsEachRowOnceAndEachDevice) {
  const DeviceNumber second = new_device().number;
  const Classes first_rows = {{&software(), {package("bash"), package("zsh")}},
                              {&adapters(), {adapter("52:54:00:00:00:01")}},
                              {&disks(), {disk(9)}}};
  const Classes second_rows = {{&software(), {package("bash")}}};
  must(full(first_rows));
  const auto last = must(full(second_rows, second));
  Collector collector;
  const auto sequence =
      must(read([&](Reader& r) { return load_inventory(r, schema_, collector); }));
  EXPECT_EQ(sequence, last.sequence);
  EXPECT_EQ(collector.rows.size(), 4u);
  ASSERT_EQ(collector.devices.size(), 2u);
  EXPECT_EQ(flat(collector.devices[number_]), flat(first_rows));
  EXPECT_EQ(flat(collector.devices[second]), flat(second_rows));
}

TEST_F(InventoryTest, RandomDeltasEndWhereTheRowsSay) {
  SeededRandom random(7);
  std::vector<int> held;
  const auto rows_of = [](const std::vector<int>& names) {
    ClassRows out{&software(), {}};
    for (const int name : names) out.rows.push_back(package(fmt::format("p{}", name)));
    return out;
  };
  auto digest = must(full({})).digest;
  for (int step = 0; step < 60; ++step) {
    std::vector<int> added, removed;
    for (std::uint64_t i = random.below(6); i > 0; --i)
      added.push_back(static_cast<int>(random.below(20)));
    for (std::uint64_t i = random.below(6); i > 0 && !held.empty(); --i) {
      const auto at = held.begin() + static_cast<std::ptrdiff_t>(random.below(held.size()));
      removed.push_back(*at);
      held.erase(at);
    }
    held.insert(held.end(), added.begin(), added.end());
    digest = must(delta(digest, {rows_of(removed)}, {rows_of(added)})).digest;
    ASSERT_EQ(digest, digest_of({rows_of(held)}));
    ASSERT_EQ(flat(stored()), flat(Classes{rows_of(held)}));
  }
}

// A transaction that is undone gives its rows' ids to the next one: what was read in it may not be
// remembered.
TEST_F(InventoryTest, RowsOfAnUndoneTransactionAreNotRemembered) {
  const DeviceNumber second = new_device().number;
  const Classes bash = {{&software(), {package("bash")}}}, zsh = {{&software(), {package("zsh")}}};
  const auto undone = writing([&](Transaction& t) -> Result<void> {
    TRY(apply_full(t, known_, schema_, number_, bash, kNow));
    TRY(apply_full(t, known_, schema_, second, bash, kNow));  // reads what the first one added
    return fail(kConflict, "undone");
  });
  ASSERT_FALSE(undone);
  must(full(zsh));
  must(full(bash, second));
  EXPECT_EQ(flat(stored()), flat(zsh));
  EXPECT_EQ(flat(stored(second)), flat(bash));
  // And what stands is: the rows are found though the table could not be asked.
  must(full(bash));
  must(full(zsh, second));
  must(write(
      [](Transaction& t) { return t.run("UPDATE inventory_row SET hash = hash || hash", {}); }));
  must(full(zsh));
  EXPECT_EQ(flat(stored()), flat(zsh));
  EXPECT_EQ(count("inventory_row"), 2);
}

TEST_F(InventoryTest, RowsThatNothingNamesAreRemoved) {
  const auto base = must(full({{&software(), {package("bash"), package("zsh")}}}));
  const RowId zsh = stored()[1].id;
  must(delta(base.digest, {{&software(), {package("zsh")}}}, {}));
  const auto find = [&] { return must(read(find_unused_rows)); };
  const auto remove = [&](const UnusedRows& unused) {
    known_.forget();
    return must(
        write([&](Transaction& t) { return remove_unused_rows(t, unused.ids, unused.as_of); }));
  };
  EXPECT_TRUE(find().ids.empty());  // the log still names it
  must(write([](Transaction& t) { return trim_inventory_log(t, INT64_MAX); }));
  const UnusedRows unused = find();
  EXPECT_EQ(unused.ids, std::vector<RowId>{zsh});
  // A device gets it before it is removed, and another has had it and lost it by then.
  const DeviceNumber second = new_device().number;
  must(full({{&software(), {package("zsh")}}}, second));
  EXPECT_EQ(remove(unused), 0);
  must(full({{&software(), {package("bash")}}}, second));
  EXPECT_EQ(remove(unused), 0);  // history tells of it
  must(write([](Transaction& t) { return trim_inventory_log(t, INT64_MAX); }));
  EXPECT_EQ(remove(find()), 1);
  EXPECT_EQ(stored().size(), 1u);
  must(full({{&software(), {package("bash"), package("zsh")}}}));
  EXPECT_GT(stored()[1].id, zsh);
}

TEST_F(InventoryTest, AHashThatLeadsToOtherBytesIsNotTakenForTheRow) {
  must(full({{&software(), {package("bash")}}}));
  // What a collision would look like: the hash of one row over the bytes of another.
  must(write(
      [](Transaction& t) { return t.run("UPDATE inventory_row SET bytes = $1", {blob("")}); }));
  const DeviceNumber second = new_device().number;
  must(full({{&software(), {package("bash")}}}, second));
  EXPECT_EQ(count("inventory_row"), 2);
  EXPECT_EQ(flat(stored(second)), flat(Classes{{&software(), {package("bash")}}}));
}

TEST_F(InventoryTest, OneMoreCollisionThanThereAreProbesIsAnError) {
  const auto intern = [&](std::string_view bytes) {
    return write([&](Transaction& t) -> Result<std::uint64_t> {
      RowTable table = TRY(RowTable::open(t, known_));
      const std::uint64_t id = TRY(table.intern(1, {Bytes(bytes)}))[0];
      TRY(table.close());
      return id;
    });
  };
  for (int i = 0; i < 4; ++i) {
    must(intern("bytes"));
    must(write(
        [](Transaction& t) { return t.run("UPDATE inventory_row SET bytes = $1", {blob("")}); }));
  }
  EXPECT_TRUE(fails_with(intern("bytes"), kRowCollision));
}

TEST_F(InventoryTest, ColumnsThatWereAddedAtTheEndKeepTheRows) {
  const auto base = must(full({{&software(), {package("bash")}}}));
  must(write([](Transaction& t) {
    return t.run(
        "UPDATE inventory_class SET layout = 'Name:0:0;' WHERE name = 'InstalledSoftware'");
  }));
  register_classes();
  EXPECT_EQ(device(number_).inventory_digest, base.digest);
  EXPECT_EQ(stored().size(), 1u);
}

TEST_F(InventoryTest, TheRowsOfADefinedClassComeAndGoWithIt) {
  const model::ClassDefinition two[] = {
      {"Licence", ".", {{"Product", model::ColumnType::Text, {}, "."}}}};
  schema_ = model::Schema::with(two).value();
  register_classes();
  const Classes rows = {{&software(), {package("bash")}},
                        {schema_.find("Licence"), {{model::Value(std::string("Editor"))}}}};
  must(full(rows));
  EXPECT_EQ(flat(stored()), flat(rows));
  const DeviceNumber other = new_device().number;
  const auto untouched = must(full({{&software(), {package("bash")}}}, other));

  const model::Schema before = schema_;
  schema_ = model::Schema();
  const auto asked = register_classes();
  EXPECT_EQ(asked, std::vector<DeviceNumber>{number_});
  EXPECT_EQ(flat(stored()), flat(Classes{rows[0]}));
  EXPECT_EQ(device(number_).inventory_digest, std::nullopt);
  EXPECT_EQ(device(number_).resync, 1);
  EXPECT_EQ(device(other).inventory_digest, untouched.digest);
  EXPECT_EQ(device(other).resync, 0);
  EXPECT_TRUE(must(read([](Reader& r) { return was_inventory_class(r, "Licence"); })));
  EXPECT_FALSE(must(read([](Reader& r) { return was_inventory_class(r, "Never"); })));

  // The class of once is no class to write rows of.
  EXPECT_TRUE(fails_with(
      write([&](Transaction& t) { return apply_full(t, known_, before, number_, rows, kNow); }),
      kNotFound));
  // Declared anew it begins without rows.
  schema_ = before;
  register_classes();
  EXPECT_EQ(flat(stored()), flat(Classes{rows[0]}));
  must(full(rows));
  EXPECT_EQ(flat(stored()), flat(rows));
}

TEST_F(InventoryTest, AChangedClassAsksTheDevicesThatHaveRowsForAFullInventory) {
  const Classes rows = {{&software(), {package("bash")}}, {&disks(), {disk(5)}}};
  const auto base = must(full(rows));
  must(write([](Transaction& t) {
    return t.run("UPDATE inventory_class SET layout = 'Other:1:0;' WHERE name = 'LogicalDisk'");
  }));
  register_classes();
  register_classes();
  EXPECT_EQ(device(number_).inventory_digest, std::nullopt);
  EXPECT_EQ(device(number_).resync, 1);
  EXPECT_EQ(flat(stored()), flat(Classes{{&software(), {package("bash")}}}));
  EXPECT_TRUE(fails_with(delta(base.digest, {}, {}), kDigestMismatch));
  const auto again = must(full(rows));
  EXPECT_EQ(flat(again.added), flat(Classes{{&disks(), {disk(5)}}}));
  EXPECT_EQ(flat(stored()), flat(rows));
  EXPECT_EQ(device(number_).inventory_digest, base.digest);
}

TEST_F(InventoryTest, AResyncCanBeDemanded) {
  EXPECT_EQ(must(write([&](Transaction& t) { return demand_resync(t, number_); })), 1);
  EXPECT_EQ(must(write([&](Transaction& t) { return demand_resync(t, number_); })), 2);
  EXPECT_TRUE(fails_with(write([](Transaction& t) { return demand_resync(t, 99); }), kNotFound));
}

}  // namespace
}  // namespace muster::store
