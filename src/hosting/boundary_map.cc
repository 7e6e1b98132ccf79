#include "hosting/boundary_map.h"

#include "contract/objects/object.h"
#include "store/site/objects.h"

namespace muster::hosting {
namespace {

constexpr std::int64_t kPage = 1000;

}  // namespace

Result<model::BoundaryMap> read_boundaries(store::Reader& reader) {
  std::vector<model::BoundaryMap::Entry> out;
  std::string after;
  for (;;) {
    const auto page = TRY(store::list_objects(reader, "Boundary", after, kPage));
    for (const store::Object& each : page) {
      auto object =
          TRY(contract::decode_spec(contract::ObjectKind::Boundary, each.name, each.spec));
      out.push_back({std::get<model::Boundary>(std::move(object.value)), each.site});
    }
    if (page.size() < static_cast<std::size_t>(kPage)) return model::BoundaryMap(std::move(out));
    after = page.back().name;
  }
}

}  // namespace muster::hosting
