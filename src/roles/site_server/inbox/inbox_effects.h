// What the messages of one round mean for the other components.
#pragma once

#include <vector>

#include "fleet/fleet.h"
#include "store/site/devices.h"

namespace muster::site_server {

struct InboxEffects {
  std::vector<fleet::DeviceChange> changes;     // for the fleet index, in order
  std::vector<store::DeviceNumber> new_policy;  // devices whose header says something new
  bool more = false;                            // there is more in the inbox
};

}  // namespace muster::site_server
