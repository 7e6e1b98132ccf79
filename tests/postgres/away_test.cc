// What only a database on a server can meet: it goes away, refuses, or answers too late.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <thread>

#include "base/os/fd.h"
#include "store/postgres.h"
#include "tests/store/store_test.h"

namespace muster::store {
namespace {

class PostgresTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(TestDatabase::on_server()) << "tests/postgres/run.sh runs it, with a server";
    database_ = must(place_.open());
    must(database_->write([](Transaction& transaction) {
      return transaction.script("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)");
    }));
  }
  static Result<std::int64_t> add(Database& database, std::int64_t id) {
    return database.write(
        [&](Transaction& t) { return t.run("INSERT INTO t (id) VALUES ($1)", {id}); });
  }
  static std::int64_t count(Database& database) {
    return must(database.read([](Reader& reader) {
             return reader.first("SELECT COUNT(*) FROM t", {},
                                 [](Rows& rows) { return rows.integer(0); });
           }))
        .value();
  }
  // Every connection to the test's database ends, as when the server restarts.
  void cut() {
    TestDatabase::statement(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE application_name = 'muster' AND datname = '" +
        database_name() + "'");
  }
  std::string database_name() const {
    const std::string url = place_.options().url;
    const auto begin = url.find("@/") + 2;
    return url.substr(begin, url.find('?') - begin);
  }

  TemporaryFolder folder_;
  TestDatabase place_{folder_.path() / "unused"};
  std::unique_ptr<Database> database_;
};

TEST_F(PostgresTest, AConnectionThatBrokeWhileNobodyUsedItIsMadeAnew) {
  must(add(*database_, 1));
  EXPECT_EQ(count(*database_), 1);
  cut();
  must(add(*database_, 2));
  cut();
  EXPECT_EQ(count(*database_), 2);
}

TEST_F(PostgresTest, AConnectionThatBreaksInATransactionFailsItAsAway) {
  const auto answer = database_->write([&](Transaction& transaction) -> Result<void> {
    TRY(transaction.run("INSERT INTO t (id) VALUES (1)"));
    cut();
    TRY(transaction.run("INSERT INTO t (id) VALUES (2)"));
    return {};
  });
  EXPECT_TRUE(fails_with(answer, kServerUnavailable));
  EXPECT_EQ(count(*database_), 0);
  must(add(*database_, 3));
}

TEST_F(PostgresTest, ARowThatBreaksInTheMiddleOfManyIsAnErrorAfterTheOthers) {
  for (int id = 0; id < 5; ++id) must(add(*database_, id));
  const auto answer = database_->write([&](Transaction& transaction) -> Result<void> {
    Rows rows = TRY(
        transaction.query("SELECT 10 / (3 - id) FROM (SELECT id FROM t ORDER BY id LIMIT 9) AS s"));
    for (int id = 0; id < 3; ++id) {
      EXPECT_TRUE(TRY(rows.next()));
      EXPECT_EQ(TRY(rows.integer(0)), 10 / (3 - id));
    }
    EXPECT_TRUE(fails_with(rows.next(), kDatabaseFailed));
    return {};
  });
  EXPECT_TRUE(fails_with(answer, kDatabaseFailed));
}

TEST_F(PostgresTest, ATransactionThatAFailedStatementSpentIsNotCalledCommitted) {
  const auto answer = database_->write([&](Transaction& transaction) -> Result<void> {
    TRY(transaction.run("INSERT INTO t (id) VALUES (1)"));
    EXPECT_TRUE(fails_with(transaction.run("INSERT INTO t (id) VALUES (1)"), kConstraint));
    return {};
  });
  EXPECT_TRUE(fails_with(answer, kDatabaseFailed));
  EXPECT_EQ(count(*database_), 0);
}

