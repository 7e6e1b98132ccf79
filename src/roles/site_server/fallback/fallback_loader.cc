#include "roles/site_server/fallback/fallback_loader.h"

#include "contract/fallback_message.h"
#include "store/site/fallback.h"

namespace muster::site_server {

Result<void> load_fallback_message(const hosting::Site& site, store::Transaction& transaction,
                                   const hosting::InboxRecord& record) {
  // Read strictly once more: a fallback status point is believed no more than its senders.
  const auto message = TRY(contract::decode_fallback_message(record.envelope));
  TRY(store::add_fallback_message(transaction,
                                  {.number = 0,
                                   .received = record.received,
                                   .address = record.anonymous_from,
                                   .id = message.id,
                                   .client = message.client.text(),
                                   .name = message.name,
                                   .topic = message.topic,
                                   .state = message.state,
                                   .cause = message.cause,
                                   .at = message.at},
                                  site.settings.integer("fallback.kept_messages")));
  return {};
}

}  // namespace muster::site_server
