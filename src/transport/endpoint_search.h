// Which of a host's endpoints an inquiry of the endpoint mapper means (C706 appendix O, and 6.2.3
// for what versions are compatible).
#pragma once

#include <span>
#include <vector>

#include "transport/endpoint_list.h"
#include "wire/rpc/endpoint_mapper.h"

namespace muster::transport {

// `own` stands in for endpoints without an address. An inquiry or a version option without a name
// finds nothing: see is_known_inquiry().
std::vector<wire::rpc::MapperEntry> find_entries(std::span<const Endpoint> endpoints,
                                                 const wire::rpc::LookupRequest& request,
                                                 const wire::rpc::IpV4& own);
bool is_known_inquiry(const wire::rpc::LookupRequest& request);

// The towers of a compatible version over NDR and TCP. A map request without a tower means none.
std::vector<wire::rpc::Tower> find_towers(std::span<const Endpoint> endpoints,
                                          const wire::rpc::MapRequest& request,
                                          const wire::rpc::IpV4& own);

}  // namespace muster::transport
