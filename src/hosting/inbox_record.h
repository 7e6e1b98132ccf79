// One record of the inbox journal: a client's message as it came, with the certificate that
// verifies it, so that it can be verified for as long as it is kept. docs/formats/inbox.md.
#pragma once

#include "base/bytes.h"
#include "base/time.h"

namespace muster::hosting {

struct InboxRecord {
  Timestamp received;
  Bytes certificate_der;
  Bytes envelope;
  // Set: no client signed this. The envelope is a fallback message that came from this address, and
  // there is no certificate.
  std::string anonymous_from{};
};

Bytes encode_inbox_record(const InboxRecord& record);
Result<InboxRecord> decode_inbox_record(ByteView bytes);

}  // namespace muster::hosting
