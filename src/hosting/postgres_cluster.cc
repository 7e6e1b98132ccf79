#include "hosting/postgres_cluster.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/os/command.h"
#include "base/os/file.h"
#include "hosting/errors.h"
#include "store/cluster_files.h"

namespace muster::hosting {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kVersion = "15";
constexpr std::string_view kName = "muster";
constexpr const char* kConfigurations = "/etc/postgresql";
constexpr const char* kUser = "postgres";
// A parameter of ours in its configuration says whose it is.
constexpr std::string_view kMark = "muster.site";
constexpr std::string_view kFiles[] = {"conf.d/muster.conf", "pg_hba.conf", "muster.crt",
                                       "muster.key"};
// initdb on a slow disk, or a server that recovers from a crash.
constexpr Duration kLimit = std::chrono::minutes(15);

// A message of several lines as one, at most this long: its end says most.
constexpr std::size_t kLongestMessage = 2000;

std::string message_of(const os::CommandEnd& end) {
  std::string text = end.errors.empty() ? end.output : end.errors;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (text.size() > kLongestMessage) text.erase(0, text.size() - kLongestMessage);
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
    text.replace(at, 1, "; ");
  return text;
}

Result<os::CommandEnd> run(std::vector<std::string> words, std::string input = {}) {
  os::Command command;
  command.words = std::move(words);
  command.input = std::move(input);
  command.limit = kLimit;
  return os::run_command(command);
}

Result<std::string> succeed(std::string_view what, const os::CommandEnd& end) {
  if (end.exit_code != 0)
    return fail(kClusterFailed, "{}: exit code {}: {}", what, end.exit_code, message_of(end));
  return end.output;
}

// In nanoseconds; 0 for what is not there.
std::int64_t changed_at(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return 0;
  return info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec;
}

bool is_new_or_empty(const fs::path& folder) {
  std::error_code error;
  return !fs::exists(folder, error) ||
         (fs::is_directory(folder, error) && fs::is_empty(folder, error));
}

}  // namespace

fs::path standard_cluster_data() { return fs::path("/var/lib/postgresql") / kVersion / kName; }

PostgresCluster::PostgresCluster(os::Account account, os::Fd lock)
    : folder_(fs::path(kConfigurations) / kVersion / kName),
      account_(account),
      lock_(std::move(lock)) {}

Result<PostgresCluster> PostgresCluster::find() {
  const auto account = os::find_account(kUser);
  const fs::path server = fs::path("/usr/lib/postgresql") / kVersion / "bin/postgres";
  for (const fs::path& program : {server, fs::path("/usr/bin/pg_createcluster")})
    if (!os::file_exists(program))
      return fail(kNoServerPackage, "{} is not there", program.string());
  if (!account) return fail(kNoServerPackage, "{}", account.error().detail());
  // The package's own folder, so that nothing is left behind.
  os::Fd lock(::open(kConfigurations, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock.valid() || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(kClusterFailed, "{} is in another provision's hands: {}", kConfigurations,
                std::strerror(errno));
  return PostgresCluster(*account, std::move(lock));
}

Result<bool> PostgresCluster::exists(const model::SiteCode& site) const {
  const fs::path file = folder_ / "postgresql.conf";
  if (!os::file_exists(file)) return false;
  const std::string mark = store::conf_value(TRY(os::read_file(file)), kMark);
  if (mark.empty())
    return fail(kForeignCluster, "cluster {}/{} was not made by muster: {} sets no {}", kVersion,
                kName, file.string(), kMark);
  if (mark != site.text())
    return fail(kForeignCluster, "cluster {}/{} is that of site {}: {}", kVersion, kName, mark,
                file.string());
  return true;
}

fs::path PostgresCluster::data() const {
  const auto text = os::read_file(folder_ / "postgresql.conf");
  return text ? store::conf_value(*text, "data_directory") : std::string();
}

Result<void> PostgresCluster::create(const model::SiteCode& site, std::uint16_t port,
                                     const fs::path& data) const {
  if (!is_new_or_empty(data))
    return fail(
        kForeignCluster,
        "{} is not empty, and no cluster {}/{} is known: it is somebody's, or was left when "
        "one was being made and the machine stopped",
        data.string(), kVersion, kName);
  const auto end = TRY(run({"/usr/bin/pg_createcluster",
                            "--quiet",
                            "--start-conf",
                            "auto",
                            "--locale",
                            "C.UTF-8",
                            "--encoding",
                            "UTF8",
                            "--port",
                            std::to_string(port),
                            "--datadir",
                            data.string(),
                            "--pgoption",
                            "add_include_dir=conf.d",
                            "--pgoption",
                            fmt::format("{}={}", kMark, site.text()),
                            std::string(kVersion),
                            std::string(kName),
                            "--",
                            "--data-checksums"}));
  TRY(succeed("pg_createcluster", end));
  return {};
}

bool PostgresCluster::runs() const {
  const auto end =
      run({"/usr/bin/pg_ctlcluster", std::string(kVersion), std::string(kName), "status"});
  return end && end->exit_code == 0;
}

Result<void> PostgresCluster::control(std::string_view action) const {
  const auto end = TRY(run(
      {"/usr/bin/pg_ctlcluster", std::string(kVersion), std::string(kName), std::string(action)}));
  TRY(succeed(fmt::format("pg_ctlcluster {} {} {}", kVersion, kName, action), end));
  return {};
}

bool PostgresCluster::is_outdated() const {
  // Written last when the server is ready.
  const std::int64_t ready_at = changed_at(data() / "postmaster.pid");
  for (const std::string_view file : kFiles)
    if (changed_at(folder_ / file) > ready_at) return true;
  return false;
}

Result<std::string> PostgresCluster::ask(const std::string& sql) const {
  // psql and not libpq: the server asks the kernel who is at the other end of its socket.
  const auto end = TRY(run(
      {"/usr/bin/setpriv", fmt::format("--reuid={}", kUser), fmt::format("--regid={}", kUser),
       "--init-groups", "--", "/usr/bin/psql", "--cluster", fmt::format("{}/{}", kVersion, kName),
       "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", "postgres"},
      sql));
  return succeed("psql", end);
}

Result<bool> PostgresCluster::keep_file(std::string_view name, std::string_view content,
                                        Readers readers) const {
  const fs::path path = folder_ / name;
  if (const auto there = os::read_file(path); there && *there == content) return false;
  const auto acting = TRY(os::ActingAs::account(account_));
  TRY(os::replace_file(path, content,
                       readers == Readers::Server ? os::FileMode::Private : os::FileMode::Public));
  return true;
}

}  // namespace muster::hosting
