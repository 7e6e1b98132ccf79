// Devices by the name that people use. Names are labels: several devices may have one.
#pragma once

#include "store/site/devices.h"

namespace muster::store {

// By number; at most a thousand.
Result<std::vector<DeviceNumber>> devices_named(Reader& reader, std::string_view name);

}  // namespace muster::store
