// A PostgreSQL server that a site has to itself on the site server's host, with its database, its
// logins and the settings that point the site at it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/settings.h"
#include "base/time.h"
#include "contract/site_config.h"

namespace muster::hosting {

struct ProvisionRequest {
  // What is absent stays as the server has it; a new one listens on the loopback, at the table's
  // port or that of `database.url`, and keeps its data where standard_cluster_data() says.
  std::vector<std::string> addresses{};  // numeric, beside the loopback; "*" is all
  std::optional<std::uint16_t> port{};
  std::filesystem::path data{};
};

struct Provisioned {
  // What was done, a sentence each, in order; empty when everything was there.
  std::vector<std::string> done{};
  // What the configuration lacks to point at the server: names and texts of settings.
  std::vector<std::pair<std::string, std::string>> settings{};
};

// As root. Makes what is missing, mends what differs from what muster would make, and leaves the
// rest alone; at its end the site's login has come in over TLS. Passwords are random and lie in the
// folder `database` of the state folder, as files of the state folder's owner, with the certificate
// by which the server is known. Broken off, it goes on when it is run again, but for a kill while
// PostgreSQL lays out the empty data: what that leaves is refused as foreign. Errors:
// kNoServerPackage, kForeignCluster, kPortTaken, kLittleDisk, kOtherServer, kClusterFailed, the
// topology's kPortClash, the store's kBadClusterAddress.
Result<Provisioned> provision_database(const contract::SiteConfig& config, const Settings& settings,
                                       const ProvisionRequest& request, const Clock& clock,
                                       Random& random);

}  // namespace muster::hosting
