// Internet addresses as text.
#pragma once

#include <string>

#include "base/bytes.h"

namespace muster::client {

// 4 or 16 bytes in network order; IPv6 by RFC 5952.
std::string address_text(ByteView address);

// The address with all bits behind the prefix cleared.
Bytes network_of(ByteView address, unsigned prefix_length);

}  // namespace muster::client
