// Which inventory classes are due. A state machine without I/O: after a start all are.
#pragma once

#include <map>
#include <string>

#include "base/time.h"
#include "model/inventory_intervals.h"
#include "model/schema.h"

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
  // As if it had never been collected.
  void forget(std::string_view class_name);
  // The next moment at which a class of the schema is due; `now` where one is already.
  Timestamp next(const model::Schema& schema, const InventoryIntervals& intervals,
                 Timestamp now) const;

 private:
  std::map<std::string, Timestamp, std::less<>> last_;
};

}  // namespace muster::client
