// The rows of all devices, and which of them a plan selects.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fleet/devices.h"
#include "fleet/fleet.h"
#include "fleet/row_table.h"
#include "model/query/plan.h"

namespace muster::fleet {

// What a change of a device made of its rows of one class. Row numbers, sorted.
struct ClassDelta {
  bool is_touched = false;        // rules that ask for the class may answer otherwise than before
  std::vector<RowNumber> gained;  // the device has them and had not
  std::vector<RowNumber> lost;
  std::vector<RowNumber> created;  // of the gained: no device had them
  std::vector<RowNumber> freed;    // of the lost: no device has them; the number is free again
  bool is_first_or_last = false;   // the device has rows and had none, or the other way round
};
struct DeviceDelta {
  bool is_new = false;
  std::vector<ClassDelta> classes;  // by their place in tables()
};

// A copy is as it was when it was made, whatever becomes of the other; it shares what stays the
// same.
class DeviceRows {
 public:
  DeviceRows();

  const model::Schema& schema() const { return schema_; }
  // The places of the classes that go or get other columns by `schema`.
  std::vector<std::size_t> places_changed_by(const model::Schema& schema) const;
  // No plan asks for those classes any more.
  void set_schema(const model::Schema& schema);
  // The place of a class of the schema in tables().
  std::size_t place_of(const model::InventoryClass& type) const;

  // Every class is touched where the name has changed. Errors as Fleet::apply.
  Result<DeviceDelta> apply(const DeviceChange& change);
  // The rows that the device had are lost.
  DeviceDelta remove(DeviceNumber number);

  void save(SnapshotWriter& writer) const;
  // With the classes of `schema`. Error: kBadSnapshot, also for one of other classes.
  static Result<DeviceRows> load(const model::Schema& schema, SnapshotReader& reader);

  const Devices& devices() const { return *devices_; }
  // The numbers of all devices.
  const DeviceSet& active() const { return devices_->numbers(); }
  std::optional<Device> find(DeviceNumber number) const { return devices_->find(number); }
  // The device's rows of the class at that place of tables().
  Instances list(const Device& device, std::size_t place) const {
    return device.list(tables_[place], place);
  }
  // One per class of the schema, and one without rows at each place that a class has left.
  const RowTables& tables() const { return tables_; }

  bool matches(const model::Plan& plan, Timestamp now, const Device& device) const;

  // The devices that have a row which passes those of the plan's filters that the distinct rows
  // decide; nothing where no filter is of that kind.
  std::optional<NumberBits> candidates(const model::Plan& plan, Timestamp now) const;

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
  // With rows in the form of the schema; nothing where they have it.
  std::optional<DeviceChange> adapted(const DeviceChange& change) const;
  Result<void> check(const DeviceChange& change, const std::optional<Device>& before) const;
  Result<void> take_out(const DeviceChange& change, Draft& draft) const;
  Result<void> check_size(const DeviceChange& change, const Draft& draft) const;
  // Tells the tables who has which row now, and gives back what is released.
  void settle(DeviceNumber number, const Draft& draft, DeviceDelta& delta);

  model::Schema schema_;
  RowTables tables_;
  std::map<std::string, std::size_t, std::less<>> places_;  // of the classes, by name
  Shared<Devices> devices_;
};

}  // namespace muster::fleet
