#include "store/cluster_logins.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/role_logins.h"

namespace muster::store {

// A site's code is three of A-Z and 0-9, so none of these names needs quotes.
std::string cluster_database(const model::SiteCode& site) {
  std::string out = "muster_";
  for (const char letter : site.text())
    out += letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  return out;
}

std::vector<std::string> cluster_logins(const model::SiteCode& site) {
  const std::string database = cluster_database(site);
  std::vector<std::string> out = {database};
  for (const RoleLogin& login : role_logins())
    out.push_back(fmt::format("{}_{}", database, login.name));
  return out;
}

std::string cluster_question(const model::SiteCode& site) {
  std::string names;
  for (const std::string& login : cluster_logins(site))
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", login);
  return fmt::format(
      "SELECT 'login', rolname, coalesce(rolpassword, '') FROM pg_authid WHERE rolname IN ({});\n"
      "SELECT 'database', datname, '' FROM pg_database WHERE datname = '{}';\n",
      names, cluster_database(site));
}

ClusterState read_cluster_state(std::string_view answer) {
  ClusterState out;
  for (std::size_t at = 0; at < answer.size();) {
    const std::size_t end = std::min(answer.find('\n', at), answer.size());
    const std::string_view line = answer.substr(at, end - at);
    at = end + 1;
    const std::size_t first = line.find('|');
    const std::size_t second = line.find('|', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    if (line.substr(0, first) == "database") out.has_database = true;
    if (line.substr(0, first) == "login")
      out.verifiers.emplace(line.substr(first + 1, second - first - 1), line.substr(second + 1));
  }
  return out;
}

std::string cluster_script(const model::SiteCode& site, const ClusterState& state,
                           const std::map<std::string, std::string>& verifiers) {
  std::string out;
  for (const auto& [login, verifier] : verifiers)
    out += fmt::format("{} ROLE {} {}PASSWORD '{}';\n",
                       state.verifiers.contains(login) ? "ALTER" : "CREATE", login,
                       state.verifiers.contains(login) ? "" : "LOGIN ", verifier);
  if (!state.has_database) {
    const std::string database = cluster_database(site);
    out += fmt::format(
        "CREATE DATABASE {0} OWNER {0} ENCODING 'UTF8' TEMPLATE template0;\n"
        "REVOKE ALL ON DATABASE {0} FROM PUBLIC;\n",
        database);
  }
  return out;
}

}  // namespace muster::store
