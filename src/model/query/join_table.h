// The rows at the right of a join, found by their keys.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "model/query/plan.h"

namespace muster::model {

class JoinTable {
 public:
  JoinTable(std::span<const JoinKey> keys, std::vector<Row> rows);

  // Those that agree with the row at the left in all keys; `keys` as they were when it was made.
  // Absent values agree with nothing, but texts, which are empty then.
  std::span<const Row> matching(std::span<const JoinKey> keys, const Row& left) const;

 private:
  std::vector<Row> rows_;  // in the order of their keys
};

}  // namespace muster::model
