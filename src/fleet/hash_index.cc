#include "fleet/hash_index.h"

#include <vector>

#include "base/check.h"

namespace muster::fleet {
namespace {

constexpr std::size_t kFewestPlaces = 8;

}  // namespace

void HashIndex::put(std::span<Place> places, Place place) {
  const std::size_t mask = places.size() - 1;
  std::size_t i = place.tag & mask;
  while (places[i].number != kNone) i = (i + 1) & mask;
  places[i] = place;
}

void HashIndex::insert(std::uint64_t hash, Number number) {
  Part& part = parts_[part_of(hash)];
  if ((part.count + 1) * 4 > part.places.size() * 3) {
    std::vector<Place> more(std::max(part.places.size() * 2, kFewestPlaces));
    for (const Place& place : part.places)
      if (place.number != kNone) put(more, place);
    part.places.assign(more);
  }
  put(part.places.edit(), {static_cast<std::uint32_t>(hash), number});
  ++part.count;
}

void HashIndex::erase(std::uint64_t hash, Number number) {
  Part& part = parts_[part_of(hash)];
  MUSTER_CHECK(part.count > 0);
  const auto places = part.places.edit();
  const std::size_t mask = places.size() - 1;
  std::size_t gap = static_cast<std::uint32_t>(hash) & mask;
  while (places[gap].number != number) {
    MUSTER_CHECK(places[gap].number != kNone);
    gap = (gap + 1) & mask;
  }
  // Those behind it move up to where a search still meets them.
  for (std::size_t i = (gap + 1) & mask; places[i].number != kNone; i = (i + 1) & mask) {
    const std::size_t home = places[i].tag & mask;
    if (((i - home) & mask) < ((i - gap) & mask)) continue;
    places[gap] = places[i];
    gap = i;
  }
  places[gap] = {};
  --part.count;
}

}  // namespace muster::fleet
