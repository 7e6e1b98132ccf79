// What an administrator does with the site's database, on its host.
#include <cstdio>

#include "base/os/file.h"
#include "contract/site_config.h"
#include "hosting/errors.h"
#include "hosting/site_database.h"
#include "hosting/site_settings.h"
#include "roles/console/commands.h"
#include "store/report/report_tables.h"

namespace muster::console {
namespace {

struct SiteFile {
  contract::SiteConfig config;
  Settings settings;
};

Result<SiteFile> read_site_file(const Session& session, const std::string& config_file) {
  const std::filesystem::path file = config_file.empty() ? session.state / "site" / "musterd.yaml"
                                                         : std::filesystem::path(config_file);
  auto config = TRY(contract::decode_site_config(TRY(os::read_file(file)), file.string()));
  auto settings = TRY_IN(hosting::read_settings(config), "{}", file.string());
  return SiteFile{std::move(config), std::move(settings)};
}

}  // namespace

Result<void> move_database(const Session& session, const std::string& config_file) {
  const auto [config, settings] = TRY(read_site_file(session, config_file));
  const auto moved = TRY(hosting::move_site_database(settings, config.state, session.clock));
  std::int64_t rows = 0;
  for (const store::MovedTable& table : moved.tables) {
    std::printf("%-20s %12lld rows\n", table.name.c_str(), static_cast<long long>(table.rows));
    rows += table.rows;
  }
  std::printf("%s: %zu tables, %lld rows, counts and checksums equal\n",
              moved.was_through ? "moved before" : "moved", moved.tables.size(),
              static_cast<long long>(rows));
  return {};
}

Result<void> rebuild_views(const Session& session, const std::string& config_file) {
  const auto [config, settings] = TRY(read_site_file(session, config_file));
  const auto database = TRY(hosting::open_reports_database(settings, session.clock));
  if (!database)
    return fail(hosting::kBadConfiguration,
                "database.url is not set: views for reports are a server's");
  if (!settings.boolean("database.views"))
    return fail(hosting::kBadConfiguration, "database.views is off");
  TRY(database->write(store::drop_report_tables));
  std::printf("musterd makes the tables for reports anew, from what the site knows\n");
  return {};
}

}  // namespace muster::console
