// The times of the columns that rules compare with the clock, in order: whom a moving time has
// passed is found without a look at anybody else. About 48 bytes for each device and column of its
// own that a rule asks for in this way; nothing for the others.
#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "fleet/device_rows.h"
#include "fleet/time_limits.h"

namespace muster::fleet {

class TimeOrders {
 public:
  // `rows` outlives it.
  explicit TimeOrders(const DeviceRows& rows) : rows_(rows) {}

  // The column is kept in order until it is let go as often as it was taken.
  void take(const TimeColumn& column);
  void let_go(const TimeColumn& column);
  // How many times of a column there are.
  std::size_t size(const TimeColumn& column) const { return orders_.at(column).times.size(); }

  // The times of one device, by the columns that are kept in order and are a device's own.
  using Times = std::vector<std::vector<std::int64_t>>;
  Times times_of(DeviceNumber device) const;
  // After its rows have changed; `before` is what times_of() said then.
  void device_changed(DeviceNumber device, const DeviceDelta& delta, const Times& before);

  // A column that is kept in order has a time from `first` to `last`, both included, in ms.
  // Shared: many devices may have it; else `visit` is called for each that has one.
  enum class Passed { Devices, Shared };
  template <typename Visit>
  Passed passed(const TimeColumn& column, std::int64_t first, std::int64_t last,
                Visit&& visit) const {
    const Order& order = orders_.at(column);
    const auto begin = order.times.lower_bound({first, 0});
    if (!order.own_column)
      return begin != order.times.end() && begin->first <= last ? Passed::Shared : Passed::Devices;
    for (auto at = begin; at != order.times.end() && at->first <= last; ++at) visit(at->second);
    return Passed::Devices;
  }

 private:
  struct Order {
    std::size_t users = 0;
    // Among the table's own columns; nothing for a Shared one, whose times stand for themselves.
    std::optional<std::size_t> own_column;
    std::set<std::pair<std::int64_t, DeviceNumber>> times;
    std::size_t at_first = 0;  // of a Shared column, when all of them were read last
  };

  void fill(const TimeColumn& column, Order& order) const;
  void add_row(const TimeColumn& column, Order& order, RowNumber row) const;
  std::vector<std::int64_t> times_of(const TimeColumn& column, const Order& order,
                                     const Device& device) const;

  const DeviceRows& rows_;
  std::map<TimeColumn, Order> orders_;
};

}  // namespace muster::fleet
