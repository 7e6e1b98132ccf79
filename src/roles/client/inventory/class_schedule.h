// Which inventory classes are due. A state machine without I/O: after a start all are.
#pragma once

#include <map>
#include <string>

#include "base/time.h"
#include "model/inventory.h"
#include "model/inventory_intervals.h"

namespace muster::client {

struct InventoryIntervals {
  Duration standard{0};
  model::ClassIntervals of_class;

  Duration of(const model::InventoryClass& type) const;
  friend bool operator==(const InventoryIntervals&, const InventoryIntervals&) = default;
};

class ClassSchedule {
 public:
  // Never collected, its interval has passed, or the clock was set back behind its last time.
  bool is_due(const model::InventoryClass& type, const InventoryIntervals& intervals,
              Timestamp now) const;
  void collected(const model::InventoryClass& type, Timestamp now);
  // The next moment at which a class is due; `now` where one is already.
  Timestamp next(const InventoryIntervals& intervals, Timestamp now) const;

 private:
  std::map<std::string, Timestamp, std::less<>> last_;
};

}  // namespace muster::client
