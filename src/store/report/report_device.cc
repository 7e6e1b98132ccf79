#include "store/report/report_device.h"

#include "store/report/errors.h"

namespace muster::store {

std::span<const RowEntry> equal_instances(const std::vector<RowEntry>& rows,
                                          const InstanceKey& key) {
  const RowEntry wanted{key.type, key.row, key.unique, {}};
  // Changing columns sort last, so the first with the same others follows this one.
  const auto first = std::lower_bound(rows.begin(), rows.end(), wanted);
  auto last = first;
  while (last != rows.end() && last->type == key.type && last->id == key.row &&
         last->unique == key.unique)
    ++last;
  return {first, last};
}

std::span<const RowEntry> ReportDevice::instances(const InstanceKey& key) const {
  return equal_instances(rows_, key);
}

InstanceHistory& ReportDevice::history_of(const RowEntry& entry) {
  const InstanceKey key{entry.type, entry.id, entry.unique};
  const auto [place, is_new] = histories_.try_emplace(key);
  if (is_new) place->second.before = instances(key).size();
  return place->second;
}

Result<void> ReportDevice::apply(std::int64_t sequence, std::optional<std::int64_t> at,
                                 std::vector<RowEntry> added,
                                 const std::vector<RowEntry>& removed) {
  for (const RowEntry& entry : removed)
    history_of(entry).events.push_back({at, InstanceEvent::What::Removed, entry.changing});
  for (const RowEntry& entry : added)
    history_of(entry).events.push_back({at, InstanceEvent::What::Added, {}});

  std::vector<bool> taken(rows_.size(), false);
  RowFinder finder(rows_);
  for (const RowEntry& entry : removed) {
    const auto place = finder.take(entry.type, entry.id, entry.unique);
    if (!place)
      return fail(kReportsAstray,
                  "entry {} of the log removes row {} of class {}, which is not there", sequence,
                  entry.id, entry.type);
    taken[*place] = true;
  }
  std::size_t index = 0;
  std::erase_if(rows_, [&](const RowEntry&) { return taken[index++]; });
  const auto middle = static_cast<std::ptrdiff_t>(rows_.size());
  for (RowEntry& entry : added) rows_.push_back(std::move(entry));
  std::inplace_merge(rows_.begin(), rows_.begin() + middle, rows_.end());
  sequence_ = sequence;
  return {};
}

}  // namespace muster::store
