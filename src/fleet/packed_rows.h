// The rows of one device in few bytes: most of them are a number of a row that other devices have
// too, near the number before it.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "fleet/instances.h"
#include "fleet/shared_array.h"

namespace muster::fleet {

// Lists of row numbers by the place of their class. A copy shares its memory until it is changed.
class PackedRows {
 public:
  // Calls visit for each number of the list, ascending, equal ones as often as they are there,
  // until it returns false. Whether it never did.
  template <typename Visit>
  bool for_each(std::size_t place, Visit&& visit) const {
    const std::uint8_t* at = find(place).data();
    if (at == nullptr) return true;
    std::uint64_t count = read_number(at);
    for (RowNumber row = 0; count > 0; --count) {
      row += static_cast<RowNumber>(read_number(at));
      if (!visit(row)) return false;
    }
    return true;
  }
  std::size_t count(std::size_t place) const;

  // Puts the lists in, each sorted, for those that stood at their places.
  void replace(const std::map<std::size_t, std::vector<RowNumber>>& lists);

  void save(SnapshotWriter& writer) const { writer.array(bytes_); }
  static PackedRows load(SnapshotReader& reader) {
    PackedRows out;
    out.bytes_ = reader.array<std::uint8_t>();
    return out;
  }

 private:
  // What write() wrote, seven bits a byte.
  static std::uint64_t read_number(const std::uint8_t*& at) {
    std::uint64_t out = *at & 0x7f;
    for (int shift = 7; (*at++ & 0x80) != 0; shift += 7)
      out |= static_cast<std::uint64_t>(*at & 0x7f) << shift;
    return out;
  }
  // The list behind its place and its length; null where there is none.
  std::span<const std::uint8_t> find(std::size_t place) const;

  SharedArray<std::uint8_t> bytes_;
};

}  // namespace muster::fleet
