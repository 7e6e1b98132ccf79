#include "base/sha256.h"
#include "store/site/packages.h"

namespace muster::store {
namespace {

std::string select(std::string_view rest) {
  return fmt::format(
      "SELECT c.role, c.version, c.sha256, c.bytes, c.signed_at "
      "FROM catalogue_document c {}",
      rest);
}

Result<CatalogueDocument> decode_document(Rows& rows) {
  return CatalogueDocument{TRY(rows.text(0)), TRY(rows.integer(1)), TRY(rows.blob(2)),
                           TRY(rows.blob(3)), TRY(rows.time(4))};
}

}  // namespace

Result<void> add_catalogue_document(Transaction& transaction, std::string_view role,
                                    std::int64_t version, ByteView bytes, Timestamp signed_at) {
  if (const auto latest = TRY(latest_catalogue_document(transaction, role))) {
    if (latest->version == version && latest->bytes == bytes) return {};
    if (latest->version >= version)
      return fail(kConflict, "catalogue document {} is at version {}, {} is not newer", role,
                  latest->version, version);
  }
  TRY(
      transaction.run("INSERT INTO catalogue_document (role, version, sha256, bytes, signed_at) "
                      "VALUES ($1, $2, $3, $4, $5)",
                      {role, version, blob(sha256(bytes)), blob(bytes), signed_at}));
  return {};
}

Result<std::optional<CatalogueDocument>> find_catalogue_document(Reader& reader,
                                                                 std::string_view role,
                                                                 std::int64_t version) {
  static const std::string kSql = select("WHERE c.role = $1 AND c.version = $2");
  return reader.first(kSql, {role, version}, decode_document);
}

Result<std::optional<CatalogueDocument>> latest_catalogue_document(Reader& reader,
                                                                   std::string_view role) {
  static const std::string kSql = select("WHERE c.role = $1 ORDER BY c.version DESC LIMIT 1");
  return reader.first(kSql, {role}, decode_document);
}

Result<std::optional<CatalogueDocument>> catalogue_document_by_hash(Reader& reader,
                                                                    ByteView sha256) {
  static const std::string kSql = select("WHERE c.sha256 = $1 ORDER BY c.role, c.version LIMIT 1");
  return reader.first(kSql, {blob(sha256)}, decode_document);
}

Result<std::vector<CatalogueDocument>> latest_catalogue_documents(Reader& reader) {
  static const std::string kSql = select(
      "WHERE c.version = (SELECT MAX(o.version) FROM catalogue_document o WHERE o.role = c.role) "
      "ORDER BY c.role");
  return reader.all(kSql, {}, decode_document);
}

Result<std::int64_t> remove_catalogue_documents(Transaction& transaction, std::string_view role,
                                                std::int64_t version) {
  return transaction.run("DELETE FROM catalogue_document WHERE role = $1 AND version < $2",
                         {role, version});
}

}  // namespace muster::store
