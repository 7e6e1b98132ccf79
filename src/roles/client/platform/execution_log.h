// The execution log's file: an append is durable before it returns.
#pragma once

#include <filesystem>
#include <vector>

#include "base/os/fd.h"
#include "base/result.h"
#include "roles/client/software/execution_record.h"

namespace muster::client {

class ExecutionLog {
 public:
  struct Opened;
  // Creates the file, or reads it, cuts off a torn end and shortens a log that grew over
  // `compact_bytes`. One process has it open; a second one gets kFileUnwritable. Errors:
  // kLogDamaged, kFileUnreadable, kFileUnwritable.
  static Result<Opened> open(const std::filesystem::path& path,
                             std::size_t compact_bytes = 1u << 20);

  // Durable when it returns. After a failure the file is cut back to what was good, so that a
  // later append is not lost behind a torn record. Error: kFileUnwritable.
  Result<void> append(const ExecutionRecord& record);

 private:
  ExecutionLog(std::filesystem::path path, os::Fd lock, os::Fd file, std::size_t good_bytes)
      : path_(std::move(path)),
        lock_(std::move(lock)),
        file_(std::move(file)),
        good_bytes_(good_bytes) {}

  std::filesystem::path path_;
  os::Fd lock_;
  os::Fd file_;
  std::size_t good_bytes_;
};

struct ExecutionLog::Opened {
  ExecutionLog log;
  std::vector<ExecutionRecord> records;
};

}  // namespace muster::client
