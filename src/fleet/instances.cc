#include "fleet/instances.h"

#include <algorithm>
#include <utility>

namespace muster::fleet {

std::vector<RowNumber> row_numbers(const Instances& instances) {
  std::vector<RowNumber> out;
  out.reserve(instances.size());
  for (const Instance& instance : instances)
    if (out.empty() || out.back() != instance.row) out.push_back(instance.row);
  return out;
}

std::optional<std::size_t> InstanceFinder::take(RowNumber row, ByteView unique) {
  using Key = std::pair<RowNumber, ByteView>;
  const auto key_of = [](const Instance& instance) {
    return Key(instance.row, view_of(instance.unique));
  };
  const Key wanted(row, unique);
  const auto first = static_cast<std::size_t>(std::ranges::lower_bound(*list_, wanted, {}, key_of) -
                                              list_->begin());
  std::uint32_t& taken = taken_[first];
  const std::size_t place = first + taken;
  if (place >= list_->size() || key_of((*list_)[place]) != wanted) return std::nullopt;
  ++taken;
  return place;
}

}  // namespace muster::fleet
