#include "fleet/instances.h"

#include <algorithm>
#include <tuple>

namespace muster::fleet {

std::vector<RowNumber> row_numbers(const Instances& instances) {
  std::vector<RowNumber> out;
  out.reserve(instances.size());
  for (const Instance& instance : instances)
    if (out.empty() || out.back() != instance.row) out.push_back(instance.row);
  return out;
}

std::optional<std::size_t> InstanceFinder::take(RowNumber row, const Bytes& unique) {
  const auto before = [](const Instance& instance, const std::pair<RowNumber, const Bytes&>& key) {
    return std::tie(instance.row, instance.unique) < std::tie(key.first, key.second);
  };
  const auto first = static_cast<std::size_t>(
      std::lower_bound(list_->begin(), list_->end(),
                       std::pair<RowNumber, const Bytes&>(row, unique), before) -
      list_->begin());
  std::size_t& taken = taken_[first];
  const std::size_t place = first + taken;
  if (place >= list_->size()) return std::nullopt;
  const Instance& found = (*list_)[place];
  if (found.row != row || found.unique != unique) return std::nullopt;
  ++taken;
  return place;
}

}  // namespace muster::fleet
