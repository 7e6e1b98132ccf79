#include "roles/server_locator_point/boundaries.h"

#include "contract/objects/object.h"
#include "store/site/objects.h"
#include "store/site/settings.h"

namespace muster::server_locator_point {
namespace {

constexpr std::int64_t kPage = 1000;

Result<std::vector<model::BoundaryMap::Entry>> read_boundaries(store::Reader& reader) {
  std::vector<model::BoundaryMap::Entry> out;
  std::string after;
  for (;;) {
    const auto page = TRY(store::list_objects(reader, "Boundary", after, kPage));
    for (const store::Object& each : page) {
      auto object =
          TRY(contract::decode_spec(contract::ObjectKind::Boundary, each.name, each.spec));
      out.push_back({std::get<model::Boundary>(std::move(object.value)), each.site});
    }
    if (page.size() < static_cast<std::size_t>(kPage)) return out;
    after = page.back().name;
  }
}

}  // namespace

Result<std::shared_ptr<const model::BoundaryMap>> Boundaries::current() {
  return site_->database->read(
      [&](store::Reader& reader) -> Result<std::shared_ptr<const model::BoundaryMap>> {
        const auto serial = TRY(store::read_counter(reader, store::Counter::Change));
        {
          const std::lock_guard lock(mutex_);
          if (map_ && serial_ == serial) return map_;
        }
        auto map = std::make_shared<const model::BoundaryMap>(TRY(read_boundaries(reader)));
        const std::lock_guard lock(mutex_);
        map_ = map;
        serial_ = serial;
        return std::shared_ptr<const model::BoundaryMap>(std::move(map));
      });
}

}  // namespace muster::server_locator_point
