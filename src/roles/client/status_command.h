// The commands of muster-client that read or change the client's state folder.
#pragma once

#include "contract/site_config.h"

namespace muster::client {

// `muster-client status`: prints site, management point and enrolment. 0: managed; 3: unmanaged or
// not enrolled yet.
Result<int> print_status(const contract::ClientConfig& config);

// `muster-client assign CODE|AUTO`: the client looks for its site anew. Errors: kNoLocator without
// locator points, kBadId.
Result<void> ask_for_assignment(const contract::ClientConfig& config, const std::string& code);

}  // namespace muster::client
