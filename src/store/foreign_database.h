// Reading a SQLite file that belongs to another program and may be in use by it.
#pragma once

#include <filesystem>
#include <functional>

#include "base/bytes.h"
#include "base/result.h"

namespace muster::store {

struct ForeignQuery {
  std::string sql;  // its first column is a blob or a text
  std::size_t longest_bytes = 1u << 20;
  std::size_t most_rows = 1'000'000;
};

// Gives each row's first column to `take`, which must not keep the view. Nothing is written beside
// the file unless another program's write-ahead log lies there. `take` may see rows of an attempt
// that is begun anew because the file was just changed; `restart` is called before each attempt.
// Errors: kForeignDatabase, and those of `take`.
Result<void> read_foreign_database(const std::filesystem::path& file, const ForeignQuery& query,
                                   const std::function<void()>& restart,
                                   const std::function<Result<void>(ByteView)>& take);

}  // namespace muster::store
