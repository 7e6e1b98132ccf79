// What an administrator does with the site's database, on its host.
#include <unistd.h>

#include <cstdio>

#include "base/os/account.h"
#include "base/os/file.h"
#include "contract/settings_text.h"
#include "contract/site_config.h"
#include "hosting/database_provision.h"
#include "hosting/errors.h"
#include "hosting/site_database.h"
#include "hosting/site_settings.h"
#include "roles/console/commands.h"
#include "store/report/report_tables.h"

namespace muster::console {
namespace {

struct SiteFile {
  std::filesystem::path path;
  contract::SiteConfig config;
  Settings settings;
};

Result<SiteFile> read_site_file(const Session& session, const std::string& config_file) {
  const std::filesystem::path file = config_file.empty() ? session.state / "site" / "musterd.yaml"
                                                         : std::filesystem::path(config_file);
  auto config = TRY(contract::decode_site_config(TRY(os::read_file(file)), file.string()));
  auto settings = TRY_IN(hosting::read_settings(config), "{}", file.string());
  return SiteFile{file, std::move(config), std::move(settings)};
}

// Into the configuration where its form allows it; else an administrator is told what to put there.
Result<void> configure(const std::filesystem::path& file,
                       const std::vector<std::pair<std::string, std::string>>& settings) {
  const auto text = TRY(contract::with_settings(TRY(os::read_file(file)), file.string(), settings));
  if (!text) {
    std::printf("put into %s:\nsettings:\n%s", file.c_str(),
                contract::settings_lines(settings, "  ").c_str());
    return {};
  }
  const auto folder = std::filesystem::absolute(file).parent_path();
  const auto acting = TRY(os::ActingAs::account(TRY(os::owner_of(folder))));
  TRY(os::replace_content(file, *text));
  std::printf("put into %s:\n%s", file.c_str(), contract::settings_lines(settings, "  ").c_str());
  return {};
}

}  // namespace

Result<void> provision_database(const Session& session, const std::string& config_file,
                                const hosting::ProvisionRequest& request) {
  if (::geteuid() != 0) return fail(hosting::kNotRoot, "uid {} can make no server", ::geteuid());
  const SiteFile site = TRY(read_site_file(session, config_file));
  const auto provisioned = TRY(hosting::provision_database(site.config, site.settings, request,
                                                           session.clock, session.random));
  for (const std::string& done : provisioned.done) std::printf("%s\n", done.c_str());
  if (!provisioned.settings.empty()) TRY(configure(site.path, provisioned.settings));
  if (provisioned.done.empty() && provisioned.settings.empty())
    std::printf("everything is there; nothing was changed\n");
  const bool moves = os::file_exists(std::filesystem::path(site.config.state) / "site.db");
  if (moves) {
    std::printf("next: stop musterd, run muster database move, start musterd\n");
  } else if (!provisioned.settings.empty()) {
    std::printf("next: start musterd anew\n");
  }
  return {};
}

Result<void> move_database(const Session& session, const std::string& config_file) {
  const auto [file, config, settings] = TRY(read_site_file(session, config_file));
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
  const auto [file, config, settings] = TRY(read_site_file(session, config_file));
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
