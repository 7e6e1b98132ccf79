#include "store/site/package_retirement.h"

#include "store/site/devices.h"

namespace muster::store {
namespace {

struct Key {
  model::ObjectId package;
  std::int64_t version;
};

Result<std::vector<PackageContent>> read_all(Reader& reader, std::string_view where,
                                             std::initializer_list<Param> params) {
  const std::string sql = fmt::format(
      "SELECT c.package, c.version FROM package_content c {} ORDER BY c.package, c.version", where);
  const auto keys = TRY(reader.all(sql, params, [](Rows& rows) -> Result<Key> {
    return Key{TRY(model::ObjectId::parse(TRY(rows.text_view(0)))), TRY(rows.integer(1))};
  }));
  std::vector<PackageContent> out;
  for (const Key& key : keys)
    if (auto content = TRY(find_package_content(reader, key.package, key.version)))
      out.push_back(*std::move(content));
  return out;
}

}  // namespace

Result<std::vector<PackageContent>> superseded_content(Reader& reader, Timestamp moment) {
  return read_all(reader,
                  "WHERE c.withdrawn IS NULL AND EXISTS (SELECT 1 FROM package_content later "
                  "WHERE later.package = c.package AND later.version > c.version "
                  "AND later.created < $1)",
                  {moment});
}

Result<std::vector<PackageContent>> withdrawn_content(Reader& reader, Timestamp moment) {
  return read_all(reader, "WHERE c.withdrawn < $1", {moment});
}

Result<std::vector<PackageContent>> all_package_content(Reader& reader) {
  return read_all(reader, "", {});
}

Result<bool> is_under_way(Reader& reader, const model::ObjectId& deployment,
                          std::string_view package_version, Timestamp since,
                          const std::function<bool(DeviceNumber)>& counts) {
  // 4 to 6 are ends: succeeded, a restart is wanted, failed.
  Rows rows = TRY(
      reader.query("SELECT s.device FROM deployment_state s JOIN device d ON d.number = s.device "
                   "WHERE s.deployment = $1 AND s.package_version = $2 AND s.at >= $3 "
                   "AND s.state NOT IN (4, 5, 6) AND d.state = $4",
                   {deployment.text(), package_version, since, to_text(DeviceState::Active)}));
  while (TRY(rows.next()))
    if (counts(static_cast<DeviceNumber>(TRY(rows.integer(0))))) return true;
  return false;
}

Result<void> remove_package_content(Transaction& transaction, const model::ObjectId& package,
                                    std::int64_t version) {
  const std::int64_t changed =
      TRY(transaction.run("DELETE FROM package_content WHERE package = $1 AND version = $2",
                          {package.text(), version}));
  if (changed == 0)
    return fail(kNotFound, "content of package {} version {}", package.text(), version);
  return {};
}

}  // namespace muster::store
