// How far the fleet index has followed the database.
#pragma once

#include <cstdint>

namespace muster::site_server {

struct IndexPosition {
  std::int64_t inventory = 0;  // of the counter InventorySequence
  std::int64_t devices = 0;    // serial of devices
  friend bool operator==(const IndexPosition&, const IndexPosition&) = default;
};

}  // namespace muster::site_server
