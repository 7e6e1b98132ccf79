#include "roles/provider/device_agent.h"

#include "contract/objects/object.h"
#include "store/site/objects.h"

namespace muster::provider {

Result<model::EffectiveAgent> device_agent(hosting::Site& site, store::Reader& reader,
                                           store::DeviceNumber device) {
  model::AgentDurations defaults;
  for (const model::AgentSetting& setting : model::agent_settings())
    defaults.emplace(setting.name, site.settings.duration(setting.site_setting));
  std::vector<model::CollectionSays> collections;
  // A device that is not active is in none.
  const auto of_device = site.fleet.collections_of(device);
  if (!of_device) return model::effective_agent(defaults, {});
  for (const std::string& id : *of_device) {
    if (id == fleet::kAllSystems) continue;
    const auto object = TRY(store::find_object(reader, TRY(model::ObjectId::parse(id))));
    if (!object || object->deleted) continue;
    const auto decoded =
        TRY(contract::decode_spec(contract::ObjectKind::Collection, object->name, object->spec));
    const auto& collection = std::get<model::Collection>(decoded.value);
    if (!collection.agent.empty())
      collections.push_back({object->id, object->name, collection.agent});
  }
  return model::effective_agent(defaults, std::move(collections));
}

}  // namespace muster::provider
