// The values that the rows of a class have in one Shared column, each once: rows name them by
// number, and what a query asks of a value is asked once for all rows that have it.
#pragma once

#include <cstdint>
#include <optional>

#include "fleet/hash_index.h"
#include "fleet/pages.h"
#include "model/inventory.h"

namespace muster::fleet {

using ValueNumber = Number;

class ValueColumn {
 public:
  // The number of the absent value, always, and never counted: rows of a column that is new have
  // it without having asked for it.
  static constexpr ValueNumber kAbsent = 0;

  ValueColumn();

  // The value counts until it is released as often as it was acquired.
  ValueNumber acquire(const model::Value& value);
  // Whether nobody has it any more; its number may be another value's then.
  bool release(ValueNumber number);
  std::optional<ValueNumber> find(const model::Value& value) const;

  // Numbers are below slots(); a free one is absent.
  std::size_t slots() const { return entries_.size(); }
  const model::Value& value(ValueNumber number) const { return entries_[number].value; }

  void save(SnapshotWriter& writer) const;
  static ValueColumn load(SnapshotReader& reader);

 private:
  struct Entry {
    model::Value value{};
    std::uint32_t uses = 0;
  };

  static bool is_absent(const model::Value& value);

  Pages<Entry, 128> entries_;
  HashIndex numbers_;
  std::vector<ValueNumber> free_;
};

}  // namespace muster::fleet
