#include "hosting/database_provision.h"

#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>

#include "base/os/file.h"
#include "hosting/errors.h"
#include "hosting/postgres_cluster.h"
#include "hosting/site_database.h"
#include "net/address.h"
#include "store/cluster_files.h"
#include "store/cluster_logins.h"
#include "store/errors.h"
#include "store/postgres_url.h"
#include "topology/errors.h"
#include "topology/port_settings.h"
#include "trust/pinned_certificate.h"
#include "trust/scram_verifier.h"

namespace muster::hosting {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHost = "localhost";
constexpr std::size_t kPasswordBytes = 32;
constexpr std::uint64_t kGibibyte = 1u << 30;
// A fresh cluster takes 50 MB and its log up to 2 GB (max_wal_size); a site takes about twice the
// room that it has in site.db, and indexes are built aside.
constexpr std::uint64_t kLeastFree = 3 * kGibibyte;
constexpr std::uint64_t kFreeForEachByte = 3;

std::uint16_t standard_port() {
  return topology::leg_of({topology::connection(28), topology::Protocol::Sql}).ports.first;
}

std::string url_of(const model::SiteCode& site, std::uint16_t port) {
  const std::string database = store::cluster_database(site);
  const std::string place = port == standard_port() ? "" : fmt::format(":{}", port);
  return fmt::format("postgresql://{}@{}{}/{}", database, kHost, place, database);
}

std::uint64_t machine_memory_bytes() {
  const auto pages = static_cast<std::uint64_t>(std::max(::sysconf(_SC_PHYS_PAGES), 0L));
  std::uint64_t bytes = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  // A container's own limit; "max" without one.
  if (const auto text = os::read_file("/sys/fs/cgroup/memory.max")) {
    std::uint64_t limit = 0;
    std::from_chars(text->data(), text->data() + text->size(), limit);
    if (limit > 0) bytes = std::min(bytes, limit);
  }
  return bytes;
}

// The work of one call: what it was asked, and what it has done so far.
class Provision {
 public:
  Provision(const contract::SiteConfig& config, const Settings& settings,
            const ProvisionRequest& request, PostgresCluster cluster)
      : config_(config), settings_(settings), request_(request), cluster_(std::move(cluster)) {}

  Result<Provisioned> run(const Clock& clock, Random& random) {
    owner_ = TRY(os::owner_of(config_.state));
    const bool is_there = TRY(cluster_.exists(config_.site));
    TRY(choose(is_there));
    TRY(check_ports(is_there && cluster_.runs()));
    if (is_there) {
      TRY(check_data());
    } else {
      TRY(make());
    }
    TRY(keep_certificate(clock.now(), random));
    TRY(keep_settings());
    TRY(begin());
    TRY(keep_logins(random));
    keep_configuration();
    TRY(try_login(clock));
    return std::move(out_);
  }

 private:
  template <typename... Args>
  void did(fmt::format_string<Args...> format, Args&&... args) {
    out_.done.push_back(fmt::format(format, std::forward<Args>(args)...));
  }
  fs::path folder() const { return fs::path(config_.state) / "database"; }
  fs::path password_file(const std::string& login) const {
    return folder() / (login + ".password");
  }
  fs::path certificate_file() const { return folder() / "server.pem"; }

  // What is asked for, else what the server has, else what the configuration names.
  Result<void> choose(bool is_there) {
    const std::string& url = settings_.text("database.url");
    const auto named = store::port_of_database_url(url).value_or(standard_port());
    if (!url.empty() && url != url_of(config_.site, named))
      return fail(kOtherServer, "database.url names another server than this host's own");
    choice_.port = named;
    if (is_there) {
      const auto text = os::read_file(cluster_.folder() / "conf.d/muster.conf");
      before_ = store::read_cluster_settings(text.value_or(""));
      if (before_) choice_ = *before_;
    }
    if (request_.port) choice_.port = *request_.port;
    if (!request_.addresses.empty())
      choice_.addresses = TRY(store::cluster_addresses(request_.addresses));
    return {};
  }

