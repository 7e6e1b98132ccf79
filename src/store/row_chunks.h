// Statements over many rows, in a few sizes, so that each is prepared once and used again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "store/database.h"

namespace muster::store {

// Calls work(first, size) -> Result<void> until all of `count` had their turn.
template <typename Work>
Result<void> in_chunks(std::size_t count, Work&& work) {
  std::size_t first = 0;
  for (const std::size_t size : {256u, 64u, 16u, 4u, 1u})
    for (; count - first >= size; first += size) TRY(work(first, size));
  return {};
}

// Calls work(first, count, room) -> Result<void> for all of `count`, where `room` is one of the
// sizes: for statements that take one of their values several times.
template <typename Work>
Result<void> in_padded_chunks(std::size_t count, Work&& work) {
  for (std::size_t first = 0; first < count;) {
    const std::size_t left = count - first;
    std::size_t room = 256;
    while (room / 4 >= left) room /= 4;
    TRY(work(first, std::min(left, room), room));
    first += std::min(left, room);
  }
  return {};
}

// "($1, $2), ($3, $4)"; with `types` "(CAST($1 AS BIGINT), ...": where the place does not say it.
std::string placeholder_rows(std::size_t rows, std::size_t width,
                             const std::vector<std::string>& types = {});
// "$3, $4, $5"
std::string placeholders(std::size_t first, std::size_t count);

Param param_of(const Value& value);

}  // namespace muster::store
