// A rule of a collection: which devices it names. Most rules are conditions that a device's rows
// satisfy or not, which the index answers; the others are run for each device.
#pragma once

#include <vector>

#include "fleet/device_rows.h"
#include "fleet/predicates.h"
#include "fleet/time_limits.h"
#include "model/query/plan.h"

namespace muster::fleet {

class Rule {
 public:
  // `plan` is of devices. `predicates` outlives it.
  Rule(model::Plan plan, const DeviceRows& rows, Predicates& predicates);
  Rule(Rule&& other) noexcept = default;
  Rule& operator=(Rule&& other) = delete;
  ~Rule();

  // Whether predicates decide it; else its classes do, and perhaps the time.
  bool is_indexed() const { return !parts_.empty(); }
  bool depends_on_time() const { return plan_.depends_on_time; }
  // Nothing for one that has to be asked in full when time has passed.
  const std::optional<std::vector<TimeLimit>>& time_limits() const { return time_limits_; }
  bool asks_for_touched_class(const DeviceDelta& delta) const;
  // Whether it reads rows of the class at that place of the tables.
  bool asks_for(std::size_t place) const;
  std::vector<PredicateNumber> predicates() const;

  bool matches(const DeviceRows& rows, DeviceFacts& device, Timestamp now) const;
  void join_devices(const DeviceRows& rows, NumberBits& bits, Timestamp now) const;

 private:
  // A device matches where all of them hold, or do not as `wanted` says.
  struct Part {
    PredicateNumber predicate;
    bool wanted;
  };

  model::Plan plan_;
  std::vector<std::size_t> places_;  // of the plan's classes
  Predicates* predicates_;
  std::vector<Part> parts_;  // the first is wanted
  std::optional<std::vector<TimeLimit>> time_limits_;
};

}  // namespace muster::fleet
