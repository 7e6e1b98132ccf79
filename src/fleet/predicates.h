// Conditions on rows that the collections ask for, each held once however many rules have it, with
// the distinct rows that satisfy it. A device that gains or loses a row touches only the conditions
// that the row satisfies: the queries are indexed, not the devices.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fleet/device_conditions.h"
#include "fleet/device_facts.h"
#include "fleet/device_rows.h"
#include "fleet/number_set.h"
#include "fleet/shared_array.h"
#include "model/query/plan.h"

namespace muster::fleet {

using PredicateNumber = std::uint32_t;

class Predicates {
 public:
  // `rows` outlives it.
  explicit Predicates(const DeviceRows& rows);

  // The condition's number; it is held until it is let go as often as it was taken.
  PredicateNumber take(const RowCondition& condition);
  void let_go(PredicateNumber number);

  // After the schema of the rows has changed; no predicate is of a class at one of `places`.
  void classes_changed(const std::vector<std::size_t>& places);

  // After a device's rows have changed: those predicates that may hold of it otherwise than before,
  // each once, ascending. For each change, and before it is asked for anything else.
  std::vector<PredicateNumber> rows_changed(const DeviceDelta& delta);

  // Whether a row of the device satisfies it.
  bool holds(PredicateNumber number, DeviceFacts& device) const;
  void join_devices(PredicateNumber number, NumberBits& bits) const;

  std::size_t size() const { return by_key_.size(); }

 private:
  struct Predicate {
    RowCondition condition;
    std::size_t class_index = 0;
    RowSet rows;  // empty for any row
    std::uint64_t users = 0;
    std::map<std::string, PredicateNumber, std::less<>>::iterator entry;
  };
  // Per class: which predicates a row satisfies, and which are to be tried on a new row.
  struct ClassIndex {
    std::vector<SharedArray<PredicateNumber>> of_row;
    // By a text that a column must equal: column, then text.
    std::map<std::size_t, std::map<std::string, std::vector<PredicateNumber>, std::less<>>> by_text;
    std::vector<PredicateNumber> others;
    std::optional<PredicateNumber> any_row;  // that there is a row, whatever it is
  };

  // Puts it where a new row of its class is tried on it, or takes it away.
  void enter(PredicateNumber number);
  void leave(PredicateNumber number);
  std::vector<PredicateNumber>& place_of(const Predicate& predicate);
  // The predicates that one of the rows satisfies, each once, ascending.
  std::vector<PredicateNumber> satisfied_by(std::size_t class_index,
                                            const std::vector<RowNumber>& rows) const;
  void add_row(std::size_t class_index, RowNumber row);
  void drop_row(std::size_t class_index, RowNumber row);
  void join_row(PredicateNumber number, RowNumber row);

  const DeviceRows& rows_;
  std::map<std::string, PredicateNumber, std::less<>> by_key_;
  std::vector<Predicate> predicates_;
  std::vector<PredicateNumber> free_;
  std::vector<ClassIndex> classes_;
};

}  // namespace muster::fleet
