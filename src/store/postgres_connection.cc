#include "store/postgres_connection.h"

#include <poll.h>

#include <cerrno>
#include <charconv>

#include "base/check.h"
#include "store/postgres_cursor.h"
#include "store/postgres_dialect.h"

namespace muster::store {
namespace {

// A listing with filters makes its SQL as it goes; the bound keeps such texts from piling up.
constexpr std::size_t kMostCachedStatements = 500;
constexpr int kBinaryResults = 1;
constexpr int kLeastServerVersion = 150000;
constexpr Duration kLongestScript = std::chrono::hours(4);

// libpq ends its messages with newlines and indents what belongs together.
std::string one_line(const char* text) {
  std::string out;
  for (std::string_view rest = text == nullptr ? "" : text; !rest.empty();) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c != '\n' && c != '\t')
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string_view field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string_view() : text;
}

bool is_error(const PGresult* result) {
  const auto status = PQresultStatus(result);
  return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_SINGLE_TUPLE;
}

}  // namespace

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::connect(
    const PostgresTarget& target, const Clock& clock) {
  std::vector<const char*> names, values;
  for (const auto& [name, value] : target.keywords) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  PGconn* handle = PQconnectStartParams(names.data(), values.data(), 0);
  if (handle == nullptr) return fail(kServerUnavailable, "{}: no memory", target.name);
  std::unique_ptr<PostgresConnection> connection(new PostgresConnection(handle, target, clock));
  // Notices would go to standard error.
  PQsetNoticeReceiver(
      handle, [](void*, const PGresult*) {}, nullptr);
  TRY(connection->finish_connecting(target.connect_timeout));
  TRY(connection->check_server());
  if (PQsetnonblocking(handle, 1) != 0) return connection->lost("connect");
  return connection;
}

PostgresConnection::~PostgresConnection() { PQfinish(handle_); }

Result<void> PostgresConnection::wait_for_socket(bool writing, Duration deadline) {
  const Duration left = deadline - clock_->steady();
  struct pollfd entry = {PQsocket(handle_), POLLIN, 0};
  if (writing) entry.events |= POLLOUT;
  if (left.count() > 0) {
    const int ready = ::poll(
        &entry, 1,
        static_cast<int>(std::min<std::int64_t>(left.count(), std::numeric_limits<int>::max())));
    if (ready > 0 || (ready < 0 && errno == EINTR)) return {};
  }
  broken_ = true;
  return fail(kServerUnavailable, "{}: the server did not answer in time", name_);
}

Result<void> PostgresConnection::finish_connecting(Duration timeout) {
  const Duration deadline = clock_->steady() + timeout;
  for (PostgresPollingStatusType step = PGRES_POLLING_WRITING; step != PGRES_POLLING_OK;
       step = PQconnectPoll(handle_)) {
    if (step == PGRES_POLLING_FAILED || PQstatus(handle_) == CONNECTION_BAD) return lost("connect");
    if (step == PGRES_POLLING_READING) {
      TRY(wait_for_socket(false, deadline));
    } else {
      struct pollfd entry = {PQsocket(handle_), POLLOUT, 0};
      const Duration left = std::max(deadline - clock_->steady(), Duration(0));
      if (::poll(&entry, 1, static_cast<int>(left.count())) == 0)
        return fail(kServerUnavailable, "{}: no connection in time", name_);
    }
  }
  return {};
}

Result<void> PostgresConnection::check_server() const {
  if (PQserverVersion(handle_) < kLeastServerVersion)
    return fail(kServerUnavailable, "{}: the server is PostgreSQL {}, 15 or newer is wanted", name_,
                PQserverVersion(handle_) / 10000);
  const char* encoding = PQparameterStatus(handle_, "server_encoding");
  if (encoding == nullptr || std::string_view(encoding) != "UTF8")
    return fail(kServerUnavailable, "{}: the database's encoding is {}, UTF8 is wanted", name_,
                encoding == nullptr ? "unknown" : encoding);
  return {};
}

Failure PostgresConnection::lost(std::string_view doing) {
  broken_ = true;
  return fail(kServerUnavailable, "{}: {}: {}", name_, doing.substr(0, 200),
              one_line(PQerrorMessage(handle_)));
}

// The server's DETAIL holds values of rows: it is left out.
Failure PostgresConnection::failure(const PGresult* result, std::string_view doing) const {
  const std::string_view state = field(result, PG_DIAG_SQLSTATE);
  std::string text(field(result, PG_DIAG_MESSAGE_PRIMARY));
  if (text.empty()) text = one_line(PQresultErrorMessage(result));
  const ErrorKind& kind = usable() ? postgres_error_kind(state) : kServerUnavailable;
  return fail(kind, "{}: {} (SQLSTATE {}): {}", name_, text, state, doing.substr(0, 200));
}

Result<ResultPointer> PostgresConnection::next_result(Duration timeout) {
  if (!usable()) return lost("wait for an answer");
  const Duration deadline = clock_->steady() + timeout;
  while (PQisBusy(handle_) != 0) {
    const int unsent = PQflush(handle_);
    if (unsent < 0) return lost("send");
    TRY(wait_for_socket(unsent == 1, deadline));
    if (PQconsumeInput(handle_) == 0) return lost("receive");
  }
  return ResultPointer(PQgetResult(handle_));
}

