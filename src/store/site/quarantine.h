// Messages that could not be processed, kept for an operator to look at and to replay.
#pragma once

#include "store/database.h"

namespace muster::store {

struct QuarantinedMessage {
  std::int64_t number = 0;  // given by quarantine_message
  Timestamp at;
  std::string sender;
  std::string type;
  std::int64_t reason;  // number of the ErrorKind
  std::string reason_text;
  Bytes message;
  std::optional<Timestamp> replayed_at;
};

// Returns its number. When there are `limit` messages already, the oldest makes room.
Result<std::int64_t> quarantine_message(Transaction& transaction, const QuarantinedMessage& message,
                                        std::int64_t limit);
Result<std::optional<QuarantinedMessage>> find_quarantined(Reader& reader, std::int64_t number);
// By number, those after `after`.
Result<std::vector<QuarantinedMessage>> list_quarantined(Reader& reader, std::int64_t after,
                                                         std::int64_t limit);
// Errors: kNotFound, kConflict when it was replayed before.
Result<void> mark_replayed(Transaction& transaction, std::int64_t number, Timestamp now);
Result<bool> remove_quarantined(Transaction& transaction, std::int64_t number);

}  // namespace muster::store
