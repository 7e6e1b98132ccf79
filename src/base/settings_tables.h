// The settings of each program, except those of the ports, which come from the table of
// connections (topology/port_settings.h).
#pragma once

#include "base/settings.h"

namespace muster {

// musterd: the roles of a site, as `muster apply` sets them for the whole site.
SettingTable site_settings();
// musterd: what belongs to the host and stands in its own configuration file.
SettingTable host_settings();
// muster-client.
SettingTable client_settings();

}  // namespace muster
