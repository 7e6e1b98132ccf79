#include "store/site/audit.h"

#include <limits>

#include "base/byte_writer.h"
#include "base/sha256.h"

namespace muster::store {
namespace {

constexpr std::string_view kColumns =
    "sequence, at, actor, action, kind, name, before, after, correlation, previous_hash, hash";

Result<AuditEntry> decode_entry(Rows& rows) {
  return AuditEntry{TRY(rows.integer(0)),    TRY(rows.time(1)),       TRY(rows.text(2)),
                    TRY(rows.text(3)),       TRY(rows.text(4)),       TRY(rows.text(5)),
                    TRY(rows.maybe_text(6)), TRY(rows.maybe_text(7)), TRY(rows.text(8)),
                    TRY(rows.blob(9)),       TRY(rows.blob(10))};
}

void write_optional(ByteWriter& out, const std::optional<std::string>& text) {
  out.u8(text ? 1 : 0);
  if (text) out.sized(*text);
}

std::optional<std::string> own(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  return std::string(*text);
}

}  // namespace

AuditHead empty_audit() { return {0, Bytes(32, '\0')}; }

Bytes audit_hash(const AuditEntry& entry) {
  ByteWriter out;
  out.bytes("muster audit 1\n");
  out.u64(static_cast<std::uint64_t>(entry.sequence));
  out.u64(static_cast<std::uint64_t>(entry.at.ms));
  for (const std::string* text :
       {&entry.actor, &entry.action, &entry.kind, &entry.name, &entry.correlation})
    out.sized(*text);
  write_optional(out, entry.before);
  write_optional(out, entry.after);
  out.sized(entry.previous_hash);
  return sha256(out.view());
}

Result<AuditHead> append_audit(Transaction& transaction, const NewAuditEntry& entry,
                               Timestamp now) {
  AuditHead head = TRY(audit_head(transaction));
  AuditEntry row{head.sequence + 1,
                 now,
                 std::string(entry.actor),
                 std::string(entry.action),
                 std::string(entry.kind),
                 std::string(entry.name),
                 own(entry.before),
                 own(entry.after),
                 std::string(entry.correlation),
                 std::move(head.hash),
                 {}};
  row.hash = audit_hash(row);
  TRY(transaction.run(
      "INSERT INTO audit (sequence, at, actor, action, kind, name, before, after, correlation, "
      "previous_hash, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
      {row.sequence, row.at, row.actor, row.action, row.kind, row.name, row.before, row.after,
       row.correlation, blob(row.previous_hash), blob(row.hash)}));
  return AuditHead{row.sequence, std::move(row.hash)};
}

Result<AuditHead> audit_head(Reader& reader) {
  auto head = TRY(reader.first("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1",
                               {}, [](Rows& rows) -> Result<AuditHead> {
                                 return AuditHead{TRY(rows.integer(0)), TRY(rows.blob(1))};
                               }));
  return head ? *std::move(head) : empty_audit();
}

Result<std::vector<AuditEntry>> list_audit(Reader& reader, std::int64_t before,
                                           std::int64_t limit) {
  static const std::string kSql = fmt::format(
      "SELECT {} FROM audit WHERE sequence < $1 ORDER BY sequence DESC LIMIT $2", kColumns);
  if (before <= 0) before = std::numeric_limits<std::int64_t>::max();
  return reader.all(kSql, {before, limit}, decode_entry);
}

Result<AuditHead> verify_audit(Reader& reader, const AuditHead& from) {
  static const std::string kSql =
      fmt::format("SELECT {} FROM audit WHERE sequence >= $1 ORDER BY sequence", kColumns);
  AuditHead head = from;
  bool anchored = from.sequence == 0;
  Rows rows = TRY(reader.query(kSql, {from.sequence}));
  while (TRY(rows.next())) {
    AuditEntry entry = TRY(decode_entry(rows));
    if (entry.hash != audit_hash(entry))
      return fail(kAuditBroken, "entry {} was altered", entry.sequence);
    // The checkpoint's own entry must still be the one that was checkpointed.
    if (!anchored && entry.sequence == from.sequence) {
      if (entry.hash != from.hash)
        return fail(kAuditBroken, "entry {} is not the one of the checkpoint", entry.sequence);
      anchored = true;
      continue;
    }
    if (!anchored) return fail(kAuditBroken, "entry {} of the checkpoint is gone", from.sequence);
    if (entry.sequence != head.sequence + 1)
      return fail(kAuditBroken, "entry {} is missing", head.sequence + 1);
    if (entry.previous_hash != head.hash)
      return fail(kAuditBroken, "entry {} does not follow entry {}", entry.sequence, head.sequence);
    head = {entry.sequence, std::move(entry.hash)};
  }
  if (!anchored) return fail(kAuditBroken, "entry {} of the checkpoint is gone", from.sequence);
  return head;
}

}  // namespace muster::store
