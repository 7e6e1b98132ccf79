// Changes that are durable: from a decoded report through the site database's transaction to the
// memberships of the fleet index, and what the devices and their history take on disk.
// 20,000 devices beside 1,000 rules, or what MUSTER_DEVICES and MUSTER_RULES say; with MUSTER_LONG
// 1,000,000 beside 10,000, which is what fleet.durable_deltas, fleet.durable_per_device and
// fleet.history (90 days) are of. Without rules only the second. A fleet that stands in
// MUSTER_BENCH_FOLDER is used again: making a million takes half an hour.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <span>
#include <thread>

#include "base/os/file.h"
#include "base/os/mapped_file.h"
#include "base/os/system.h"
#include "bench/fleet_model.h"
#include "bench/measuring.h"
#include "model/query/parse.h"
#include "store/migrations.h"
#include "store/site/inventory.h"
#include "store/site/packed_lists.h"

using namespace muster;
using bench::must;
using bench::wanted;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kPerCommit = 200;
constexpr Timestamp kNow = bench::FleetModel::kNow;

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void print(std::string_view id, double value, std::string_view unit, int rounds = 1) {
  std::printf("%.*s\t%.1f\t%.*s\t\t\t%d\n", static_cast<int>(id.size()), id.data(), value,
              static_cast<int>(unit.size()), unit.data(), rounds);
  std::fflush(stdout);
}

struct Stand {
  std::unique_ptr<store::Database> database;
  fleet::Fleet fleet{};
  store::KnownRows known{};
};

void enrol(store::Database& database, fleet::DeviceNumber devices) {
  os::SystemRandom random;
  must(database.write([&](store::Transaction& transaction) {
    return store::register_inventory_classes(transaction, model::Schema(), random);
  }));
  for (fleet::DeviceNumber first = 1; first <= devices; first += 1000)
    must(database.write([&](store::Transaction& transaction) -> Result<void> {
      for (fleet::DeviceNumber device = first; device < first + 1000 && device <= devices; ++device)
        TRY(store::create_device(transaction,
                                 {model::DeviceId::make(random), *model::SiteCode::parse("P01"),
                                  fmt::format("pc{}", device), store::DeviceState::Active, "bench"},
                                 kNow));
      return {};
    }));
}

// What a site does as its fleet grows.
void learn(Stand& stand, fleet::DeviceNumber devices) {
  std::vector<store::DeviceNumber> all;
  for (fleet::DeviceNumber device = 1; device <= devices; ++device) all.push_back(device);
  const auto samples = must(stand.database->read(
      [&](store::Reader& reader) { return store::sample_row_lists(reader, all); }));
  const double begin = now_seconds();
  const auto dictionary = store::make_row_dictionary(samples);
  if (!dictionary) return;
  std::fprintf(stderr, "%.2f s for a dictionary of %zu bytes\n", now_seconds() - begin,
               dictionary->size());
  must(stand.database->write([&](store::Transaction& transaction) {
    return store::add_row_dictionary(transaction, *dictionary, devices);
  }));
}

// First inventories: the index takes a part while the database takes the same.
void fill(Stand& stand, const bench::FleetModel& model, fleet::DeviceNumber devices) {
  for (fleet::DeviceNumber first = 1; first <= devices; first += 500) {
    std::vector<fleet::DeviceChange> part;
    for (fleet::DeviceNumber device = first; device < first + 500 && device <= devices; ++device)
      part.push_back(model.device(device));
    std::thread storing([&] {
      must(stand.database->write([&](store::Transaction& transaction) -> Result<void> {
        TRY(stand.known.begin(transaction, part.size()));
        for (const fleet::DeviceChange& each : part)
          TRY(store::apply_full(transaction, stand.known, model::Schema(), each.device, each.added,
                                kNow));
        return {};
      }));
    });
    for (const fleet::DeviceChange& each : part) must(stand.fleet.apply(each, kNow));
    storing.join();
    if (const auto so_far = first + 499; so_far == 1000 || so_far == 10'000 || so_far == 100'000)
      learn(stand, so_far);
    if (first % 50'000 == 1) std::fprintf(stderr, "%u devices\n", first - 1);
  }
}

void make(const fs::path& rows, const fs::path& index, const bench::FleetModel& model,
          fleet::DeviceNumber devices) {
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(rows.string() + suffix);
  Stand stand{.database = must(store::open_site_database(rows, kNow))};
  enrol(*stand.database, devices);
  fill(stand, model, devices);
  must(os::replace_file(
      index, [&](const os::FileSink& sink) { return stand.fleet.state().save("", sink); },
      os::FileMode::Private));
}

// What is measured is a copy: what stands stays as it was made.
Stand stand_in(const fs::path& folder, const bench::FleetModel& model,
               fleet::DeviceNumber devices) {
  const auto rows = folder / fmt::format("site-{}.sqlite", devices);
  const auto index = bench::snapshot_in(folder, devices);
  if (!fs::exists(index)) make(rows, index, model, devices);
  const auto copy = folder / "site.sqlite";
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(copy.string() + suffix);
  fs::copy_file(rows, copy);
  const auto file = must(os::MappedFile::open(index));
  return {.database = must(store::open_site_database(copy, kNow)),
          .fleet = std::move(must(fleet::Fleet::load(model::Schema(), file.view())).fleet)};
}

// Bytes of the database by table, its indexes included.
std::map<std::string, double> table_bytes(store::Database& database) {
  std::map<std::string, double> out;
  must(database.read([&](store::Reader& reader) -> Result<void> {
    auto rows =
        TRY(reader.query("SELECT COALESCE(m.tbl_name, s.name), SUM(s.pgsize) FROM dbstat s "
                         "LEFT JOIN sqlite_schema m ON m.name = s.name GROUP BY 1"));
    while (TRY(rows.next())) out[TRY(rows.text(0))] = static_cast<double>(TRY(rows.integer(1)));
    return {};
  }));
  return out;
}

struct Delta {
  std::string base;
  fleet::DeviceChange change;
};

// The devices that stand at every `step`-th place, each brought up to date once more.
std::vector<Delta> deltas(const fleet::Fleet& fleet, const bench::FleetModel& model,
                          fleet::DeviceNumber devices, std::uint64_t count, std::uint64_t patches) {
  std::vector<Delta> out;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto device = static_cast<fleet::DeviceNumber>(1 + i * devices / count);
    out.push_back({must(fleet.digest(device)).text(), model.update(device, patches)});
  }
  return out;
}

