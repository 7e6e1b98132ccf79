// What the inbox hands to the component that takes a message, and what that one hands back.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "contract/envelope.h"
#include "fleet/fleet.h"
#include "hosting/inbox_record.h"
#include "store/database.h"
#include "store/journal.h"
#include "store/site/devices.h"
#include "store/site/known_rows.h"
#include "store/site/positions.h"

namespace muster::site_server {

struct MessageContext {
  const store::Device& device;
  const contract::EnvelopeHeader& header;
  Timestamp received;
  // The classes that inventories have rows of.
  const model::Schema& schema;
  store::KnownRows& known;
  bool replayed = false;  // out of quarantine: later messages of its stream were taken before
};

// Of a message whose transaction is through, for the fleet index.
struct TakenChange {
  fleet::DeviceChange change;
  Timestamp received;     // by the management point
  bool replayed = false;  // long after that
};

// What the messages of one round mean for the other components.
struct InboxEffects {
  std::vector<TakenChange> changes;             // in order
  std::vector<store::DeviceNumber> new_policy;  // devices whose header says something new
  std::vector<model::DeviceId> quarantined;     // from now on let in no more
  store::JournalPosition taken_to = 0;          // of the inbox
  bool more = false;                            // there is more in the inbox
};

store::StreamMessage stream_message(const contract::EnvelopeHeader& header);

// Takes one kind of message. Everything that can be wrong with the body is found before the first
// write, which is is_new(): so a refused message leaves no trace.
using Loader =
    std::function<Result<void>(store::Transaction& transaction, const MessageContext& context,
                               ByteView body, InboxEffects& effects)>;
// Takes what nobody signed, from a fallback status point.
using AnonymousLoader = std::function<Result<void>(store::Transaction& transaction,
                                                   const hosting::InboxRecord& record)>;
struct Loaders {
  std::map<contract::MessageType, Loader> by_type;
  AnonymousLoader anonymous;
};

// Moves the sender's stream; false when the message was taken before.
Result<bool> is_new(store::Transaction& transaction, const MessageContext& context);

}  // namespace muster::site_server
