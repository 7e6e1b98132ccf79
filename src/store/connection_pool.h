// Connections to a database that are lent out one by one; both drivers share it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "base/time.h"
#include "store/errors.h"

namespace muster::store {

template <typename Connection>
class ConnectionPool {
 public:
  ConnectionPool(Duration timeout, const char* what) : timeout_(timeout), what_(what) {}

  void add(std::unique_ptr<Connection> connection) { idle_.push_back(std::move(connection)); }
  // Error: kDatabaseBusy, when none comes back in time.
  Result<std::unique_ptr<Connection>> take() {
    std::unique_lock lock(mutex_);
    if (!returned_.wait_for(lock, timeout_, [&] { return !idle_.empty(); }))
      return fail(kDatabaseBusy, "no {} became free within {}", what_, to_text(timeout_));
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  void give_back(std::unique_ptr<Connection> connection) {
    {
      const std::lock_guard lock(mutex_);
      idle_.push_back(std::move(connection));
    }
    returned_.notify_one();
  }

 private:
  const Duration timeout_;
  const char* const what_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

// A connection inside a transaction; rolls back and returns it however the scope is left.
template <typename Connection>
class LentConnection {
 public:
  LentConnection(ConnectionPool<Connection>& pool, std::unique_ptr<Connection> connection)
      : pool_(pool), connection_(std::move(connection)) {}
  ~LentConnection() {
    connection_->rollback();
    pool_.give_back(std::move(connection_));
  }
  LentConnection(const LentConnection&) = delete;
  Connection* operator->() { return connection_.get(); }
  Connection& operator*() { return *connection_; }

 private:
  ConnectionPool<Connection>& pool_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace muster::store
