// Finds numbers of things by a hash of what they are. The things stand elsewhere: who asks compares
// them, so that equal hashes of unequal things do no harm.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <utility>

#include "fleet/number_set.h"
#include "fleet/shared_array.h"

namespace muster::fleet {

// In parts that grow each for itself: no insertion has to move more than one of them. Copies share
// a part until one of them changes it.
class HashIndex {
 public:
  // The number under `hash` for which `is_it` holds.
  template <typename IsIt>
  std::optional<Number> find(std::uint64_t hash, IsIt&& is_it) const {
    const auto places = parts_[part_of(hash)].places.values();
    if (places.empty()) return std::nullopt;
    const auto tag = static_cast<std::uint32_t>(hash);
    const std::size_t mask = places.size() - 1;
    for (std::size_t i = tag & mask; places[i].number != kNone; i = (i + 1) & mask)
      if (places[i].tag == tag && is_it(places[i].number)) return places[i].number;
    return std::nullopt;
  }
  // That is not there yet.
  void insert(std::uint64_t hash, Number number);
  // That is there.
  void erase(std::uint64_t hash, Number number);

 private:
  static constexpr Number kNone = UINT32_MAX;
  static constexpr std::size_t kParts = 64;
  struct Place {
    std::uint32_t tag = 0;
    Number number = kNone;
  };
  struct Part {
    SharedArray<Place> places;  // a power of two, never full
    std::size_t count = 0;
  };
  static std::size_t part_of(std::uint64_t hash) { return hash >> 58; }
  static void put(std::span<Place> places, Place place);

  std::array<Part, kParts> parts_;
};

}  // namespace muster::fleet
