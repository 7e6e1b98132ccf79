#include "store/postgres.h"

#include <poll.h>

#include <atomic>
#include <thread>

#include "base/check.h"
#include "base/log.h"
#include "store/connection_pool.h"
#include "store/postgres_connection.h"
#include "store/postgres_target.h"

namespace muster::store {
namespace {

constexpr Duration kFirstPause{100};
constexpr Duration kLongestPause = std::chrono::seconds(5);

// Makes connections, with growing pauses while the server is away.
class Dialler {
 public:
  Dialler(PostgresTarget target, const Clock& clock) : target_(std::move(target)), clock_(&clock) {}

  const std::string& name() const { return target_.name; }
  const Clock& clock() const { return *clock_; }

  Result<std::unique_ptr<PostgresConnection>> dial() {
    const std::lock_guard lock(mutex_);
    if (clock_->steady() < not_before_) return fail(*last_);
    auto connection = PostgresConnection::connect(target_, *clock_);
    if (!connection) {
      if (!last_) log::failure(log::Level::Error, "store.server.away", connection.error());
      pause_ = last_ ? std::min(pause_ * 2, kLongestPause) : kFirstPause;
      last_ = connection.error();
      not_before_ = clock_->steady() + pause_;
      return connection;
    }
    if (last_)
      log::info("store.server.back", "the database's server is back", {{"server", target_.name}});
    last_.reset();
    not_before_ = {};
    return connection;
  }

 private:
  const PostgresTarget target_;
  const Clock* clock_;
  std::mutex mutex_;
  std::optional<Error> last_;
  Duration pause_{};
  Duration not_before_{};
};

// A place in the pool: its connection is made when it is first needed, and anew when it broke.
class Line {
 public:
  explicit Line(Dialler& dialler) : dialler_(&dialler) {}

  PostgresConnection& connection() { return *connection_; }

  // begin(connection) -> Result<void>. A connection that broke while nobody used it is no failure.
  template <typename Begin>
  Result<void> begin(Begin&& begin) {
    if (connection_ && connection_->usable()) {
      const Result<void> begun = begin(*connection_);
      if (begun || connection_->usable()) return begun;
    }
    connection_.reset();
    connection_ = TRY(dialler_->dial());
    return begin(*connection_);
  }

  void rollback() {
    if (connection_) connection_->rollback();
    if (connection_ && !connection_->usable()) connection_.reset();
  }

 private:
  Dialler* dialler_;
  std::unique_ptr<PostgresConnection> connection_;
};

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(PostgresTarget target, const PostgresOptions& options, const Clock& clock)
      : dialler_(std::move(target), clock),
        writers_(options.busy_timeout, "writer"),
        readers_(options.busy_timeout, "reader"),
        outcome_wait_(options.outcome_wait) {
    writers_.add(std::make_unique<Line>(dialler_));
    for (unsigned i = 0; i < options.readers; ++i) readers_.add(std::make_unique<Line>(dialler_));
  }

 private:
  using Pool = ConnectionPool<Line>;
  using Lent = LentConnection<Line>;

  Result<void> write_with(const std::function<Result<void>(Transaction&)>& work) override {
    // A second write inside the first would wait for itself.
    MUSTER_CHECK(writing_thread_.load() != std::this_thread::get_id());
    Lent line(writers_, TRY(writers_.take()));
    struct Mark {
      std::atomic<std::thread::id>& thread;
      explicit Mark(std::atomic<std::thread::id>& t) : thread(t) {
        thread = std::this_thread::get_id();
      }
      ~Mark() { thread = std::thread::id(); }
    } const mark(writing_thread_);
    TRY(line->begin([](PostgresConnection& connection) { return connection.begin_write(); }));
    TRY(work(line->connection()));
    const Result<void> done = line->connection().commit();
    if (done || line->connection().usable()) return done;
    return outcome_of(line->connection().transaction_id(), done.error());
  }

  Result<void> read_with(const std::function<Result<void>(Reader&)>& work) override {
    Lent line(readers_, TRY(readers_.take()));
    TRY(line->begin([](PostgresConnection& connection) { return connection.begin_read(); }));
    return work(line->connection());
  }

  // The connection broke between COMMIT and its answer: the server knows what became of it.
  Result<void> outcome_of(const std::string& transaction_id, const Error& failure) {
    const Duration deadline = dialler_.clock().steady() + outcome_wait_;
    while (dialler_.clock().steady() < deadline) {
      if (const auto outcome = ask_outcome(transaction_id); outcome && *outcome) {
        if (**outcome == "committed") return {};
        if (**outcome == "aborted") return fail(failure);
      }
      ::poll(nullptr, 0, static_cast<int>(kFirstPause.count()));
    }
    return fail(kCommitUnknown, "{}: transaction {}: {}", dialler_.name(), transaction_id,
                failure.detail());
  }

  Result<std::optional<std::string>> ask_outcome(const std::string& transaction_id) {
    const auto connection = TRY(dialler_.dial());
    return connection->first("SELECT pg_xact_status(CAST(CAST($1 AS TEXT) AS xid8))",
                             {transaction_id}, [](Rows& rows) { return rows.text(0); });
  }

  Dialler dialler_;
  Pool writers_;
  Pool readers_;
  const Duration outcome_wait_;
  std::atomic<std::thread::id> writing_thread_{};
};

Result<void> make_schema(Database& database) {
  return database.write([](Transaction& transaction) -> Result<void> {
    // Asked first: IF NOT EXISTS wants the right to create even where nothing is to be created.
    const auto found =
        TRY(transaction.first("SELECT 1 FROM pg_namespace WHERE nspname = $1", {kPostgresSchema},
                              [](Rows& rows) { return rows.integer(0); }));
    if (found) return {};
    return transaction.script(fmt::format("CREATE SCHEMA {}", kPostgresSchema));
  });
}

}  // namespace

Result<std::unique_ptr<Database>> open_postgres(const PostgresOptions& options,
                                                const Clock& clock) {
  MUSTER_CHECK(options.readers > 0);
  PostgresTarget target = TRY(postgres_target(options));
  std::unique_ptr<Database> database =
      std::make_unique<PostgresDatabase>(std::move(target), options, clock);
  TRY(make_schema(*database));
  return database;
}

}  // namespace muster::store
