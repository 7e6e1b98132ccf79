// Who changed what: a chain of entries, each holding the hash of the one before, so that a past
// entry cannot be changed or left out without its showing.
#pragma once

#include "store/database.h"

namespace muster::store {

struct NewAuditEntry {
  std::string_view actor;
  std::string_view action;
  std::string_view kind;
  std::string_view name;
  std::optional<std::string_view> before;  // JSON text
  std::optional<std::string_view> after;   // JSON text
  std::string_view correlation;
};

struct AuditEntry {
  std::int64_t sequence;  // 1, 2, 3... without gaps
  Timestamp at;
  std::string actor;
  std::string action;
  std::string kind;
  std::string name;
  std::optional<std::string> before;
  std::optional<std::string> after;
  std::string correlation;
  Bytes previous_hash;  // 32 zero bytes in the first entry
  Bytes hash;
};

// The end of the chain, for checkpoints that others keep. Sequence 0 and 32 zero bytes when
// there is no entry.
struct AuditHead {
  std::int64_t sequence;
  Bytes hash;
  friend bool operator==(const AuditHead&, const AuditHead&) = default;
};

// SHA-256 over the canonical form of docs/formats/site-database.md.
Bytes audit_hash(const AuditEntry& entry);

Result<AuditHead> append_audit(Transaction& transaction, const NewAuditEntry& entry, Timestamp now);
Result<AuditHead> audit_head(Reader& reader);
// Newest first, those with a sequence below `before` (0: from the newest on).
Result<std::vector<AuditEntry>> list_audit(Reader& reader, std::int64_t before, std::int64_t limit);
// Checks the chain from behind `from` (a checkpoint known to be true, or AuditHead of the empty
// chain) to its end and returns the end. Error: kAuditBroken, naming the first wrong entry.
Result<AuditHead> verify_audit(Reader& reader, const AuditHead& from);
AuditHead empty_audit();

}  // namespace muster::store
