// The SQLite half of bench/ingest.py: every row of every device is a row of one indexed table, by
// upsert, twenty devices a transaction (the site server takes what waits in its inbox in one as
// well), as durable as the site's own database.
//
//   bench_ingest_sqlite DATABASE ROWS   CPU seconds that SQLite used for the rows of the file
//
// Each line of the file is device, class, instance, version and details, with tabs between them; a
// device's lines stand together. The file is read before the clock runs. Without these two words,
// as tools/bench starts it, it does nothing.
#include <sqlite3.h>

#include <array>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "bench/measuring.h"

namespace {

constexpr int kDevicesPerCommit = 20;

struct InventoryLine {
  int device = 0;
  int type = 0;
  std::array<std::string, 3> texts;  // instance, version, details
};

std::vector<InventoryLine> read_lines(const char* file) {
  std::ifstream in(file);
  MUSTER_CHECK(in.good());
  std::vector<InventoryLine> out;
  std::string line;
  while (std::getline(in, line)) {
    std::array<std::string, 5> parts;
    std::size_t from = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::size_t tab = i + 1 == parts.size() ? line.size() : line.find('\t', from);
      MUSTER_CHECK(tab != std::string::npos);
      parts[i] = line.substr(from, tab - from);
      from = tab + 1;
    }
    out.push_back({std::stoi(parts[0]), std::stoi(parts[1]), {parts[2], parts[3], parts[4]}});
  }
  return out;
}

void run(sqlite3* database, const char* sql) {
  char* error = nullptr;
  if (sqlite3_exec(database, sql, nullptr, nullptr, &error) == SQLITE_OK) return;
  std::fprintf(stderr, "%s: %s\n", sql, error);
  std::exit(1);
}

// What the site's own database is opened with.
sqlite3* opened(const char* file) {
  sqlite3* out = nullptr;
  MUSTER_CHECK(sqlite3_open(file, &out) == SQLITE_OK);
  run(out, "PRAGMA journal_mode = WAL");
  run(out, "PRAGMA synchronous = FULL");
  run(out, "PRAGMA cache_size = -65536");
  // The rows of a device lie beside each other: less work than a table with a key beside it.
  run(out,
      "CREATE TABLE IF NOT EXISTS inventory (device INTEGER, class INTEGER, instance TEXT, "
      "version TEXT, details TEXT, PRIMARY KEY (device, class, instance)) WITHOUT ROWID");
  run(out, "CREATE INDEX IF NOT EXISTS inventory_instance ON inventory (class, instance, version)");
  return out;
}

void upsert(sqlite3* database, const std::vector<InventoryLine>& lines) {
  sqlite3_stmt* statement = nullptr;
  MUSTER_CHECK(sqlite3_prepare_v2(database,
                                  "INSERT INTO inventory VALUES (?1, ?2, ?3, ?4, ?5) "
                                  "ON CONFLICT (device, class, instance) DO UPDATE SET "
                                  "version = excluded.version, details = excluded.details",
                                  -1, &statement, nullptr) == SQLITE_OK);
  int open = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const InventoryLine& line = lines[i];
    if (i == 0 || lines[i - 1].device != line.device) {
      if (open == kDevicesPerCommit) run(database, "COMMIT");
      if (open == 0 || open == kDevicesPerCommit) run(database, "BEGIN IMMEDIATE");
      open = open % kDevicesPerCommit + 1;
    }
    sqlite3_bind_int(statement, 1, line.device);
    sqlite3_bind_int(statement, 2, line.type);
    for (std::size_t text = 0; text < line.texts.size(); ++text)
      sqlite3_bind_text(statement, static_cast<int>(3 + text), line.texts[text].data(),
                        static_cast<int>(line.texts[text].size()), SQLITE_STATIC);
    MUSTER_CHECK(sqlite3_step(statement) == SQLITE_DONE);
    sqlite3_reset(statement);
  }
  run(database, "COMMIT");
  sqlite3_finalize(statement);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || std::strchr(argv[1], '/') == nullptr) return 0;
  const auto lines = read_lines(argv[2]);
  sqlite3* database = opened(argv[1]);
  const double start = muster::bench::cpu_seconds();
  upsert(database, lines);
  std::printf("%.6f\n", muster::bench::cpu_seconds() - start);
  MUSTER_CHECK(sqlite3_close(database) == SQLITE_OK);
}
