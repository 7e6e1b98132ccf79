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

// One sender cannot push out what others sent, nor fill the disk.
struct QuarantineLimits {
  std::int64_t in_all = 10'000;
  std::int64_t per_sender = 100;
  std::int64_t bytes_in_all = std::int64_t{1} << 30;
  std::int64_t bytes_per_sender = std::int64_t{32} << 20;
};
// Returns its number. The sender's oldest messages, then the oldest of all, make room; the newest
// is kept whatever its size.
Result<std::int64_t> quarantine_message(Transaction& transaction, const QuarantinedMessage& message,
                                        const QuarantineLimits& limits);
Result<std::int64_t> count_quarantined(Reader& reader);
Result<std::optional<QuarantinedMessage>> find_quarantined(Reader& reader, std::int64_t number);
// By number, those after `after`; without their message.
Result<std::vector<QuarantinedMessage>> list_quarantined(Reader& reader, std::int64_t after,
                                                         std::int64_t limit);
// Errors: kNotFound, kConflict when it was replayed before.
Result<void> mark_replayed(Transaction& transaction, std::int64_t number, Timestamp now);
Result<bool> remove_quarantined(Transaction& transaction, std::int64_t number);

}  // namespace muster::store
