#include "store/site/enrolment.h"

#include "base/sha256.h"

namespace muster::store {
namespace {

Result<EnrolmentToken> decode_token(Rows& rows) {
  EnrolmentToken token;
  token.secret_sha256 = TRY(rows.blob(0));
  token.created = TRY(rows.time(1));
  token.created_by = TRY(rows.text(2));
  token.expires = TRY(rows.time(3));
  token.used_at = TRY(rows.maybe_time(4));
  if (const auto id = TRY(rows.maybe_blob(5)))
    token.used_by = TRY(model::DeviceId::from_bytes(*id));
  token.used_key = TRY(rows.maybe_blob(6));
  return token;
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
  std::optional<BlobView> used_by, used_key;
  if (token.used_by) used_by = blob(token.used_by->bytes());
  if (token.used_key) used_key = blob(*token.used_key);
  TRY(transaction.run(
      "INSERT INTO enrolment_token (secret_sha256, created, created_by, expires, used_at, used_by, "
      "used_key) VALUES ($1, $2, $3, $4, $5, $6, $7)",
      {blob(token.secret_sha256), token.created, token.created_by, token.expires, token.used_at,
       used_by, used_key}));
  return {};
}

Result<TokenUse> use_enrolment_token(Transaction& transaction, ByteView secret,
                                     const model::DeviceId& device, ByteView key_sha256,
                                     Timestamp now) {
  // One statement each, so that two devices cannot both find it unused.
  const std::int64_t first =
      TRY(transaction.run("UPDATE enrolment_token SET used_at = $1, used_by = $2, used_key = $3 "
                          "WHERE secret_sha256 = $4 AND expires > $1 AND used_by IS NULL",
                          {now, blob(device.bytes()), blob(key_sha256), blob(sha256(secret))}));
  if (first > 0) return TokenUse::First;
  const auto again = TRY(transaction.first(
      "SELECT 1 FROM enrolment_token WHERE secret_sha256 = $1 AND expires > $2 AND used_by = $3 "
      "AND used_key = $4",
      {blob(sha256(secret)), now, blob(device.bytes()), blob(key_sha256)},
      [](Rows& rows) { return rows.integer(0); }));
  if (!again) return fail(kTokenRefused, "enrolment of device {}", device.text());
  return TokenUse::Repeated;
}

Result<std::vector<EnrolmentToken>> list_enrolment_tokens(Reader& reader) {
  return reader.all(
      "SELECT secret_sha256, created, created_by, expires, used_at, used_by, used_key "
      "FROM enrolment_token ORDER BY created, secret_sha256",
      {}, decode_token);
}

Result<bool> remove_enrolment_token(Transaction& transaction, ByteView secret_sha256) {
  return TRY(transaction.run("DELETE FROM enrolment_token WHERE secret_sha256 = $1",
                             {blob(secret_sha256)})) > 0;
}

Result<std::int64_t> remove_expired_tokens(Transaction& transaction, Timestamp moment) {
  return transaction.run("DELETE FROM enrolment_token WHERE expires < $1", {moment});
}

namespace {

Result<std::int64_t> count_pending_of(Reader& reader, const std::string& address) {
  return TRY(reader.first("SELECT COUNT(*) FROM pending_enrolment WHERE address = $1", {address},
                          [](Rows& rows) { return rows.integer(0); }))
      .value_or(0);
}

}  // namespace

Result<void> add_pending_enrolment(Transaction& transaction, const PendingEnrolment& pending,
                                   PendingLimits limits) {
  if (const auto known = TRY(find_pending_enrolment(transaction, pending.device))) {
    if (known->key_sha256 != pending.key_sha256)
      return fail(kConflict, "device {} waits already with another key", pending.device.text());
  } else {
    if (TRY(count_pending_enrolments(transaction)) >= limits.all)
      return fail(kConflict, "{} enrolments wait already; device {} has to ask again later",
                  limits.all, pending.device.text());
    if (TRY(count_pending_of(transaction, pending.address)) >= limits.of_address)
      return fail(kConflict, "{} enrolments of {} wait already; device {} has to ask again later",
                  limits.of_address, pending.address, pending.device.text());
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

Result<std::int64_t> count_pending_enrolments(Reader& reader) {
  return TRY(reader.first("SELECT COUNT(*) FROM pending_enrolment", {},
                          [](Rows& rows) { return rows.integer(0); }))
      .value_or(0);
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
