// The distinct rows that one device has, made out once however many predicates ask for them.
#pragma once

#include <optional>
#include <vector>

#include "fleet/device_rows.h"

namespace muster::fleet {

class DeviceFacts {
 public:
  // `rows` outlives it and does not change meanwhile.
  DeviceFacts(const DeviceRows& rows, DeviceNumber number)
      : rows_(rows), number_(number), device_(rows.find(number)), lists_(rows.tables().size()) {}

  DeviceNumber number() const { return number_; }
  // Nothing where it is not active.
  const std::optional<Device>& device() const { return device_; }
  // Of the class at that place; ascending.
  const std::vector<RowNumber>& row_numbers(std::size_t place) {
    auto& list = lists_[place];
    if (!list)
      list =
          device_ ? device_->row_numbers(rows_.tables()[place], place) : std::vector<RowNumber>();
    return *list;
  }

 private:
  const DeviceRows& rows_;
  DeviceNumber number_;
  std::optional<Device> device_;
  std::vector<std::optional<std::vector<RowNumber>>> lists_;
};

}  // namespace muster::fleet
