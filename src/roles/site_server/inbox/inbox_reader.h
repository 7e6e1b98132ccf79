// Takes messages out of the inbox, in order, each exactly once: the effect and the position are
// one transaction. What cannot be taken is quarantined with its reason.
#pragma once

#include "hosting/inbox_record.h"
#include "hosting/site.h"
#include "roles/site_server/message.h"

namespace muster::site_server {

// Takes up to a few hundred messages. Errors are those of database and journal only: then nothing
// of the round took effect and it is to be repeated.
Result<InboxEffects> take_inbox(hosting::Site& site, const Loaders& loaders);

// One quarantined message again, for instance after a fix. Error: why it still fails.
Result<InboxEffects> replay_quarantined(hosting::Site& site, const Loaders& loaders,
                                        std::int64_t number);

// Devices that the management point saw two machines poll for: quarantined, and audited.
Result<void> quarantine_doubled(hosting::Site& site);

}  // namespace muster::site_server
