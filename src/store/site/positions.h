// How far messages have been taken: written in the transaction of their effect, so that a replay
// after a crash does nothing twice.
#pragma once

#include "store/database.h"

namespace muster::store {

enum class StreamStep {
  New,   // to be processed; the position has moved
  Seen,  // at or behind the position: processed before
};

// Moves the position of a sender's stream to `sequence` when that is ahead of it. A stream is
// random per state directory of the sender, so a new one starts anew.
struct StreamMessage {
  ByteView sender;
  ByteView stream;
  std::int64_t sequence = 0;
  ByteView body_sha256;
  Timestamp sent;  // by the sender's clock
};
// Error: kTooManyStreams.
Result<StreamStep> advance_stream(Transaction& transaction, const StreamMessage& message,
                                  Timestamp now);
// A sender leaves a stream for good when it starts another one. One that speaks in the earlier
// stream after that is a second machine with the same disk.
Result<bool> speaks_twice(Reader& reader, const StreamMessage& message);
struct StreamPosition {
  std::int64_t sequence = 0;
  Bytes body_sha256;  // of the message at it
};
// Nothing for a stream never seen.
Result<std::optional<StreamPosition>> stream_position(Reader& reader, ByteView sender,
                                                      ByteView stream);
// Forgets streams not used since `moment`; returns how many.
Result<std::int64_t> remove_streams(Transaction& transaction, Timestamp moment);

// The position behind the last record of a journal whose effect is in the database.
Result<std::uint64_t> inbox_position(Reader& reader, std::string_view journal);
// Error: kConflict when it would go back.
Result<void> set_inbox_position(Transaction& transaction, std::string_view journal,
                                std::uint64_t position);

}  // namespace muster::store
