// The endpoint mapper's connectionless form: what one datagram is answered. Nothing is remembered
// between two of them.
#pragma once

#include "base/bytes.h"
#include "transport/endpoint_list.h"

namespace muster::transport {

// Answers are small, so that nobody who forges a sender's address gains much by it: a list of more
// than so many comes in parts, each asked for with the handle of the part before.
inline constexpr std::size_t kDatagramEntries = 4;

// Empty: nothing is to be sent. `own` is the mapper's address, or all zero; `server_boot` is the
// number of this run, not 0.
Bytes answer_datagram(ByteView datagram, const EndpointList& endpoints, const wire::rpc::IpV4& own,
                      std::uint32_t server_boot);

}  // namespace muster::transport
