#include "store/site/positions.h"

#include "base/bytes.h"

namespace muster::store {

namespace {

// A device opens one with each state folder that it starts with.
constexpr std::int64_t kMostStreams = 1000;

Result<void> check_room_for_stream(Transaction& transaction, const StreamMessage& message) {
  if (TRY(stream_position(transaction, message.sender, message.stream))) return {};
  const auto streams = TRY(transaction.first(
      "SELECT COUNT(*) FROM (SELECT 1 FROM stream_position WHERE sender = $1 LIMIT $2) AS known",
      {blob(message.sender), kMostStreams}, [](Rows& rows) { return rows.integer(0); }));
  if (streams >= kMostStreams)
    return fail(kTooManyStreams, "device {} opened {} streams within the time they are kept",
                to_hex(message.sender), kMostStreams);
  return {};
}

}  // namespace

Result<StreamStep> advance_stream(Transaction& transaction, const StreamMessage& message,
                                  Timestamp now) {
  TRY(check_room_for_stream(transaction, message));
  const std::int64_t changed = TRY(transaction.run(
      "INSERT INTO stream_position (sender, stream, sequence, body, opened, at) "
      "VALUES ($1, $2, $3, $4, $5, $6) "
      "ON CONFLICT (sender, stream) DO UPDATE SET sequence = excluded.sequence, "
      "body = excluded.body, at = excluded.at WHERE stream_position.sequence < excluded.sequence",
      {blob(message.sender), blob(message.stream), message.sequence, blob(message.body_sha256),
       message.sent, now}));
  return changed > 0 ? StreamStep::New : StreamStep::Seen;
}

Result<bool> speaks_twice(Reader& reader, const StreamMessage& message) {
  const auto later =
      TRY(reader.first("SELECT 1 FROM stream_position AS own JOIN stream_position AS other "
                       "ON other.sender = own.sender AND other.opened > own.opened "
                       "WHERE own.sender = $1 AND own.stream = $2 AND other.opened < $3 LIMIT 1",
                       {blob(message.sender), blob(message.stream), message.sent},
                       [](Rows& rows) { return rows.integer(0); }));
  return later.has_value();
}

Result<std::optional<StreamPosition>> stream_position(Reader& reader, ByteView sender,
                                                      ByteView stream) {
  return reader.first(
      "SELECT sequence, body FROM stream_position WHERE sender = $1 AND stream = $2",
      {blob(sender), blob(stream)}, [](Rows& rows) -> Result<StreamPosition> {
        StreamPosition position;
        position.sequence = TRY(rows.integer(0));
        position.body_sha256 = TRY(rows.blob(1));
        return position;
      });
}

Result<std::int64_t> remove_streams(Transaction& transaction, Timestamp moment) {
  return transaction.run("DELETE FROM stream_position WHERE at < $1", {moment});
}

Result<std::uint64_t> inbox_position(Reader& reader, std::string_view journal) {
  const auto position = TRY(reader.first("SELECT position FROM inbox_position WHERE journal = $1",
                                         {journal}, [](Rows& rows) { return rows.integer(0); }));
  return static_cast<std::uint64_t>(position.value_or(0));
}

Result<void> set_inbox_position(Transaction& transaction, std::string_view journal,
                                std::uint64_t position) {
  const std::int64_t changed =
      TRY(transaction.run("INSERT INTO inbox_position (journal, position) VALUES ($1, $2) "
                          "ON CONFLICT (journal) DO UPDATE SET position = excluded.position "
                          "WHERE inbox_position.position <= excluded.position",
                          {journal, position}));
  if (changed == 0)
    return fail(kConflict, "the position of journal {} would go back to {}", journal, position);
  return {};
}

}  // namespace muster::store