TEST_F(PostgresTest, ALoginWithoutRightsIsToldWhatItMayNotDo) {
  const std::string login = database_name() + "_reader";
  TestDatabase::statement("CREATE ROLE " + login + " LOGIN");
  TestDatabase::statement("GRANT CONNECT ON DATABASE " + database_name() + " TO " + login);
  TestDatabase::statement(
      "GRANT USAGE ON SCHEMA muster TO " + login + "; GRANT SELECT ON muster.t TO " + login,
      database_name());
  {
    PostgresOptions options = place_.options();
    options.url.replace(options.url.find("postgres@"), 8, login);
    const auto database = must(open_postgres(options, TestDatabase::clock()));
    EXPECT_EQ(count(*database), 0);
    EXPECT_TRUE(fails_with(add(*database, 1), kDatabaseRefused));
    EXPECT_TRUE(fails_with(open_site_database(options, TestDatabase::clock()), kDatabaseRefused));
  }
  TestDatabase::statement("DROP OWNED BY " + login, database_name());
  TestDatabase::statement("DROP ROLE " + login);
}

TEST_F(PostgresTest, ADatabaseInAnotherEncodingIsRefused) {
  const std::string name = database_name() + "_latin";
  TestDatabase::statement("CREATE DATABASE " + name +
                          " TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc "
                          "LOCALE 'C'");
  PostgresOptions options = place_.options();
  options.url.replace(options.url.find(database_name()), database_name().size(), name);
  const auto opened = open_postgres(options, TestDatabase::clock());
  TestDatabase::statement("DROP DATABASE " + name);
  ASSERT_TRUE(fails_with(opened, kServerUnavailable));
  EXPECT_NE(opened.error().detail().find("LATIN1"), std::string::npos);
}

// A server that is not there is asked for in pauses, not by every call.
TEST_F(PostgresTest, WhileTheServerIsAwayCallsFailAtOnce) {
  PostgresOptions options = place_.options();
  options.url = "postgresql://muster@/site?host=" + (folder_.path() / "nowhere").string();
  const auto opened = open_postgres(options, TestDatabase::clock());
  EXPECT_TRUE(fails_with(opened, kServerUnavailable));
}

// Between muster and the server's socket; it can keep the answer of a COMMIT for itself.
class Relay {
 public:
  Relay(const std::filesystem::path& folder, const std::string& server_folder,
        const std::string& port)
      : listener_(listen(folder / (".s.PGSQL." + port))),
        server_(address(std::filesystem::path(server_folder) / (".s.PGSQL." + port))),
        thread_([this] { work(); }) {}
  ~Relay() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

  // The next COMMIT reaches the server (or does not), and its answer gets lost.
  enum class Loss { None, Answer, Request };
  // From the next statement on nothing comes back, and nobody hangs up.
  std::atomic<bool> silent{false};
  std::atomic<Loss> next_loss{Loss::None};
  std::atomic<bool> closed{false};  // to new connections
  std::atomic<int> lost{0};

 private:
  static sockaddr_un address(const std::filesystem::path& path) {
    sockaddr_un out{};
    out.sun_family = AF_UNIX;
    std::strncpy(out.sun_path, path.c_str(), sizeof out.sun_path - 1);
    return out;
  }
  static os::Fd listen(const std::filesystem::path& path) {
    os::Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
    const sockaddr_un where = address(path);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 ||
        ::listen(fd.get(), 8) != 0)
      throw std::runtime_error("no relay");
    return fd;
  }
  void work() {
    std::vector<std::thread> pairs;
    for (;;) {
      os::Fd client(::accept(listener_.get(), nullptr, nullptr));
      if (!client.valid()) break;
      if (closed) continue;
      os::Fd server(::socket(AF_UNIX, SOCK_STREAM, 0));
      if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&server_), sizeof server_) != 0)
        continue;
      pairs.emplace_back(
          [this, a = std::move(client), b = std::move(server)] { carry(a.get(), b.get()); });
    }
    for (std::thread& pair : pairs) pair.join();
  }
  void carry(int client, int server) {
    bool mute = false;
    char buffer[65536];
    for (;;) {
      struct pollfd ends[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      if (::poll(ends, 2, 30000) <= 0) return;
      for (const int i : {0, 1}) {
        if (ends[i].revents == 0) continue;
        const auto size = ::read(ends[i].fd, buffer, sizeof buffer);
        if (size <= 0) return;
        const std::string_view bytes(buffer, static_cast<std::size_t>(size));
        // With its end: BEGIN names READ COMMITTED.
        if (i == 0 && bytes.find(std::string_view("COMMIT", 7)) != std::string_view::npos &&
            next_loss != Loss::None) {
          ++lost;
          if (next_loss.exchange(Loss::None) == Loss::Request) return;
          mute = true;
        }
        if (i == 1 && silent) continue;
        // The server has answered, so it has committed.
        if (i == 1 && mute) return;
        if (::write(i == 0 ? server : client, buffer, static_cast<std::size_t>(size)) != size)
          return;
      }
    }
  }

  os::Fd listener_;
  const sockaddr_un server_;
  std::thread thread_;
};

