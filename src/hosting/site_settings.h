// The settings of a site system's configuration file, checked.
#pragma once

#include "base/settings.h"
#include "contract/site_config.h"

namespace muster::hosting {

Result<Settings> read_settings(const contract::SiteConfig& config);

}  // namespace muster::hosting
