#include "store/site/packages.h"

namespace muster::store {
namespace {

constexpr std::string_view kColumns =
    "package, version, manifest_sha256, folder, size_bytes, created, withdrawn";

std::string select(std::string_view rest) {
  return fmt::format("SELECT {} FROM package_content {}", kColumns, rest);
}

Result<PackageContent> decode_content(Rows& rows) {
  return PackageContent{TRY(model::ObjectId::parse(TRY(rows.text_view(0)))),
                        TRY(rows.integer(1)),
                        TRY(rows.blob(2)),
                        TRY(rows.blob(3)),
                        TRY(rows.integer(4)),
                        TRY(rows.time(5)),
                        TRY(rows.maybe_time(6))};
}

}  // namespace

Result<void> add_package_content(Transaction& transaction, const PackageContent& content) {
  const auto latest = TRY(transaction.first(
      "SELECT version FROM package_content WHERE package = $1 ORDER BY version DESC LIMIT 1",
      {content.package.text()}, [](Rows& rows) { return rows.integer(0); }));
  if (latest && *latest >= content.version)
    return fail(kConflict, "content of package {} is at version {}, not below {}",
                content.package.text(), *latest, content.version);
  TRY(transaction.run(
      "INSERT INTO package_content (package, version, manifest_sha256, folder, size_bytes, "
      "created, withdrawn) VALUES ($1, $2, $3, $4, $5, $6, $7)",
      {content.package.text(), content.version, blob(content.manifest_sha256), blob(content.folder),
       content.size_bytes, content.created, content.withdrawn}));
  return {};
}

Result<std::optional<PackageContent>> find_package_content(Reader& reader,
                                                           const model::ObjectId& package,
                                                           std::int64_t version) {
  static const std::string kSql = select("WHERE package = $1 AND version = $2");
  return reader.first(kSql, {package.text(), version}, decode_content);
}

Result<std::optional<PackageContent>> find_package_by_folder(Reader& reader, ByteView folder) {
  static const std::string kSql = select("WHERE folder = $1");
  return reader.first(kSql, {blob(folder)}, decode_content);
}

Result<std::optional<PackageContent>> current_package_content(Reader& reader,
                                                              const model::ObjectId& package) {
  static const std::string kSql =
      select("WHERE package = $1 AND withdrawn IS NULL ORDER BY version DESC LIMIT 1");
  return reader.first(kSql, {package.text()}, decode_content);
}

Result<std::vector<PackageContent>> list_package_content(Reader& reader,
                                                         const model::ObjectId& package) {
  static const std::string kSql = select("WHERE package = $1 ORDER BY version");
  return reader.all(kSql, {package.text()}, decode_content);
}

Result<void> withdraw_package_content(Transaction& transaction, const model::ObjectId& package,
                                      std::int64_t version, ByteView folder, Timestamp now) {
  const std::int64_t changed =
      TRY(transaction.run("UPDATE package_content SET withdrawn = $1, folder = $2 "
                          "WHERE package = $3 AND version = $4 AND withdrawn IS NULL",
                          {now, blob(folder), package.text(), version}));
  if (changed == 0)
    return fail(kNotFound, "content of package {} version {}", package.text(), version);
  return {};
}

}  // namespace muster::store
