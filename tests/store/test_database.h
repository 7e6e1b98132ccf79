// Where a test keeps its database: in a file, or on the server that MUSTER_TEST_POSTGRES names by a
// url for its superuser (tests/postgres/run.sh starts one for whole programs of tests).
#pragma once

#include <libpq-fe.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "base/os/system.h"
#include "store/migrations.h"
#include "store/site_move.h"

namespace muster::store {

class TestDatabase {
 public:
  explicit TestDatabase(std::filesystem::path path) : path_(std::move(path)) {}
  TestDatabase(const TestDatabase&) = delete;
  ~TestDatabase() {
    // To make one takes half a second: the next test empties this one. The server's end removes it.
    if (!name_.empty()) spare(site_).push_back(name_);
  }

  static bool on_server() { return server() != nullptr; }

  // Empty at first; the same one each time.
  Result<std::unique_ptr<Database>> open(Duration busy_timeout = std::chrono::seconds(10)) {
    if (!on_server()) {
      SqliteOptions options;
      options.busy_timeout = busy_timeout;
      return open_sqlite(path_, options);
    }
    create(false);
    PostgresOptions options = this->options();
    options.busy_timeout = busy_timeout;
    return open_postgres(options, clock());
  }
  // With the tables of a site.
  Result<std::unique_ptr<Database>> open_site(Timestamp now) {
    if (!on_server()) return open_site_database(path_, now);
    create(true);
    return open_site_database(options(), clock());
  }

  PostgresOptions options() const {
    PostgresOptions out;
    out.url = url_of(name_);
    return out;
  }

  static const Clock& clock() {
    static const os::SystemClock kClock;
    return kClock;
  }

  // As the server's superuser, outside any transaction.
  static void statement(const std::string& sql, const std::string& database = "postgres") {
    PGconn* handle = PQconnectdb(url_of(database).c_str());
    PGresult* result = PQexec(handle, sql.c_str());
    const bool good =
        PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;
    const std::string text = PQerrorMessage(handle);
    PQclear(result);
    PQfinish(handle);
    if (!good) throw std::runtime_error(sql + ": " + text);
  }

 private:
  static const char* server() { return std::getenv("MUSTER_TEST_POSTGRES"); }
  // "postgresql://LOGIN@/%?host=FOLDER", with the database's name in the place of the sign.
  static std::string url_of(const std::string& database) {
    std::string out = server();
    const auto place = out.find('%');
    if (place == std::string::npos) throw std::runtime_error("MUSTER_TEST_POSTGRES has no %");
    return out.replace(place, 1, database);
  }
  static std::string new_name() {
    static std::atomic<int> count = 0;
    return "test_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
  }
  static std::vector<std::string>& spare(bool site) {
    static std::vector<std::string> kPlain, kSites;
    return site ? kSites : kPlain;
  }
  static void empty(const std::string& database, bool site) {
    std::string sql = "SET client_min_messages = error;";
    if (!site) sql += "DROP SCHEMA IF EXISTS muster CASCADE";
    if (site) {
      const auto tables = site_tables();
      for (auto table = tables.rbegin(); table != tables.rend(); ++table)
        sql += "DELETE FROM muster." + *table + ";";
    }
    statement(sql, database);
  }
  void create(bool site) {
    if (!name_.empty()) return;
    site_ = site;
    if (auto& names = spare(site); !names.empty()) {
      name_ = names.back();
      names.pop_back();
      empty(name_, site);
      return;
    }
    const std::string name = new_name();
    statement("CREATE DATABASE " + name + " TEMPLATE template0");
    name_ = name;
  }

  const std::filesystem::path path_;
  std::string name_;
  bool site_ = false;
};

}  // namespace muster::store
