// The SQL that gives a server of the site's own its database and its logins.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.h"

namespace muster::store {

// "muster_p01": the database, and the login that owns it.
std::string cluster_database(const model::SiteCode& site);
// The owner's and each role's (role_logins.h), the owner's first.
std::vector<std::string> cluster_logins(const model::SiteCode& site);

// What the server has, as its superuser asks for it: lines "login|verifier" and "database|NAME|".
std::string cluster_question(const model::SiteCode& site);

// What brings the missing about; empty where nothing is missing. `verifiers` holds those of the
// logins that are to be set: scram_verifier.h. Superuser's work, outside a transaction.
struct ClusterState {
  std::map<std::string, std::string> verifiers{};  // of the logins that are there
  bool has_database = false;
};
ClusterState read_cluster_state(std::string_view answer);
std::string cluster_script(const model::SiteCode& site, const ClusterState& state,
                           const std::map<std::string, std::string>& verifiers);

}  // namespace muster::store
