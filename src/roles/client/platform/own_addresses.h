// The addresses by which this machine can be found: up, neither loopback nor link-local.
#pragma once

#include <vector>

#include "model/ip_address.h"

namespace muster::client {

// At most `limit`, in the order of the interfaces.
std::vector<model::IpAddress> own_addresses(std::size_t limit);

}  // namespace muster::client
