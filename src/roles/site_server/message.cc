#include "roles/site_server/message.h"

#include "store/errors.h"
#include "store/site/positions.h"

namespace muster::site_server {

store::StreamMessage stream_message(const contract::EnvelopeHeader& header) {
  return {.sender = header.sender.bytes(),
          .stream = header.stream,
          .sequence = static_cast<std::int64_t>(header.sequence),
          .body_sha256 = header.body_sha256,
          .sent = header.sent};
}

Result<bool> is_new(store::Transaction& transaction, const MessageContext& context) {
  const auto step =
      TRY(store::advance_stream(transaction, stream_message(context.header), context.received));
  return step == store::StreamStep::New || context.replayed;
}

}  // namespace muster::site_server
