// Old versions of packages leave the site: first their folder on the distribution points, then the
// files that no other version has.
#pragma once

#include "hosting/site.h"

namespace muster::site_server {

// Withdraws versions that were superseded longer ago than the setting content.grace, unless a
// client still is at work on them, and removes what was withdrawn that long ago. Errors: those of
// the database; kBadObject where a manifest that is still needed cannot be read: then nothing is
// removed.
Result<void> retire_content(hosting::Site& site, Timestamp now);

}  // namespace muster::site_server