struct Cost {
  double store = 0, index = 0, wall = 0;  // the first two beside each other
};

using Part = std::span<const Delta>;

double store_part(Stand& stand, Part part) {
  const double begin = now_seconds();
  must(stand.database->write([&](store::Transaction& transaction) -> Result<void> {
    TRY(stand.known.begin(transaction, part.size()));
    for (const Delta& each : part)
      TRY(store::apply_delta(transaction, stand.known, model::Schema(), each.change.device,
                             each.base, each.change.removed, each.change.added, kNow));
    return stand.known.end(transaction);
  }));
  return now_seconds() - begin;
}

double index_part(Stand& stand, Part part, std::uint64_t& moved) {
  const double begin = now_seconds();
  for (const Delta& each : part)
    for (const auto& change : must(stand.fleet.apply(each.change, kNow)))
      moved += change.joined.size() + change.left.size();
  return now_seconds() - begin;
}

// As the site server takes its inbox: the index follows one part while the next one is stored.
Cost apply(Stand& stand, const std::vector<Delta>& all, std::uint64_t& moved) {
  Cost out;
  const double begin = now_seconds();
  Part before;
  for (std::size_t first = 0; first < all.size(); first += kPerCommit) {
    const Part part =
        Part(all).subspan(first, std::min<std::size_t>(kPerCommit, all.size() - first));
    auto stored = std::async(std::launch::async, [&] { return store_part(stand, part); });
    out.index += index_part(stand, before, moved);
    out.store += stored.get();
    before = part;
  }
  out.index += index_part(stand, before, moved);
  out.wall = now_seconds() - begin;
  return out;
}

}  // namespace

int main(int count, char** words) {
  // Of benches that are named, only its own.
  if (count > 1 && std::none_of(words + 1, words + count, [](std::string_view id) {
        return id == "fleet.durable_deltas" || id == "fleet.durable_per_device" ||
               id == "fleet.history";
      }))
    return 0;
  const bool is_long = std::getenv("MUSTER_LONG") != nullptr;
  const auto devices =
      static_cast<fleet::DeviceNumber>(wanted("MUSTER_DEVICES", is_long ? 1'000'000 : 20'000));
  const std::uint64_t rules = wanted("MUSTER_RULES", is_long ? 10'000 : 1000);
  const std::uint64_t changes = wanted("MUSTER_CHANGES", std::min(devices / 4, 20'000u));
  const char* given = std::getenv("MUSTER_BENCH_FOLDER");
  std::string pattern = "bench-durable-XXXXXX";
  const fs::path folder = given != nullptr ? given : ::mkdtemp(pattern.data());
  const bench::FleetModel model(bench::FleetModel::package_names());
  const auto id = [&](const char* name) {
    return devices == 1'000'000 && rules == 10'000 ? fmt::format("fleet.{}", name)
                                                   : fmt::format("fleet.small.{}", name);
  };

  Stand stand = stand_in(folder, model, devices);
  auto bytes = table_bytes(*stand.database);
  double all = 0;
  for (const auto& [table, size] : bytes) {
    std::fprintf(stderr, "%s: %.1f bytes/device\n", table.c_str(), size / devices);
    if (table != "inventory_log") all += size;
  }
  print(id("durable_per_device"), all / devices, "bytes");
  if (rules == 0) {
    if (given == nullptr) fs::remove_all(folder);
    return 0;
  }

  for (std::uint64_t i = 0; i < rules; ++i)
    must(stand.fleet.set_collection(
        fmt::format("c{}", i),
        {{must(model::parse_query(bench::generated_rule(model.names(), i).query))}, {}, {}}, kNow));
  std::vector<double> rates;
  const double log_before = bytes["inventory_log"];
  for (int round = 0; round < 3; ++round) {
    const auto some =
        deltas(stand.fleet, model, devices, changes, static_cast<std::uint64_t>(round));
    std::uint64_t moved = 0;
    const double cpu = bench::cpu_seconds();
    const Cost cost = apply(stand, some, moved);
    const auto per = [&](double seconds) { return seconds * 1e6 / static_cast<double>(changes); };
    std::fprintf(stderr, "us a change: store %.0f, index %.0f, CPU %.0f; %.1f memberships moved\n",
                 per(cost.store), per(cost.index), per(bench::cpu_seconds() - cpu),
                 static_cast<double>(moved) / static_cast<double>(changes));
    rates.push_back(static_cast<double>(changes) / cost.wall);
  }
  std::ranges::sort(rates);
  print(id("durable_deltas"), rates[1], "devices/s", 3);
  bytes = table_bytes(*stand.database);
  // A device reports once a week, each time with a change: more than most have.
  constexpr double kReports = 13;
  print(id("history"),
        kReports * (bytes["inventory_log"] - log_before) / static_cast<double>(3 * changes),
        "bytes", 3);
  if (given == nullptr) fs::remove_all(folder);
  return 0;
}
