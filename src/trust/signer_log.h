// The signer's line in its log for every request; private to signer.cc. No secret is in it.
#pragma once

#include "contract/signer_protocol.h"

namespace muster::trust {

// Whether the answer may be given only once its version is on disk.
bool needs_memory(const contract::signer::Request& request);

void log_request(const contract::signer::Request& request,
                 const Result<contract::signer::Answer>& answer);

}  // namespace muster::trust
