#include "store/site/certificates.h"

#include "store/site/settings.h"

namespace muster::store {
namespace {

Result<Certificate> decode_certificate(Rows& rows) {
  return Certificate{TRY(rows.blob(0)), TRY(model::DeviceId::from_bytes(TRY(rows.blob_view(1)))),
                     TRY(rows.blob(2)), TRY(rows.time(3)), TRY(rows.time(4))};
}

Result<Revocation> decode_revocation(Rows& rows) {
  Revocation revocation;
  revocation.number = TRY(rows.integer(0));
  revocation.certificate = TRY(rows.maybe_blob(1));
  revocation.operator_name = TRY(rows.maybe_text(2));
  revocation.at = TRY(rows.time(3));
  revocation.reason = TRY(rows.text(4));
  return revocation;
}

}  // namespace

Result<void> add_certificate(Transaction& transaction, const Certificate& certificate) {
  if (const auto known = TRY(find_certificate(transaction, certificate.sha256))) {
    if (known->device == certificate.device) return {};
    return fail(kConflict, "certificate {} belongs to device {}, not {}",
                to_hex(certificate.sha256), known->device.text(), certificate.device.text());
  }
  TRY(
      transaction.run("INSERT INTO certificate (sha256, device_id, der, issued, not_after) "
                      "VALUES ($1, $2, $3, $4, $5)",
                      {blob(certificate.sha256), blob(certificate.device.bytes()),
                       blob(certificate.der), certificate.issued, certificate.not_after}));
  return {};
}

Result<std::optional<Certificate>> find_certificate(Reader& reader, ByteView sha256) {
  return reader.first(
      "SELECT sha256, device_id, der, issued, not_after FROM certificate WHERE sha256 = $1",
      {blob(sha256)}, decode_certificate);
}

Result<std::vector<Certificate>> certificates_of(Reader& reader, const model::DeviceId& device) {
  return reader.all(
      "SELECT sha256, device_id, der, issued, not_after FROM certificate "
      "WHERE device_id = $1 ORDER BY issued DESC, sha256",
      {blob(device.bytes())}, decode_certificate);
}

Result<std::int64_t> remove_certificates(Transaction& transaction, Timestamp moment) {
  return transaction.run("DELETE FROM certificate WHERE not_after < $1", {moment});
}

Result<void> revoke_certificate(Transaction& transaction, ByteView sha256, Timestamp not_after,
                                std::string_view reason, Timestamp now) {
  const std::int64_t number = TRY(take_counter(transaction, Counter::Revocation));
  TRY(
      transaction.run("INSERT INTO revocation (number, certificate, at, reason, not_after) "
                      "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (certificate) DO NOTHING",
                      {number, blob(sha256), now, reason, not_after}));
  return {};
}

Result<void> revoke_operator(Transaction& transaction, std::string_view name,
                             std::string_view reason, Timestamp now) {
  const std::int64_t number = TRY(take_counter(transaction, Counter::Revocation));
  TRY(
      transaction.run("INSERT INTO revocation (number, operator, at, reason) "
                      "VALUES ($1, $2, $3, $4) ON CONFLICT (operator) DO NOTHING",
                      {number, name, now, reason}));
  return {};
}

Result<bool> lift_revocation(Transaction& transaction, std::string_view operator_name) {
  return TRY(transaction.run("DELETE FROM revocation WHERE operator = $1", {operator_name})) > 0;
}

Result<std::vector<Revocation>> revocations_after(Reader& reader, std::int64_t number,
                                                  std::int64_t limit) {
  return reader.all(
      "SELECT number, certificate, operator, at, reason FROM revocation WHERE number > $1 "
      "ORDER BY number LIMIT $2",
      {number, limit}, decode_revocation);
}

Result<std::vector<Bytes>> revoked_certificates(Reader& reader, Timestamp ended,
                                                std::int64_t limit) {
  return reader.all(
      "SELECT certificate FROM revocation WHERE certificate IS NOT NULL "
      "AND (not_after IS NULL OR not_after >= $1) ORDER BY number DESC LIMIT $2",
      {ended, limit}, [](Rows& rows) { return rows.blob(0); });
}

}  // namespace muster::store
