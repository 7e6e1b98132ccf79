// The random start: where within the site's splay a device begins what a deployment's time starts
// on all devices at once.
#pragma once

#include <string_view>

#include "base/time.h"

namespace muster::model {

// Of nothing up to, and not, `splay`: evenly over devices, and always the same for a device and a
// deployment, so that a restart draws nothing anew and the site can tell when a device begins.
Duration start_offset(std::string_view device, std::string_view deployment, Duration splay);

}  // namespace muster::model
