#include "store/site/quarantine.h"

#include "store/site/settings.h"

namespace muster::store {
namespace {

constexpr std::string_view kColumns = "number, at, sender, type, reason, reason_text, replayed_at";

Result<QuarantinedMessage> decode_message(Rows& rows) {
  QuarantinedMessage message;
  message.number = TRY(rows.integer(0));
  message.at = TRY(rows.time(1));
  message.sender = TRY(rows.text(2));
  message.type = TRY(rows.text(3));
  message.reason = TRY(rows.integer(4));
  message.reason_text = TRY(rows.text(5));
  message.replayed_at = TRY(rows.maybe_time(6));
  return message;
}

Result<QuarantinedMessage> decode_whole_message(Rows& rows) {
  QuarantinedMessage message = TRY(decode_message(rows));
  message.message = TRY(rows.blob(7));
  return message;
}

// Removes the oldest messages, of one sender or of all, beyond `keep` or `keep_bytes`.
Result<void> make_room(Transaction& transaction, std::optional<std::string_view> sender,
                       std::int64_t keep, std::int64_t keep_bytes) {
  const std::string_view of_sender =
      sender ? "WHERE sender = $3" : "WHERE CAST($3 AS TEXT) IS NULL";
  TRY(transaction.run(
      fmt::format("DELETE FROM quarantine WHERE number IN (SELECT number FROM (SELECT number, "
                  "row_number() OVER (ORDER BY number DESC) AS place, "
                  "sum(length(message)) OVER (ORDER BY number DESC) AS bytes FROM quarantine {}) "
                  "AS kept WHERE place > $1 OR (place > 1 AND bytes > $2))",
                  of_sender),
      {keep, keep_bytes, sender}));
  return {};
}

}  // namespace

Result<std::int64_t> quarantine_message(Transaction& transaction, const QuarantinedMessage& message,
                                        const QuarantineLimits& limits) {
  const std::int64_t number = TRY(take_counter(transaction, Counter::Quarantine));
  TRY(transaction.run(
      "INSERT INTO quarantine (number, at, sender, type, reason, reason_text, message) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7)",
      {number, message.at, message.sender, message.type, message.reason, message.reason_text,
       blob(message.message)}));
  TRY(make_room(transaction, message.sender, limits.per_sender, limits.bytes_per_sender));
  TRY(make_room(transaction, std::nullopt, limits.in_all, limits.bytes_in_all));
  return number;
}

Result<std::int64_t> count_quarantined(Reader& reader) {
  return TRY(reader.first("SELECT COUNT(*) FROM quarantine", {},
                          [](Rows& rows) { return rows.integer(0); }))
      .value_or(0);
}

Result<std::optional<QuarantinedMessage>> find_quarantined(Reader& reader, std::int64_t number) {
  return reader.first(fmt::format("SELECT {}, message FROM quarantine WHERE number = $1", kColumns),
                      {number}, decode_whole_message);
}

Result<std::vector<QuarantinedMessage>> list_quarantined(Reader& reader, std::int64_t after,
                                                         std::int64_t limit) {
  return reader.all(
      fmt::format("SELECT {} FROM quarantine WHERE number > $1 ORDER BY number LIMIT $2", kColumns),
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