  // The port is none of the site's own, and free where the server does not listen already.
  Result<void> check_ports(bool runs) const {
    topology::RoleSet roles;
    for (const auto role : config_.roles) roles.add(role);
    const auto ports =
        TRY(topology::PortSettings::from(settings_, settings_.text("rpc.port_range")));
    for (const auto& listener : topology::listeners_of(roles, config_.profile, ports))
      if (listener.port == choice_.port && listener.leg->transport == topology::Transport::Tcp)
        return fail(topology::kPortClash,
                    "tcp port {} is wanted by connection {} and by the database", choice_.port,
                    topology::leg_name(*listener.leg));
    if (const auto range = ports.rpc_range();
        range && choice_.port >= range->first && choice_.port <= range->last)
      return fail(topology::kPortClash, "rpc.port_range {}-{} covers the database's port {}",
                  range->first, range->last, choice_.port);
    const bool same_port = runs && before_ && before_->port == choice_.port;
    if (!same_port) TRY(check_free("127.0.0.1"));
    for (const std::string& address : choice_.addresses) {
      // What listens already on one of them is in the way of all.
      if (address == "*" && same_port) continue;
      const bool held =
          same_port && std::ranges::find(before_->addresses, address) != before_->addresses.end();
      if (!held) TRY(check_free(address == "*" ? "0.0.0.0" : address));
    }
    return {};
  }

