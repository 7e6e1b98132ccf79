#include "fleet/time_orders.h"

#include <algorithm>

#include "base/check.h"

namespace muster::fleet {
namespace {

// Times of Shared rows that are gone stay until there are more of them than this and of those that
// there were: they cost a question too many, and no device can make them without end.
constexpr std::size_t kFewTimes = 10'000;

}  // namespace

void TimeOrders::take(const TimeColumn& column) {
  const auto [entry, is_new] = orders_.try_emplace(column);
  Order& order = entry->second;
  ++order.users;
  if (!is_new) return;
  const auto& own = rows_.tables()[column.place].own_columns();
  if (const auto found = std::ranges::find(own, column.column); found != own.end())
    order.own_column = static_cast<std::size_t>(found - own.begin());
  fill(column, order);
}

void TimeOrders::let_go(const TimeColumn& column) {
  const auto found = orders_.find(column);
  MUSTER_CHECK(found != orders_.end() && found->second.users > 0);
  if (--found->second.users == 0) orders_.erase(found);
}

void TimeOrders::fill(const TimeColumn& column, Order& order) const {
  order.times.clear();
  if (!order.own_column) {
    const RowTable& table = rows_.tables()[column.place];
    for (RowNumber row = 0; row < table.slots(); ++row)
      if (table.instances(row) > 0) add_row(column, order, row);
    order.at_first = order.times.size();
    return;
  }
  std::vector<std::pair<std::int64_t, DeviceNumber>> all;
  rows_.devices().for_each([&](const Device& device) {
    for (const std::int64_t time : times_of(column, order, device))
      all.emplace_back(time, device.number());
    return true;
  });
  std::ranges::sort(all);
  order.times = {all.begin(), all.end()};
}

void TimeOrders::add_row(const TimeColumn& column, Order& order, RowNumber row) const {
  const model::Value& value = rows_.tables()[column.place].value(row, column.column);
  if (const auto* time = std::get_if<std::int64_t>(&value)) order.times.emplace(*time, 0);
}

std::vector<std::int64_t> TimeOrders::times_of(const TimeColumn& column, const Order& order,
                                               const Device& device) const {
  std::vector<std::int64_t> out;
  device.for_each_row(rows_.tables()[column.place], column.place,
                      [&](RowNumber, const OwnRows* own, std::size_t place) {
                        if (own != nullptr && !own->is_absent(*order.own_column, place))
                          out.push_back(own->number(*order.own_column, place));
                        return true;
                      });
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

TimeOrders::Times TimeOrders::times_of(DeviceNumber number) const {
  Times out(orders_.size());
  const auto device = orders_.empty() ? std::nullopt : rows_.find(number);
  if (!device) return out;
  std::size_t i = 0;
  for (const auto& [column, order] : orders_) {
    if (order.own_column) out[i] = times_of(column, order, *device);
    ++i;
  }
  return out;
}

void TimeOrders::device_changed(DeviceNumber device, const DeviceDelta& delta,
                                const Times& before) {
  if (orders_.empty()) return;
  MUSTER_CHECK(before.size() == orders_.size());
  const Times after = times_of(device);
  std::size_t i = 0;
  for (auto& [column, order] : orders_) {
    const auto &had = before[i], &has = after[i];
    ++i;
    if (order.own_column) {
      if (had == has) continue;
      for (const std::int64_t time : had) order.times.erase({time, device});
      for (const std::int64_t time : has) order.times.emplace(time, device);
      continue;
    }
    for (const RowNumber row : delta.classes[column.place].created) add_row(column, order, row);
    if (order.times.size() > 2 * order.at_first + kFewTimes) fill(column, order);
  }
}

}  // namespace muster::fleet
