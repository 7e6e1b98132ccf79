#include "hosting/site_database.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/os/file.h"
#include "hosting/errors.h"
#include "store/journal.h"
#include "store/migrations.h"
#include "topology/port_settings.h"

namespace muster::hosting {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestPassword = 4096;
constexpr const char* kFile = "site.db";
constexpr const char* kMovedFile = "site.db.moved";

// What systemd puts into the folder of credentials is closed to others by systemd.
Result<fs::path> credential(const std::string& name) {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr)
    return fail(kPasswordUnreadable,
                "database.password_file '{}': systemd gave this service no credentials", name);
  return fs::path(folder) / name;
}

Result<void> check_closed(const fs::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0)
    return fail(kPasswordUnreadable, "database.password_file {}: {}", path.string(),
                std::strerror(errno));
  if (!S_ISREG(info.st_mode))
    return fail(kPasswordUnreadable, "database.password_file {} is no regular file", path.string());
  if (info.st_uid != ::geteuid() && info.st_uid != 0)
    return fail(kPasswordUnreadable, "database.password_file {} belongs to uid {}", path.string(),
                info.st_uid);
  if ((info.st_mode & 0077) != 0)
    return fail(kPasswordUnreadable, "database.password_file {} is open to others (mode {:o})",
                path.string(), info.st_mode & 07777);
  return {};
}

Result<std::string> read_password(const std::string& setting) {
  const bool is_path = setting.find('/') != std::string::npos;
  const fs::path path = is_path ? fs::path(setting) : TRY(credential(setting));
  if (is_path) TRY(check_closed(path));
  std::string password = TRY_IN(os::read_file(path, kLongestPassword), "database.password_file");
  while (password.ends_with('\n') || password.ends_with('\r')) password.pop_back();
  if (password.empty() ||
      password.find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos)
    return fail(kPasswordUnreadable, "database.password_file {} does not hold one line",
                path.string());
  return password;
}

std::string standard_port() {
  const auto leg = topology::LegRef{topology::connection(22), topology::Protocol::Sql};
  return fmt::format("{}", topology::leg_of(leg).ports.first);
}

}  // namespace

Result<std::optional<store::PostgresOptions>> database_server(const Settings& settings) {
  if (settings.text("database.url").empty()) return std::optional<store::PostgresOptions>();
  store::PostgresOptions options;
  options.url = settings.text("database.url");
  options.port = standard_port();
  options.ca_file = settings.path("database.ca_file");
  if (const std::string& file = settings.text("database.password_file"); !file.empty())
    options.password = TRY(read_password(file));
  return std::optional(std::move(options));
}

Result<std::unique_ptr<store::Database>> open_site_database(const Settings& settings,
                                                            const fs::path& state,
                                                            const Clock& clock) {
  const auto server = TRY(database_server(settings));
  // An empty database in the place of the site's would be a new site, which no client knows.
  if (server && os::file_exists(state / kFile))
    return fail(kSiteElsewhere, "database.url is set, and {} holds the site",
                (state / kFile).string());
  if (!server && !os::file_exists(state / kFile) && os::file_exists(state / kMovedFile))
    return fail(kSiteElsewhere, "database.url is empty, and the site was moved to a server");
  if (!server) return store::open_site_database(state / kFile, clock.now());
  return TRY_IN(store::open_site_database(*server, clock), "database.url");
}

Result<std::unique_ptr<store::Database>> open_reports_database(const Settings& settings,
                                                               const Clock& clock) {
  auto server = TRY(database_server(settings));
  if (!server) return std::unique_ptr<store::Database>();
  server->readers = 1;
  server->writers = store::PostgresOptions::Writers::Reports;
  return TRY_IN(store::open_postgres(*server, clock), "database.url");
}

bool keeps_reports(const Settings& settings) {
  return !settings.text("database.url").empty() && settings.boolean("database.views");
}

Result<store::SiteMove> move_site_database(const Settings& settings, const fs::path& state,
                                           const Clock& clock) {
  const auto server = TRY(database_server(settings));
  if (!server) return fail(kBadConfiguration, "database.url is not set: it names where to");
  if (!os::file_exists(state / kFile))
    return fail(kBadConfiguration, "{} is not there", (state / kFile).string());
  // Its lock is the running site's.
  const auto inbox = TRY_IN(store::Journal::open(state / "inbox", {}), "is musterd stopped?");
  store::SiteMove moved;
  {
    const auto from = TRY(store::open_site_database(state / kFile, clock.now()));
    const auto to = TRY_IN(store::open_site_database(*server, clock), "database.url");
    moved = TRY(store::move_site(*from, *to));
  }
  // Closing it has brought its log into the file.
  if (std::rename((state / kFile).c_str(), (state / kMovedFile).c_str()) != 0)
    return fail(kBadConfiguration, "{}: {}", (state / kMovedFile).string(), std::strerror(errno));
  TRY(os::sync_folder(state));
  return moved;
}

}  // namespace muster::hosting
