// What an administrator does with the site's database, on its host.
#include <cstdio>

#include "base/os/file.h"
#include "contract/site_config.h"
#include "hosting/site_database.h"
#include "hosting/site_settings.h"
#include "roles/console/commands.h"

namespace muster::console {

Result<void> move_database(const Session& session, const std::string& config_file) {
  const std::filesystem::path file = config_file.empty() ? session.state / "site" / "musterd.yaml"
                                                         : std::filesystem::path(config_file);
  const auto config = TRY(contract::decode_site_config(TRY(os::read_file(file)), file.string()));
  const Settings settings = TRY_IN(hosting::read_settings(config), "{}", file.string());
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

}  // namespace muster::console
