#include "store/postgres_target.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "store/postgres_url.h"

namespace muster::store {
namespace {

// "muster" and "muster r" as numbers.
constexpr std::int64_t kSiteLock = 0x6d7573746572;
constexpr std::int64_t kReportsLock = 0x6d75737465722072;

// What a url may say; the rest is muster's to decide.
constexpr std::array<std::string_view, 5> kOfUrl = {"host", "hostaddr", "port", "user", "dbname"};

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

Result<std::map<std::string, std::string>> parts_of(const std::string& url) {
  if (!url.starts_with("postgresql://") && !url.starts_with("postgres://"))
    return fail(kBadDatabaseUrl, "it does not begin with postgresql://");
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(
      PQconninfoParse(url.c_str(), &error));
  // The parser's own message quotes the url.
  PQfreemem(error);
  if (!options) return fail(kBadDatabaseUrl, "it is no url");
  std::map<std::string, std::string> out;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr || *option->val == '\0') continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "password")
      return fail(kBadDatabaseUrl, "it holds a password; that belongs into a file of its own");
    if (std::ranges::find(kOfUrl, keyword) == kOfUrl.end())
      return fail(kBadDatabaseUrl, "it sets {}, which is not its to say", keyword);
    out.emplace(keyword, option->val);
  }
  for (const char* wanted : {"user", "dbname"})
    if (!out.contains(wanted)) return fail(kBadDatabaseUrl, "it names no {}", wanted);
  if (!out.contains("host")) return fail(kBadDatabaseUrl, "it names no host");
  return out;
}

struct Hosts {
  std::int64_t count = 0;
  bool local = false;
};

// All of them are sockets, or none: a mixture would weaken what is asked of the network.
Result<Hosts> hosts_of(std::string_view list) {
  Hosts out;
  std::int64_t sockets = 0;
  for (std::size_t at = 0; at <= list.size(); ++out.count) {
    if (at < list.size() && list[at] == '/') ++sockets;
    at = std::min(list.find(',', at), list.size()) + 1;
  }
  if (sockets != 0 && sockets != out.count)
    return fail(kBadDatabaseUrl, "it names sockets and hosts of the network together");
  out.local = sockets != 0;
  return out;
}

// The standard port where the list, which may be empty, names none.
std::string with_standard(std::string_view ports, const std::string& standard) {
  std::string out;
  for (std::size_t at = 0; at <= ports.size();) {
    const std::size_t end = std::min(ports.find(',', at), ports.size());
    if (at > 0) out += ',';
    out += at == end ? standard : ports.substr(at, end - at);
    at = end + 1;
  }
  return out;
}

std::string session_options(const PostgresOptions& options) {
  // synchronous_commit: acknowledged means durable, whatever the server's default is. A query that
  // muster waits for no more ends when the server finds the connection closed: a time for the whole
  // of it would cut long tables short.
  return fmt::format(
      "-c search_path={} -c synchronous_commit=on -c lock_timeout={} -c statement_timeout=0 "
      "-c client_connection_check_interval=5000 -c idle_in_transaction_session_timeout=600000 "
      "-c standard_conforming_strings=on -c client_min_messages=error -c jit=off",
      kPostgresSchema, options.busy_timeout.count());
}

}  // namespace

std::optional<std::uint16_t> port_of_database_url(const std::string& url) {
  auto parts = parts_of(url);
  if (!parts || parts->at("host").starts_with('/')) return std::nullopt;
  const std::string& ports = (*parts)["port"];
  std::uint16_t port = 0;
  std::from_chars(ports.data(), ports.data() + ports.size(), port);
  return port == 0 ? std::nullopt : std::optional(port);
}

Result<PostgresTarget> postgres_target(const PostgresOptions& options) {
  auto parts = TRY(parts_of(options.url));
  const Hosts hosts = TRY(hosts_of(parts["host"]));
  const bool local = hosts.local;
  if (!local && !options.port.empty()) parts["port"] = with_standard(parts["port"], options.port);
  if (!local && options.ca_file.empty())
    return fail(kBadDatabaseUrl, "over the network database.ca_file is needed besides");
  if (!local && options.password.empty())
    return fail(kBadDatabaseUrl, "over the network database.password_file is needed besides");

  PostgresTarget out;
  out.writers_lock = options.writers == PostgresOptions::Writers::Site ? kSiteLock : kReportsLock;
  out.name = fmt::format("{} on {}", parts["dbname"], parts["host"]);
  if (parts.contains("port")) out.name += " port " + parts["port"];
  // The kernel gives up a host that does not answer, and libpq goes on to the next.
  out.connect_timeout = options.connect_timeout * hosts.count + std::chrono::seconds(1);
  out.answer_timeout = options.answer_timeout;
  // All that libpq would otherwise take from the environment and the home folder.
  std::map<std::string, std::string> words = {
      {"application_name", "muster"},
      {"client_encoding", "UTF8"},
      {"gssencmode", "disable"},
      {"sslmode", local ? "disable" : "verify-full"},
      {"channel_binding", local ? "prefer" : "require"},
      {"ssl_min_protocol_version", "TLSv1.2"},
      {"sslcert", "/dev/null/none"},
      {"sslkey", "/dev/null/none"},
      {"passfile", "/dev/null/none"},
      {"target_session_attrs", "read-write"},
      {"keepalives", "1"},
      {"keepalives_idle", "10"},
      {"keepalives_interval", "5"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", fmt::format("{}", options.connect_timeout.count())},
      {"options", session_options(options)}};
  if (!options.ca_file.empty()) words["sslrootcert"] = options.ca_file;
  if (!options.password.empty()) words["password"] = options.password;
  for (auto& [name, value] : parts) words[name] = value;
  for (auto& [name, value] : words) out.keywords.emplace_back(name, value);
  return out;
}

}  // namespace muster::store
