#include "roles/client/inventory/address_text.h"

#include "model/ip_address.h"

namespace muster::client {

std::string address_text(ByteView address) { return model::IpAddress::from_bytes(address).text(); }

Bytes network_of(ByteView address, unsigned prefix_length) {
  return model::IpAddress::from_bytes(address).first_of(prefix_length).bytes();
}

}  // namespace muster::client
