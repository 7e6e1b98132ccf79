// The known name that a mistyped one most resembles, for "did you mean" in errors.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace muster {

// How many characters must be inserted, removed, replaced or swapped with their neighbour to make
// `b` of `a`.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The first of the names with the least distance; empty where none is nearer than a third of the
// longer name's length. `names` is any range of something that converts to string_view.
template <typename Names>
std::string_view nearest(std::string_view wanted, const Names& names) {
  constexpr std::size_t kLongest = 100;  // no name is longer, and the work grows with the square
  if (wanted.size() > kLongest) return {};
  std::string_view best;
  std::size_t best_distance = 0;
  for (const auto& each : names) {
    const std::string_view name(each);
    const std::size_t distance = edit_distance(wanted, name);
    const bool near = distance * 3 <= std::max(wanted.size(), name.size());
    if (near && (best.empty() || distance < best_distance)) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace muster