  Result<void> check_free(const std::string& address) const {
    const auto socket_address = TRY(net::parse_address(address, choice_.port));
    const os::Fd fd(::socket(socket_address.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (::bind(fd.get(), socket_address.get(), socket_address.size) == 0 &&
        ::listen(fd.get(), 1) == 0)
      return {};
    const int error = errno;
    if (error == EADDRNOTAVAIL)
      return fail(store::kBadClusterAddress, "{} is no address of this host", address);
    return fail(kPortTaken, "{} port {}: {}", address, choice_.port, std::strerror(error));
  }

  Result<void> check_data() const {
    if (request_.data.empty() || request_.data == cluster_.data()) return {};
    return fail(kForeignCluster, "the site's server has its data in {}, not in {}",
                cluster_.data().string(), request_.data.string());
  }

  Result<void> make() {
    const fs::path data = request_.data.empty() ? standard_cluster_data() : request_.data;
    TRY(check_disk(data));
    TRY(cluster_.create(config_.site, choice_.port, data));
    did("made a PostgreSQL server; its data is in {}", data.string());
    return {};
  }

  Result<void> check_disk(fs::path folder) const {
    std::error_code error;
    while (!fs::exists(folder, error) && folder.has_parent_path() && folder != folder.parent_path())
      folder = folder.parent_path();
    const std::uintmax_t site = fs::file_size(fs::path(config_.state) / "site.db", error);
    const std::uint64_t wanted = kLeastFree + (error ? 0 : site * kFreeForEachByte);
    struct statvfs info {};
    if (::statvfs(folder.c_str(), &info) != 0)
      return fail(kLittleDisk, "{}: {}", folder.string(), std::strerror(errno));
    const std::uint64_t free = info.f_bavail * info.f_frsize;
    if (free < wanted)
      return fail(kLittleDisk, "{}: {} MiB are free, {} MiB are needed", folder.string(),
                  free >> 20, wanted >> 20);
    return {};
  }

  // All names under which the site's own hosts may ask for it.
  trust::ServerNames names() const {
    trust::ServerNames out{.dns_names = {std::string(kHost)}, .ip_addresses = {}};
    const auto add = [&out](const std::string& name) {
      const auto address = net::parse_address(name, 0);
      auto& list = address ? out.ip_addresses : out.dns_names;
      const std::string text = address ? address->text() : name;
      if (std::ranges::find(list, text) == list.end()) list.push_back(text);
    };
    for (const std::string& host : config_.hosts) add(host);
    for (const std::string& address : choice_.addresses)
      if (address != "*") add(address);
    return out;
  }

  // The server's own, and the copy by which the site knows it.
  Result<void> keep_certificate(Timestamp now, Random& random) {
    const auto there = os::read_file(cluster_.folder() / "muster.crt");
    const auto parsed = there ? trust::parse_certificate_pem(*there)
                              : Result<trust::Certificate>(fail(there.error()));
    const auto key_pem = os::read_file(cluster_.folder() / "muster.key");
    const auto key = key_pem ? trust::EcdsaKey::from_pem(*key_pem)
                             : Result<trust::EcdsaKey>(fail(key_pem.error()));
    std::string pem = there.value_or("");
    const bool good = parsed && key && trust::still_serves(*parsed, names(), now) &&
                      parsed->key.spki_der() == key->public_key().spki_der();
    if (!good) {
      const auto made = TRY(trust::make_pinned_certificate(
          fmt::format("muster {} database", config_.site.text()), names(), now, random));
      pem = trust::certificate_pem(made.certificate);
      using Readers = PostgresCluster::Readers;
      TRY(cluster_.keep_file("muster.key", made.key.pem(), Readers::Server));
      TRY(cluster_.keep_file("muster.crt", pem, Readers::All));
      did("made the server's certificate, valid until {}", to_text(made.certificate.not_after));
    }
    const auto acting = TRY(os::ActingAs::account(owner_));
    TRY(os::make_private_folder(folder()));
    const auto copy = os::read_file(certificate_file());
    if (copy && *copy == pem) return {};
    TRY(os::replace_file(certificate_file(), pem, os::FileMode::Public));
    did("put the certificate into {}", certificate_file().string());
    return {};
  }

  Result<void> keep_settings() {
    const std::string database = store::cluster_database(config_.site);
    if (TRY(cluster_.keep_file(
            "conf.d/muster.conf",
            store::cluster_settings(choice_, cluster_.folder().string(), machine_memory_bytes()),
            PostgresCluster::Readers::All)))
      did("wrote {}", (cluster_.folder() / "conf.d/muster.conf").string());
    if (TRY(cluster_.keep_file("pg_hba.conf", store::cluster_access(database),
                               PostgresCluster::Readers::Server)))
      did("wrote {}", (cluster_.folder() / "pg_hba.conf").string());
    return {};
  }

  Result<void> begin() {
    if (!cluster_.runs()) {
      TRY(cluster_.control("start"));
      did("started the server, on port {}", choice_.port);
    } else if (cluster_.is_outdated()) {
      TRY(cluster_.control("restart"));
      did("started the server anew, on port {}: its files had changed", choice_.port);
    }
    return {};
  }

  // The password of the login's file, which is made when it is missing.
  Result<std::string> password_of(const std::string& login, Random& random) {
    const auto acting = TRY(os::ActingAs::account(owner_));
    const fs::path file = password_file(login);
    if (!os::file_exists(file)) {
      TRY(os::replace_file(file, to_base64url(random.bytes(kPasswordBytes)) + "\n",
                           os::FileMode::Private));
      did("made a password of {} in {}", login, file.string());
    }
    std::string password = TRY(os::read_file(file));
    while (password.ends_with('\n')) password.pop_back();
    if (password.empty())
      return fail(kPasswordUnreadable, "{} is empty; remove it to get another", file.string());
    return password;
  }

  Result<void> keep_logins(Random& random) {
    const auto state =
        store::read_cluster_state(TRY(cluster_.ask(store::cluster_question(config_.site))));
    std::map<std::string, std::string> missing;
    for (const std::string& login : store::cluster_logins(config_.site)) {
      const std::string password = TRY(password_of(login, random));
      const auto there = state.verifiers.find(login);
      if (there != state.verifiers.end() && trust::is_scram_verifier_of(there->second, password))
        continue;
      missing[login] = trust::make_scram_verifier(password, random);
      did("{} login {}", there == state.verifiers.end() ? "made" : "set the password of", login);
    }
    if (!state.has_database) did("made database {}", store::cluster_database(config_.site));
    const std::string script = store::cluster_script(config_.site, state, missing);
    if (!script.empty()) TRY(cluster_.ask(script));
    return {};
  }

  // An administrator may keep the certificate and the password elsewhere; the url is muster's.
  void keep_configuration() {
    const std::string url = url_of(config_.site, choice_.port);
    const bool is_new = settings_.text("database.url").empty();
    const std::string login = store::cluster_database(config_.site);
    if (settings_.text("database.url") != url) out_.settings.emplace_back("database.url", url);
    if (is_new || settings_.path("database.ca_file").empty())
      out_.settings.emplace_back("database.ca_file", certificate_file().string());
    if (is_new || settings_.text("database.password_file").empty())
      out_.settings.emplace_back("database.password_file", password_file(login).string());
  }

  // As the site will, with what its configuration says then. A systemd credential is read by
  // musterd alone.
  Result<void> try_login(const Clock& clock) const {
    Settings settings = settings_;
    for (const auto& [name, text] : out_.settings) TRY(settings.set(name, text));
    if (settings.text("database.password_file").find('/') == std::string::npos)
      TRY(settings.set("database.password_file",
                       password_file(store::cluster_database(config_.site)).string()));
    const auto acting = TRY(os::ActingAs::account(owner_));
    const auto server = TRY(database_server(settings));
    TRY_IN(store::open_postgres(*server, clock), "the site's login");
    return {};
  }

  const contract::SiteConfig& config_;
  const Settings& settings_;
  const ProvisionRequest& request_;
  PostgresCluster cluster_;
  os::Account owner_;  // of the state folder: musterd's user
  store::ClusterChoice choice_;
  std::optional<store::ClusterChoice> before_;  // what the server was told last
  Provisioned out_;
};

}  // namespace

Result<Provisioned> provision_database(const contract::SiteConfig& config, const Settings& settings,
                                       const ProvisionRequest& request, const Clock& clock,
                                       Random& random) {
  Provision provision(config, settings, request, TRY(PostgresCluster::find()));
  return provision.run(clock, random);
}

}  // namespace muster::hosting
