#include "hosting/site_settings.h"

#include "base/settings_tables.h"
#include "hosting/listed_points.h"
#include "model/inventory_intervals.h"
#include "topology/port_settings.h"

namespace muster::hosting {

Result<Settings> read_settings(const contract::SiteConfig& config) {
  Settings settings({site_settings(), host_settings(), topology::port_setting_table()});
  for (const auto& [name, text] : config.settings) {
    if (name.starts_with("ports.")) {
      TRY(topology::set_port(settings, name, text));
    } else {
      TRY(settings.set(name, text));
    }
  }
  TRY(parse_listed_points(settings.text("management_points")));
  TRY(model::parse_class_intervals(settings.text("inventory.intervals")));
  return settings;
}

}  // namespace muster::hosting
