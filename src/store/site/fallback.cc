#include "store/site/fallback.h"

#include <limits>

namespace muster::store {
namespace {

constexpr std::string_view kColumns =
    "number, received, address, id, client, name, topic, state, cause, at";

Result<FallbackMessage> decode_message(Rows& rows) {
  FallbackMessage message;
  message.number = TRY(rows.integer(0));
  message.received = TRY(rows.time(1));
  message.address = TRY(rows.text(2));
  message.id = TRY(rows.blob(3));
  message.client = TRY(rows.text(4));
  message.name = TRY(rows.text(5));
  message.topic = TRY(rows.integer(6));
  message.state = TRY(rows.integer(7));
  message.cause = TRY(rows.integer(8));
  message.at = TRY(rows.time(9));
  return message;
}

}  // namespace

Result<bool> add_fallback_message(Transaction& transaction, const FallbackMessage& message,
                                  std::int64_t keep) {
  const auto newest =
      TRY(transaction.first("SELECT COALESCE(MAX(number), 0) FROM fallback_message", {},
                            [](Rows& rows) -> Result<std::int64_t> { return rows.integer(0); }));
  const std::int64_t number = newest.value_or(0) + 1;
  const auto added = TRY(transaction.run(
      fmt::format("INSERT INTO fallback_message ({}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
                  "$10) ON CONFLICT (id) DO NOTHING",
                  kColumns),
      {number, message.received, message.address, blob(message.id), message.client, message.name,
       message.topic, message.state, message.cause, message.at}));
  if (added == 0) return false;
  TRY(transaction.run("DELETE FROM fallback_message WHERE number <= $1", {number - keep}));
  return true;
}

Result<std::vector<FallbackMessage>> list_fallback_messages(Reader& reader, std::int64_t before,
                                                            std::int64_t limit) {
  return reader.all(
      fmt::format("SELECT {} FROM fallback_message WHERE number < $1 ORDER BY number DESC LIMIT $2",
                  kColumns),
      {before == 0 ? std::numeric_limits<std::int64_t>::max() : before, limit}, decode_message);
}

Result<std::int64_t> remove_fallback_messages(Transaction& transaction, Timestamp moment) {
  return transaction.run("DELETE FROM fallback_message WHERE received < $1", {moment});
}

}  // namespace muster::store