class LostCommit : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    const std::string url = place_.options().url;
    const auto host = url.find("host=") + 5;
    const auto end = url.find('&', host);
    relay_.emplace(folder_.path(), url.substr(host, end - host), url.substr(url.find("port=") + 5));
    PostgresOptions options = place_.options();
    options.url.replace(host, end - host, folder_.path().string());
    options.outcome_wait = std::chrono::milliseconds(300);
    options.connect_timeout = options.answer_timeout = std::chrono::seconds(1);
    through_ = must(open_postgres(options, TestDatabase::clock()));
  }
  std::optional<Relay> relay_;
  std::unique_ptr<Database> through_;
};

TEST_F(LostCommit, WhoseAnswerGotLostIsKnownToBeThrough) {
  relay_->next_loss = Relay::Loss::Answer;
  EXPECT_EQ(must(add(*through_, 1)), 1);
  EXPECT_EQ(relay_->lost, 1);
  EXPECT_EQ(count(*through_), 1);
  through_.reset();
}

TEST_F(LostCommit, ThatNeverArrivedIsKnownToHaveFailed) {
  relay_->next_loss = Relay::Loss::Request;
  EXPECT_TRUE(fails_with(add(*through_, 1), kServerUnavailable));
  EXPECT_EQ(relay_->lost, 1);
  EXPECT_EQ(count(*through_), 0);
  must(add(*through_, 2));
  through_.reset();
}

TEST_F(LostCommit, OfWhichNobodyCanBeAskedIsCalledUnknown) {
  relay_->next_loss = Relay::Loss::Answer;
  relay_->closed = true;
  EXPECT_TRUE(fails_with(add(*through_, 1), kCommitUnknown));
  relay_->closed = false;
  EXPECT_EQ(count(*database_), 1);
  through_.reset();
}

TEST_F(LostCommit, AServerThatSaysNothingAnyMoreIsGivenUpInTime) {
  must(add(*through_, 1));
  relay_->silent = true;
  const Duration begun = TestDatabase::clock().steady();
  EXPECT_TRUE(fails_with(add(*through_, 2), kServerUnavailable));
  EXPECT_LT(TestDatabase::clock().steady() - begun, std::chrono::seconds(10));
  relay_->silent = false;
  EXPECT_EQ(count(*database_), 1);
  through_.reset();
}

TEST_F(PostgresTest, SeveralThatMigrateAtOnceFollowOneAnother) {
  TestDatabase empty(folder_.path() / "unused");
  must(empty.open());
  const PostgresOptions options = empty.options();
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      if (open_site_database(options, TestDatabase::clock())) ++good;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 6);
  const auto database = must(open_site_database(options, TestDatabase::clock()));
  EXPECT_EQ(must(database->read([](Reader& reader) {
              return reader.all("SELECT number FROM schema_migration ORDER BY number", {},
                                [](Rows& rows) { return rows.integer(0); });
            })).size(),
            site_migrations().size());
}

}  // namespace
}  // namespace muster::store
