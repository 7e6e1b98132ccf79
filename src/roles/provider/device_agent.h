// What the site and a device's collections say together to the device's agent.
#pragma once

#include "hosting/site.h"
#include "model/agent_settings.h"
#include "store/site/devices.h"

namespace muster::provider {

// As the client itself resolves it from its policy.
Result<model::EffectiveAgent> device_agent(hosting::Site& site, store::Reader& reader,
                                           store::DeviceNumber device);

}  // namespace muster::provider
