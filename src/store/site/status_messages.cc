#include <limits>

#include "store/site/settings.h"
#include "store/site/status.h"

namespace muster::store {
namespace {

constexpr std::string_view kColumns =
    "number, device, stream, sequence, status_id, topic, state, deployment, at, received, detail, "
    "report";

Result<StatusMessage> decode_message(Rows& rows) {
  std::optional<model::ObjectId> deployment;
  if (const auto text = TRY(rows.maybe_text(7))) deployment = TRY(model::ObjectId::parse(*text));
  StatusMessage message;
  message.number = TRY(rows.integer(0));
  message.device = static_cast<DeviceNumber>(TRY(rows.integer(1)));
  message.stream = TRY(rows.blob(2));
  message.sequence = TRY(rows.integer(3));
  message.status_id = TRY(rows.integer(4));
  message.topic = TRY(rows.text(5));
  message.state = TRY(rows.maybe_integer(6));
  message.deployment = std::move(deployment);
  message.at = TRY(rows.time(8));
  message.received = TRY(rows.time(9));
  message.detail = TRY(rows.text(10));
  message.report = TRY(rows.maybe_blob(11));
  return message;
}

}  // namespace

Result<std::optional<std::int64_t>> add_status_message(Transaction& transaction,
                                                       const StatusMessage& message) {
  const std::int64_t number = TRY(take_counter(transaction, Counter::Status));
  std::optional<std::string_view> deployment;
  if (message.deployment) deployment = message.deployment->text();
  std::optional<BlobView> report;
  if (message.report) report = blob(*message.report);
  const std::int64_t changed = TRY(transaction.run(
      "INSERT INTO status_message (number, device, stream, sequence, status_id, topic, state, "
      "deployment, at, received, detail, report) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING",
      {number, message.device, blob(message.stream), message.sequence, message.status_id,
       message.topic, message.state, deployment, message.at, message.received, message.detail,
       report}));
  if (changed == 0) return std::nullopt;
  return number;
}

Result<std::vector<StatusMessage>> list_status_messages(Reader& reader, const StatusFilter& filter,
                                                        std::int64_t before, std::int64_t limit) {
  // Only the conditions that are set stand in the text, so that an index can serve them.
  std::string sql = fmt::format("SELECT {} FROM status_message WHERE number < $1", kColumns);
  std::vector<Param> params = {before > 0 ? before : std::numeric_limits<std::int64_t>::max()};
  const auto condition = [&](std::string_view column, const Param& value) {
    params.push_back(value);
    sql += fmt::format(" AND {} = ${}", column, params.size());
  };
  if (filter.device) condition("device", *filter.device);
  if (filter.deployment) condition("deployment", filter.deployment->text());
  if (filter.status_id) condition("status_id", *filter.status_id);
  params.push_back(limit);
  sql += fmt::format(" ORDER BY number DESC LIMIT ${}", params.size());

  Rows rows = TRY(reader.query(sql, Params(params)));
  std::vector<StatusMessage> out;
  while (TRY(rows.next())) out.push_back(TRY(decode_message(rows)));
  return out;
}

Result<std::vector<StatusMessage>> status_messages_after(Reader& reader, std::int64_t number,
                                                         std::int64_t limit) {
  static const std::string kSql = fmt::format(
      "SELECT {} FROM status_message WHERE number > $1 ORDER BY number LIMIT $2", kColumns);
  return reader.all(kSql, {number, limit}, decode_message);
}

Result<std::int64_t> remove_status_messages(Transaction& transaction, Timestamp moment) {
  return transaction.run("DELETE FROM status_message WHERE received < $1", {moment});
}

}  // namespace muster::store