Result<ResultPointer> PostgresConnection::all_results(std::string_view sql, Duration timeout) {
  ResultPointer last;
  std::optional<Error> error;
  for (;;) {
    ResultPointer result = TRY(next_result(timeout));
    if (!result) break;
    if (is_error(result.get()) && !error) error = failure(result.get(), sql).value();
    last = std::move(result);
  }
  if (error) return fail(*std::move(error));
  if (!last) return lost(sql);
  return last;
}

Result<ResultPointer> PostgresConnection::simple(const std::string& sql, Duration timeout) {
  TRY(set_aside_rows());
  if (PQsendQuery(handle_, sql.c_str()) == 0) return lost(sql);
  return all_results(sql, timeout);
}

Result<void> PostgresConnection::set_aside_rows() {
  if (running_ != nullptr) running_->set_aside();
  if (!usable()) return lost("use");
  return {};
}

Result<PostgresConnection::StatementPointer> PostgresConnection::prepare(std::string_view sql) {
  if (const auto found = statements_.find(sql); found != statements_.end()) return found->second;
  if (statements_.size() >= kMostCachedStatements) {
    statements_.clear();
    TRY(simple("DEALLOCATE ALL", timeout_));
  }
  auto statement = std::make_shared<PostgresStatement>();
  statement->sql = sql;
  statement->name = fmt::format("s{}", ++statement_count_);
  const char* name = statement->name.c_str();
  if (PQsendPrepare(handle_, name, statement->sql.c_str(), 0, nullptr) == 0) return lost(sql);
  TRY(all_results(sql, timeout_));
  if (PQsendDescribePrepared(handle_, name) == 0) return lost(sql);
  const ResultPointer described = TRY(all_results(sql, timeout_));
  for (int i = 0; i < PQnparams(described.get()); ++i)
    statement->placeholders.push_back(PQparamtype(described.get(), i));
  for (int i = 0; i < PQnfields(described.get()); ++i) {
    const Oid type = PQftype(described.get(), i);
    if (!is_readable(type))
      return fail(kDatabaseFailed, "{}: column {} has type {}, which has to be cast: {}", name_,
                  PQfname(described.get(), i), type, sql.substr(0, 200));
    statement->columns.push_back(type);
    statement->column_names.emplace_back(PQfname(described.get(), i));
  }
  statements_.emplace(statement->sql, statement);
  return statement;
}

Result<void> PostgresConnection::send(const PostgresStatement& statement, Params params) {
  const BoundValues bound = TRY(BoundValues::bind(statement, params));
  if (PQsendQueryPrepared(handle_, statement.name.c_str(), bound.count(), bound.values(),
                          bound.lengths(), bound.formats(), kBinaryResults) == 0)
    return lost(statement.sql);
  return {};
}

Result<Rows> PostgresConnection::query(std::string_view sql, Params params) {
  TRY(set_aside_rows());
  StatementPointer statement = TRY(prepare(sql));
  TRY(send(*statement, params));
  MUSTER_CHECK(PQsetSingleRowMode(handle_) == 1);
  return Rows(std::make_unique<PostgresCursor>(*this, std::move(statement)));
}

Result<std::int64_t> PostgresConnection::run(std::string_view sql, Params params) {
  TRY(set_aside_rows());
  const StatementPointer statement = TRY(prepare(sql));
  TRY(send(*statement, params));
  const ResultPointer result = TRY(all_results(statement->sql, timeout_));
  const std::string_view text = PQcmdTuples(result.get());
  std::int64_t changed = 0;
  std::from_chars(text.data(), text.data() + text.size(), changed);
  return changed;
}

Result<void> PostgresConnection::script(std::string_view sql) {
  // A changed table changes what statements mean that were prepared before.
  statements_.clear();
  TRY(simple("DEALLOCATE ALL", timeout_));
  TRY(simple(postgres_script(sql), kLongestScript));
  return {};
}

Result<void> PostgresConnection::savepoint(Savepoint step) {
  TRY(simple(step == Savepoint::Set       ? "SAVEPOINT attempt"
             : step == Savepoint::Release ? "RELEASE attempt"
                                          : "ROLLBACK TO attempt; RELEASE attempt",
             timeout_));
  return {};
}

// With the lock held nobody else writes, so each statement sees what is committed and no other
// writer's half. The lock is taken before any snapshot: a snapshot of the whole transaction would
// be older than what the writer before committed.
Result<void> PostgresConnection::begin_write() {
  const ResultPointer id =
      TRY(simple(fmt::format("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; "
                             "SELECT pg_advisory_xact_lock({}); "
                             "SELECT pg_current_xact_id()::text",
                             writers_lock_),
                 timeout_));
  transaction_id_ = PQgetvalue(id.get(), 0, 0);
  return {};
}

Result<void> PostgresConnection::begin_read() {
  TRY(simple("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", timeout_));
  return {};
}

Result<void> PostgresConnection::commit() {
  const ResultPointer done = TRY(simple("COMMIT", timeout_));
  // A transaction in which a statement failed is rolled back by COMMIT, without an error.
  if (std::string_view(PQcmdStatus(done.get())) != "COMMIT")
    return fail(kDatabaseFailed, "{}: the transaction was spent by a statement that failed", name_);
  return {};
}

void PostgresConnection::rollback() {
  if (running_ != nullptr) running_->set_aside();
  if (!usable() || PQtransactionStatus(handle_) == PQTRANS_IDLE) return;
  if (!simple("ROLLBACK", timeout_)) broken_ = true;
}

}  // namespace muster::store
