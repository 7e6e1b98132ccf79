// Signs the documents that everybody may read and puts them where the roles serve them.
#pragma once

#include "hosting/site.h"

namespace muster::site_server {

// The management point list, the revocation list, the envelope key and the site's time.
Result<void> publish_public_documents(hosting::Site& site);

}  // namespace muster::site_server
