#include "store/site/enrolment.h"

#include "base/sha256.h"

namespace muster::store {
namespace {

Result<EnrolmentToken> decode_token(Rows& rows) {
  std::optional<model::DeviceId> used_by;
  if (const auto id = TRY(rows.maybe_blob(5))) used_by = TRY(model::DeviceId::from_bytes(*id));
  return EnrolmentToken{TRY(rows.blob(0)), TRY(rows.time(1)),       TRY(rows.text(2)),
                        TRY(rows.time(3)), TRY(rows.maybe_time(4)), std::move(used_by)};
}

Result<PendingEnrolment> decode_pending(Rows& rows) {
  return PendingEnrolment{TRY(model::DeviceId::from_bytes(TRY(rows.blob_view(0)))),
                          TRY(rows.text(1)),
                          TRY(rows.blob(2)),
                          TRY(rows.blob(3)),
                          TRY(rows.text(4)),
                          TRY(rows.time(5))};
}

}  // namespace

Result<void> add_enrolment_token(Transaction& transaction, const EnrolmentToken& token) {
  std::optional<BlobView> used_by;
  if (token.used_by) used_by = blob(token.used_by->bytes());
  TRY(transaction.run(
      "INSERT INTO enrolment_token (secret_sha256, created, created_by, expires, used_at, used_by) "
      "VALUES ($1, $2, $3, $4, $5, $6)",
      {blob(token.secret_sha256), token.created, token.created_by, token.expires, token.used_at,
       used_by}));
  return {};
}

Result<void> use_enrolment_token(Transaction& transaction, ByteView secret,
                                 const model::DeviceId& device, Timestamp now) {
  // One statement, so that two devices cannot both find it unused.
  const std::int64_t changed = TRY(transaction.run(
      "UPDATE enrolment_token SET used_at = COALESCE(used_at, $1), used_by = $2 "
      "WHERE secret_sha256 = $3 AND expires > $1 AND (used_by IS NULL OR used_by = $2)",
      {now, blob(device.bytes()), blob(sha256(secret))}));
  if (changed == 0) return fail(kTokenRefused, "enrolment of device {}", device.text());
  return {};
}

Result<std::vector<EnrolmentToken>> list_enrolment_tokens(Reader& reader) {
  return reader.all(
      "SELECT secret_sha256, created, created_by, expires, used_at, used_by FROM enrolment_token "
      "ORDER BY created, secret_sha256",
      {}, decode_token);
}

Result<bool> remove_enrolment_token(Transaction& transaction, ByteView secret_sha256) {
  return TRY(transaction.run("DELETE FROM enrolment_token WHERE secret_sha256 = $1",
                             {blob(secret_sha256)})) > 0;
}

Result<std::int64_t> remove_expired_tokens(Transaction& transaction, Timestamp moment) {
  return transaction.run("DELETE FROM enrolment_token WHERE expires < $1", {moment});
}

Result<void> add_pending_enrolment(Transaction& transaction, const PendingEnrolment& pending,
                                   std::int64_t limit) {
  if (const auto known = TRY(find_pending_enrolment(transaction, pending.device))) {
    if (known->key_sha256 != pending.key_sha256)
      return fail(kConflict, "device {} waits already with another key", pending.device.text());
  } else {
    const auto count = TRY(transaction.first("SELECT COUNT(*) FROM pending_enrolment", {},
                                             [](Rows& rows) { return rows.integer(0); }));
    if (count.value_or(0) >= limit)
      return fail(kConflict, "{} enrolments wait already; device {} has to ask again later", limit,
                  pending.device.text());
  }
  TRY(transaction.run(
      "INSERT INTO pending_enrolment (device_id, name, request, key_sha256, address, at) "
      "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (device_id) DO UPDATE SET "
      "name = excluded.name, request = excluded.request, address = excluded.address, "
      "at = excluded.at",
      {blob(pending.device.bytes()), pending.name, blob(pending.request), blob(pending.key_sha256),
       pending.address, pending.at}));
  return {};
}

Result<std::optional<PendingEnrolment>> find_pending_enrolment(Reader& reader,
                                                               const model::DeviceId& device) {
  return reader.first(
      "SELECT device_id, name, request, key_sha256, address, at FROM pending_enrolment "
      "WHERE device_id = $1",
      {blob(device.bytes())}, decode_pending);
}

Result<std::vector<PendingEnrolment>> list_pending_enrolments(Reader& reader, std::int64_t limit) {
  return reader.all(
      "SELECT device_id, name, request, key_sha256, address, at FROM pending_enrolment "
      "ORDER BY at, device_id LIMIT $1",
      {limit}, decode_pending);
}

Result<bool> remove_pending_enrolment(Transaction& transaction, const model::DeviceId& device) {
  return TRY(transaction.run("DELETE FROM pending_enrolment WHERE device_id = $1",
                             {blob(device.bytes())})) > 0;
}

Result<std::int64_t> remove_pending_enrolments(Transaction& transaction, Timestamp before) {
  return transaction.run("DELETE FROM pending_enrolment WHERE at < $1", {before});
}

}  // namespace muster::store
