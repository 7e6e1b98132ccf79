// The bytes of a journal's segment: docs/formats/journal.md. Pure functions.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "store/errors.h"

namespace muster::store {

// A place in the journal: bytes since its beginning, trimmed ones included. Never goes back.
using JournalPosition = std::uint64_t;

inline constexpr std::size_t kSegmentHeaderSize = 32;
inline constexpr std::size_t kRecordHeaderSize = 20;

struct SegmentHeader {
  JournalPosition base;  // of the first record
  // Random, mixed into each record, so that no sender can put into its message what looks like
  // a record of ours.
  std::uint64_t salt;
};

Bytes encode_segment_header(const SegmentHeader& header);
// Takes the first kSegmentHeaderSize bytes. Error: kJournalCorrupt.
Result<SegmentHeader> decode_segment_header(ByteView bytes);

// Appends one record. All records that are written together belong to one group, which starts at
// `group`: what lies before it was durable when the record was written.
void append_record(Bytes& out, std::uint64_t salt, JournalPosition group, JournalPosition position,
                   ByteView payload);

struct ParsedRecord {
  JournalPosition group;
  JournalPosition next;
  ByteView payload;
};

// The size that the record at the beginning of `bytes` claims to have, its header included;
// nothing when there is no whole header or it is not one of `position`.
std::optional<std::uint64_t> claimed_size(ByteView bytes, std::uint64_t salt,
                                          JournalPosition position);
// Nothing unless `bytes` start with the whole and undamaged record of `position`.
std::optional<ParsedRecord> parse_record(ByteView bytes, std::uint64_t salt,
                                         JournalPosition position);

// How many of the bytes behind a segment's header are whole records. What follows them was being
// written when the machine stopped. Error: kJournalCorrupt, when a later record shows that the
// damaged one had been acknowledged; names the offset in the file.
Result<std::uint64_t> scan_records(ByteView records, const SegmentHeader& header);

}  // namespace muster::store
