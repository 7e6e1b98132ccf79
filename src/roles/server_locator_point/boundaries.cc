#include "roles/server_locator_point/boundaries.h"

#include "hosting/boundary_map.h"
#include "store/site/settings.h"

namespace muster::server_locator_point {
Result<std::shared_ptr<const model::BoundaryMap>> Boundaries::current() {
  return site_->database->read(
      [&](store::Reader& reader) -> Result<std::shared_ptr<const model::BoundaryMap>> {
        const auto serial = TRY(store::read_counter(reader, store::Counter::Change));
        {
          const std::lock_guard lock(mutex_);
          if (map_ && serial_ == serial) return map_;
        }
        auto map =
            std::make_shared<const model::BoundaryMap>(TRY(hosting::read_boundaries(reader)));
        const std::lock_guard lock(mutex_);
        map_ = map;
        serial_ = serial;
        return std::shared_ptr<const model::BoundaryMap>(std::move(map));
      });
}

}  // namespace muster::server_locator_point
