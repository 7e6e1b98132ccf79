// `muster doctor`: whether this host is healthy, with advice for what is not.
#pragma once

#include <string>
#include <vector>

#include "contract/site_config.h"
#include "roles/console/commands.h"

namespace muster::console {

enum class Health { Good, Warning, Failed };
std::string_view to_text(Health health);  // "ok", "warning", "failed"

struct Finding {
  Health health = Health::Good;
  std::string check;   // "connection 17 HTTPS", "disk"
  std::string detail;  // what was seen
  std::string advice;  // what to do; empty when all is well
};
using Findings = std::vector<Finding>;

// What this host is, from the configuration files in the state folder.
struct ExaminedHost {
  std::optional<contract::SiteConfig> site;
  std::optional<contract::ClientConfig> client;
  std::optional<contract::OperatorContext> context;
};
// A file that is there and cannot be read is a finding.
ExaminedHost examined_host(const Session& session, Findings& findings);

struct HostPorts {
  topology::PortSettings settings;
  bool https_only = false;
};
// What its site's configuration says, the table's where there is none; `over` goes before both.
using SettingTexts = std::vector<std::pair<std::string, std::string>>;
Result<HostPorts> ports_of(const ExaminedHost& host, const SettingTexts& over = {});
topology::RoleSet roles_of(const ExaminedHost& host);
// SHA-256 of the site's CA as it lies here.
Result<Bytes> pinned_ca(const Session& session);

// Each built connection that the host listens on is dialled at its own address, each that it dials
// at the peer's; servers' certificates are verified and their remaining life told.
void check_connections(const Session& session, const ExaminedHost& host, Findings& findings);
// The certificates and keys that lie here: operator's, client's, catalogue root.
void check_certificates(const Session& session, const ExaminedHost& host, Findings& findings);
// Space and inodes where the state lies.
void check_disk(const Session& session, const ExaminedHost& host, Findings& findings);
// The signer answers and holds the key that the catalogue's root names.
void check_signer(const Session& session, const ExaminedHost& host, Findings& findings);
// What the provider says: database, inbox, readiness, this host's clock against the site's signed
// time, devices and messages that wait for an operator.
void check_site(const Session& session, const ExaminedHost& host, Findings& findings);

// How much life is left: failed when it is over, a warning below a quarter of it.
Finding life_finding(std::string check, Timestamp from, Timestamp until, Timestamp now,
                     std::string advice);
// By the free share and amount.
Finding space_finding(std::string check, std::uint64_t free, std::uint64_t whole,
                      std::uint64_t least_free, std::string_view unit);
// This host's clock against a signed time: never before it, and not long after it.
Finding clock_finding(Timestamp signed_at, Timestamp now);

// Exit code 0 healthy, 1 with warnings, 3 where something failed.
Result<int> doctor(const Session& session, Format format);

}  // namespace muster::console
