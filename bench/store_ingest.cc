// How fast inventories become rows of the site database, and messages records of the inbox.
// Peers of the same run: the same rows inserted one by one into one indexed table per class of the
// same engine, and one fsynced file per message.
#include <fcntl.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/check.h"
#include "base/os/file.h"
#include "base/os/system.h"
#include "bench/measuring.h"
#include "store/journal.h"
#include "store/migrations.h"
#include "store/site/inventory.h"

using namespace muster;
using bench::cpu_seconds;
using bench::must;
namespace fs = std::filesystem;

namespace {

constexpr int kDevices = 1000;
constexpr int kPerCommit = 20;
constexpr int kDeltasPerCommit = 200;

struct Span {
  os::SystemClock clock;
  double cpu = cpu_seconds();
  Duration start = clock.steady();
  double cpu_used() const { return cpu_seconds() - cpu; }
  double wall_used() const { return static_cast<double>((clock.steady() - start).count()) / 1000; }
};

void print(const char* id, double value, const char* unit) {
  std::printf("%s\t%.0f\t%s\n", id, value, unit);
  std::fflush(stdout);
}

// 300 rows: mostly software, of which most devices have the same. `generation` moves versions on.
std::vector<model::ClassRows> inventory_of(std::uint64_t device, std::uint64_t generation) {
  SeededRandom random(device);
  const auto& software = *model::find_inventory_class("InstalledSoftware");
  const auto& adapters = *model::find_inventory_class("NetworkAdapter");
  const auto& disks = *model::find_inventory_class("LogicalDisk");
  std::vector<model::ClassRows> out = {{&software, {}}, {&adapters, {}}, {&disks, {}}};
  const auto set = [](const model::InventoryClass& type, model::Row& row, std::string_view name,
                      model::Value value) { row[*type.column(name)] = std::move(value); };
  std::uint64_t name = 0;
  for (int i = 0; i < 292; ++i) {
    name += 1 + random.below(6);
    const std::uint64_t version = random.below(3) + (i < 9 ? generation : 0);
    model::Row row(software.columns.size());
    set(software, row, "Name", fmt::format("lib-package-{}", name));
    set(software, row, "Version",
        model::Version{model::VersionScheme::Dpkg, fmt::format("{}.{}-1", name % 9, version)});
    set(software, row, "Architecture", "amd64");
    set(software, row, "Publisher", "Debian Developers <packages@lists.example>");
    set(software, row, "Source", fmt::format("package-{}", name / 3));
    set(software, row, "Section", "libs");
    set(software, row, "PackageManager", "dpkg");
    out[0].rows.push_back(std::move(row));
  }
  for (int i = 0; i < 4; ++i) {
    model::Row adapter(adapters.columns.size());
    set(adapters, adapter, "Name", fmt::format("eth{}", i));
    set(adapters, adapter, "MacAddress", fmt::format("52:54:00:{:06x}", device * 4 + i));
    set(adapters, adapter, "MTU", 1500);
    out[1].rows.push_back(std::move(adapter));
    model::Row disk(disks.columns.size());
    set(disks, disk, "Name", fmt::format("/data{}", i));
    set(disks, disk, "SizeMB", 10'000);
    set(disks, disk, "FreeMB", static_cast<std::int64_t>(random.below(10'000)));
    out[2].rows.push_back(std::move(disk));
  }
  return out;
}

template <typename Work>
void in_commits(store::Database& database, Work&& work) {
  for (int first = 0; first < kDevices; first += kPerCommit)
    must(database.write([&](store::Transaction& transaction) -> Result<void> {
      for (int d = first; d < first + kPerCommit; ++d) TRY(work(transaction, d));
      return {};
    }));
}

void bench_inventory(const fs::path& folder) {
  const auto database = must(store::open_site_database(folder / "site.sqlite", {1}));
  os::SystemRandom random;
  must(database->write([&](store::Transaction& t) {
    return store::register_inventory_classes(t, model::Schema(), random);
  }));
  std::vector<store::DeviceNumber> numbers;
  store::KnownRows known;
  in_commits(*database, [&](store::Transaction& t, int) -> Result<void> {
    const auto id = model::DeviceId::make(random);
    numbers.push_back(
        TRY(store::create_device(t, {id, *model::SiteCode::parse("P01"), "pc"}, {1})).number);
    return {};
  });
  const auto full_round = [&](const char* id, std::uint64_t generation) {
    double cpu = 0;
    for (int first = 0; first < kDevices; first += kPerCommit) {
      std::vector<std::vector<model::ClassRows>> documents;
      for (int d = first; d < first + kPerCommit; ++d)
        documents.push_back(inventory_of(static_cast<std::uint64_t>(d), generation));
      const Span span;
      must(database->write([&](store::Transaction& t) -> Result<void> {
        TRY(known.begin(t, kPerCommit));
        for (int d = first; d < first + kPerCommit; ++d)
          TRY(store::apply_full(t, known, model::Schema(), numbers[static_cast<std::size_t>(d)],
                                documents[static_cast<std::size_t>(d - first)], {2}));
        return {};
      }));
      cpu += span.cpu_used();
    }
    print(id, kDevices * 300 / cpu, "rows/cpu-s");
  };
  full_round("store.inventory.first", 0);
  full_round("store.inventory.again", 0);
  full_round("store.inventory.changed", 1);
  std::printf("store.size\t%.0f\tbytes/device\n",
              static_cast<double>(fs::file_size(folder / "site.sqlite")) / kDevices);

  double cpu = 0;
  for (int first = 0; first < kDevices; first += kDeltasPerCommit) {
    struct Delta {
      std::string base;
      std::vector<model::ClassRows> removed, added;
    };
    std::vector<Delta> deltas;
    for (int d = first; d < first + kDeltasPerCommit; ++d) {
      const auto now = inventory_of(static_cast<std::uint64_t>(d), 1);
      const auto next = inventory_of(static_cast<std::uint64_t>(d), 2);
      model::RowSetDigest digest;
      for (const auto& [type, rows] : now)
        for (const auto& row : rows) digest.add(*type, row);
      Delta delta{digest.text(), {{now[0].type, {}}}, {{now[0].type, {}}}};
      for (std::size_t i = 0; i < 9; ++i) {
        delta.removed[0].rows.push_back(now[0].rows[i]);
        delta.added[0].rows.push_back(next[0].rows[i]);
      }
      deltas.push_back(std::move(delta));
    }
    const Span span;
    must(database->write([&](store::Transaction& t) -> Result<void> {
      TRY(known.begin(t, kDeltasPerCommit));
      for (int d = first; d < first + kDeltasPerCommit; ++d) {
        const Delta& delta = deltas[static_cast<std::size_t>(d - first)];
        TRY(store::apply_delta(t, known, model::Schema(), numbers[static_cast<std::size_t>(d)],
                               delta.base, delta.removed, delta.added, {3}));
      }
      return {};
    }));
    cpu += span.cpu_used();
  }
  print("store.inventory.delta", kDevices / cpu, "deltas of 9 rows/cpu-s");

  struct Counter final : store::InventoryVisitor {
    std::uint64_t rows = 0, lists = 0;
    Result<void> row(store::RowId, const model::InventoryClass&, const model::Row&) override {
      ++rows;
      return {};
    }
    Result<void> device(store::DeviceNumber, std::span<const store::DeviceRow> list) override {
      lists += list.size();
      return {};
    }
  } counter;
  const Span span;
  must(database->read(
      [&](store::Reader& r) { return store::load_inventory(r, model::Schema(), counter); }));
  print("store.inventory.load", kDevices / span.cpu_used(), "devices/cpu-s");
}

// The peer: every row of every device is a row of a table.
void bench_plain_table(const fs::path& folder) {
  const auto database = must(store::open_sqlite(folder / "plain.sqlite"));
  must(database->write([](store::Transaction& t) {
    return t.script(
        "CREATE TABLE software (device INTEGER, name TEXT, version TEXT, architecture TEXT, "
        "publisher TEXT, source TEXT, section TEXT, manager TEXT);"
        "CREATE INDEX software_device ON software (device);"
        "CREATE INDEX software_name ON software (name, version)");
  }));
  double cpu = 0;
  std::uint64_t rows = 0;
  for (int first = 0; first < kDevices; first += kPerCommit) {
    std::vector<std::vector<model::ClassRows>> documents;
    for (int d = first; d < first + kPerCommit; ++d)
      documents.push_back(inventory_of(static_cast<std::uint64_t>(d), 0));
    const Span span;
    must(database->write([&](store::Transaction& t) -> Result<void> {
      for (int d = first; d < first + kPerCommit; ++d)
        for (const model::Row& row : documents[static_cast<std::size_t>(d - first)][0].rows) {
          const auto text = [&](std::size_t i) -> store::Param {
            if (const auto* value = std::get_if<std::string>(&row[i])) return *value;
            return std::nullopt;
          };
          TRY(t.run("INSERT INTO software VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                    {d, text(0), std::get<model::Version>(row[1]).text, text(2), text(3), text(4),
                     text(5), text(8)}));
          ++rows;
        }
      return {};
    }));
    cpu += span.cpu_used();
  }
  print("peer.plain-table.first", static_cast<double>(rows) / cpu, "rows/cpu-s");
  std::printf("peer.plain-table.size\t%.0f\tbytes/device\n",
              static_cast<double>(fs::file_size(folder / "plain.sqlite")) / kDevices);
}

void bench_journal(const fs::path& folder) {
  for (const int threads : {1, 8, 64}) {
    const auto journal = must(store::Journal::open(folder / fmt::format("journal-{}", threads)));
    const int each = threads == 1 ? 200 : 4000 / threads;
    const Span span;
    std::vector<std::thread> workers;
    for (int t = 0; t < threads; ++t)
      workers.emplace_back([&] {
        const Bytes payload(1024, 'x');
        for (int i = 0; i < each; ++i) must(journal->append(payload));
      });
    for (std::thread& worker : workers) worker.join();
    print(fmt::format("store.journal.append.{}-threads", threads).c_str(),
          threads * each / span.wall_used(), "acknowledged/s");
    print(fmt::format("store.journal.append.{}-threads.cpu", threads).c_str(),
          threads * each / span.cpu_used(), "acknowledged/cpu-s");
  }
  fs::create_directories(folder / "files");
  const Span span;
  constexpr int kFiles = 200;
  for (int i = 0; i < kFiles; ++i)
    must(os::replace_file(folder / "files" / fmt::format("{}", i), Bytes(1024, 'x'),
                          os::FileMode::Private));
  print("peer.file-per-message", kFiles / span.wall_used(), "acknowledged/s");
}

}  // namespace

// Argument: a folder on the disk to be measured (default: the current one).
int main(int argc, char** argv) {
  const std::vector<std::string> ids(argv + 1, argv + argc);
  const auto is_ours = [](const std::string& id) { return id.starts_with("store."); };
  if (!ids.empty() && std::none_of(ids.begin(), ids.end(), is_ours)) return 0;
  const char* given = std::getenv("MUSTER_BENCH_FOLDER");
  const fs::path parent = given != nullptr ? given : ".";
  std::string pattern = (parent / "bench-store-XXXXXX").string();
  MUSTER_CHECK(::mkdtemp(pattern.data()) != nullptr);
  const fs::path folder = pattern;
  bench_inventory(folder);
  bench_plain_table(folder);
  bench_journal(folder);
  fs::remove_all(folder);
}
