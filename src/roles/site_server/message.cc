#include "roles/site_server/message.h"

#include "store/site/positions.h"

namespace muster::site_server {

Result<bool> is_new(store::Transaction& transaction, const MessageContext& context) {
  const auto step =
      TRY(store::advance_stream(transaction, context.header.sender.bytes(), context.header.stream,
                                static_cast<std::int64_t>(context.header.sequence),
                                context.header.body_sha256, context.received));
  return step == store::StreamStep::New || context.replayed;
}

}  // namespace muster::site_server
