// The rows of all devices, and which of them a plan selects.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fleet/fleet.h"
#include "fleet/row_table.h"
#include "model/query/plan.h"

namespace muster::fleet {

struct Device {
  std::string registered_name;
  model::Value shown_name;                       // a text, the query's column Device
  std::vector<std::vector<Instance>> instances;  // one list per inventory class
};

std::size_t index_of(const model::InventoryClass& type);

// Classes by their place in inventory_classes().
using ClassSet = std::vector<bool>;

class DeviceRows {
 public:
  DeviceRows();

  // The classes that may answer otherwise than before: all of them where the name has changed.
  // Errors as Fleet::apply.
  Result<ClassSet> apply(const DeviceChange& change);
  void remove(DeviceNumber number);

  const std::map<DeviceNumber, Device>& devices() const { return devices_; }
  // The numbers of all devices.
  const DeviceSet& active() const { return active_; }
  const Device* find(DeviceNumber number) const;
  const std::vector<RowTable>& tables() const { return tables_; }

  bool matches(const model::Plan& plan, Timestamp now, const Device& device) const;

  // Calls visit for each row of the plan's source that passes its filters, by ascending device
  // number, until it returns false. `only` is sorted.
  using Visit = std::function<bool(DeviceNumber, model::RowView)>;
  void for_each_match(const model::Plan& plan, Timestamp now,
                      const std::optional<std::vector<DeviceNumber>>& only,
                      const Visit& visit) const;

  // Whether the answer follows from the distinct rows and how often each is there.
  bool is_count_of_shared(const model::Plan& plan) const;
  using VisitShared = std::function<bool(model::RowView, std::uint64_t instances)>;
  void for_each_shared_match(const model::Plan& plan, Timestamp now,
                             const VisitShared& visit) const;

 private:
  struct Draft;
  Result<void> check(const DeviceChange& change, const Device* before) const;
  Result<void> take_out(const DeviceChange& change, Draft& draft) const;

  std::vector<RowTable> tables_;  // one per inventory class
  std::map<DeviceNumber, Device> devices_;
  DeviceSet active_;
};

}  // namespace muster::fleet
