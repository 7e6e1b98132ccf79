#include "store/site/quarantine.h"

#include "store/site/settings.h"

namespace muster::store {
namespace {

Result<QuarantinedMessage> decode_message(Rows& rows) {
  return QuarantinedMessage{TRY(rows.integer(0)), TRY(rows.time(1)),      TRY(rows.text(2)),
                            TRY(rows.text(3)),    TRY(rows.integer(4)),   TRY(rows.text(5)),
                            TRY(rows.blob(6)),    TRY(rows.maybe_time(7))};
}

}  // namespace

Result<std::int64_t> quarantine_message(Transaction& transaction, const QuarantinedMessage& message,
                                        std::int64_t limit) {
  const std::int64_t number = TRY(take_counter(transaction, Counter::Quarantine));
  TRY(transaction.run(
      "INSERT INTO quarantine (number, at, sender, type, reason, reason_text, message) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7)",
      {number, message.at, message.sender, message.type, message.reason, message.reason_text,
       blob(message.message)}));
  TRY(
      transaction.run("DELETE FROM quarantine WHERE number <= "
                      "(SELECT number FROM quarantine ORDER BY number DESC LIMIT 1 OFFSET $1)",
                      {limit}));
  return number;
}

Result<std::optional<QuarantinedMessage>> find_quarantined(Reader& reader, std::int64_t number) {
  return reader.first(
      "SELECT number, at, sender, type, reason, reason_text, message, replayed_at "
      "FROM quarantine WHERE number = $1",
      {number}, decode_message);
}

Result<std::vector<QuarantinedMessage>> list_quarantined(Reader& reader, std::int64_t after,
                                                         std::int64_t limit) {
  return reader.all(
      "SELECT number, at, sender, type, reason, reason_text, message, replayed_at "
      "FROM quarantine WHERE number > $1 ORDER BY number LIMIT $2",
      {after, limit}, decode_message);
}

Result<void> mark_replayed(Transaction& transaction, std::int64_t number, Timestamp now) {
  const std::int64_t changed = TRY(transaction.run(
      "UPDATE quarantine SET replayed_at = $1 WHERE number = $2 AND replayed_at IS NULL",
      {now, number}));
  if (changed > 0) return {};
  if (TRY(find_quarantined(transaction, number)))
    return fail(kConflict, "quarantined message {} was replayed before", number);
  return fail(kNotFound, "quarantined message {}", number);
}

Result<bool> remove_quarantined(Transaction& transaction, std::int64_t number) {
  return TRY(transaction.run("DELETE FROM quarantine WHERE number = $1", {number})) > 0;
}

}  // namespace muster::store
