// The boundaries of the site database in memory, read again when an object has changed.
#pragma once

#include <memory>
#include <mutex>

#include "hosting/site.h"
#include "model/boundary.h"

namespace muster::server_locator_point {

// Safe from many threads.
class Boundaries {
 public:
  explicit Boundaries(hosting::Site& site) : site_(&site) {}
  Result<std::shared_ptr<const model::BoundaryMap>> current();

 private:
  hosting::Site* site_;
  std::mutex mutex_;
  std::shared_ptr<const model::BoundaryMap> map_;
  std::int64_t serial_ = 0;  // of the last change that map_ knows
};

}  // namespace muster::server_locator_point
