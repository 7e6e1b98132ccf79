// One device's rows while entries of the log are applied to them. Internal to the export.
#pragma once

#include <algorithm>
#include <map>
#include <span>

#include "store/site/row_list.h"

namespace muster::store {

// Rows that differ in Volatile columns alone are one and the same instance.
struct InstanceKey {
  ClassId type;
  std::uint64_t row;
  Bytes unique;
  friend auto operator<=>(const InstanceKey&, const InstanceKey&) = default;
};

struct InstanceEvent {
  enum class What { Added, Removed };
  std::optional<std::int64_t> at;
  What what;
  Bytes changing;  // of a removed one, as it was last known
};

struct InstanceHistory {
  std::size_t before = 0;  // how many equal ones there were
  std::vector<InstanceEvent> events{};
};

class ReportDevice {
 public:
  ReportDevice(std::int64_t sequence, std::vector<RowEntry> rows)
      : sequence_(sequence), rows_(std::move(rows)) {}

  // Error: kReportsAstray, when a removed row is not there.
  Result<void> apply(std::int64_t sequence, std::optional<std::int64_t> at,
                     std::vector<RowEntry> added, const std::vector<RowEntry>& removed);
  // Takes over the Volatile columns that `now` has. Calls take(key, ordinal, changing) for each
  // instance whose values are others than before.
  template <typename Take>
  void refresh(const std::vector<RowEntry>& now, Take&& take);

  std::int64_t sequence() const { return sequence_; }
  const std::vector<RowEntry>& rows() const { return rows_; }
  // Only those that something happened to.
  const std::map<InstanceKey, InstanceHistory>& histories() const { return histories_; }
  // Equal ones in their order.
  std::span<const RowEntry> instances(const InstanceKey& key) const;

 private:
  InstanceHistory& history_of(const RowEntry& entry);

  std::int64_t sequence_;
  std::vector<RowEntry> rows_;
  std::map<InstanceKey, InstanceHistory> histories_;
};

std::span<const RowEntry> equal_instances(const std::vector<RowEntry>& rows,
                                          const InstanceKey& key);

template <typename Take>
void ReportDevice::refresh(const std::vector<RowEntry>& now, Take&& take) {
  for (std::size_t first = 0; first < rows_.size();) {
    const InstanceKey key{rows_[first].type, rows_[first].id, rows_[first].unique};
    const std::size_t count = instances(key).size();
    const auto current = equal_instances(now, key);
    for (std::size_t i = 0; i < std::min(count, current.size()); ++i) {
      if (rows_[first + i].changing == current[i].changing) continue;
      rows_[first + i].changing = current[i].changing;
      take(key, i, current[i].changing);
    }
    // As many equal ones as before, and theirs in order: so the list is in order, too. Where there
    // are fewer now, the log has yet to say so.
    std::sort(rows_.begin() + static_cast<std::ptrdiff_t>(first),
              rows_.begin() + static_cast<std::ptrdiff_t>(first + count));
    first += count;
  }
}

}  // namespace muster::store
