#include "roles/site_server/schema/schema_follower.h"

#include <algorithm>

#include "base/log.h"
#include "hosting/stored_schema.h"
#include "store/site/inventory.h"

namespace muster::site_server {

Result<void> follow_schema(hosting::Site& site, const std::vector<store::Change>& changes,
                           std::vector<store::Change>& collections,
                           std::set<store::DeviceNumber>& dirty) {
  if (std::ranges::none_of(
          changes, [](const store::Change& change) { return change.kind == "InventoryClass"; }))
    return {};
  const auto schema =
      TRY(site.database->write([&](store::Transaction& transaction) -> Result<model::Schema> {
        const auto stored = TRY(hosting::stored_schema(transaction));
        const auto asked = TRY(store::register_inventory_classes(transaction, stored, site.random));
        dirty.insert(asked.begin(), asked.end());
        return stored;
      }));
  site.known_rows.forget();
  const auto waiting = site.fleet.set_schema(schema);
  for (const auto& name : waiting) {
    const auto id = TRY(model::ObjectId::parse(name));
    collections.push_back({.serial = changes.back().serial,
                           .at = site.clock.now(),
                           .site = site.config.site,
                           .kind = "Collection",
                           .id = id,
                           .action = store::ChangeAction::Update,
                           .spec = {}});
  }
  log::info("inventory.schema.changed", "the inventory has other classes",
            {{"defined", schema.defined().size()}, {"collections", waiting.size()}});
  return {};
}

}  // namespace muster::site_server
