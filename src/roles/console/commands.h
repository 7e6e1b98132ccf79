// The verbs of the console, each as one function that prints its result.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "hosting/database_provision.h"
#include "roles/console/api_client.h"
#include "roles/console/output.h"

namespace muster::console {

// Where a command works: the context's state folder, the time, random bytes.
struct Session {
  std::filesystem::path state;  // ./.muster or MUSTER_STATE
  const Clock& clock;
  Random& random;
};

Result<contract::OperatorContext> read_context(const Session& session);
Result<ApiClient> sign_in(const Session& session);

// "get policy DEVICE": no kind of object, but read like one.
inline constexpr std::string_view kPolicyOf = "policy";

// "device" and "devices" are one kind. Error kUsage with the nearest kind.
Result<std::string> plural_kind(std::string_view kind);

Result<void> get(const Session& session, const std::string& kind, const std::string& name,
                 Format format);
// Of a deployment with its devices: all, or those in `state`.
Result<void> describe(const Session& session, const std::string& kind, const std::string& name,
                      const std::string& state);
Result<void> query(const Session& session, const std::string& text, Format format);
Result<void> remove(const Session& session, const std::string& kind, const std::string& name,
                    bool dry_run);
struct ExportRequest {
  std::string kind;          // empty: all that apply reads
  std::string name;          // empty: all of the kind
  std::string output;        // a folder, which gets the packages' content too; empty or "-": print
  bool replace = false;      // an export that is in the folder already
  bool with_serial = false;  // id, site and serial: apply then refuses what changed in between
};
Result<void> export_objects(const Session& session, const ExportRequest& request);
// One version of a device's collected file, into the file `output` or, empty, to standard output.
Result<void> read_file(const Session& session, const std::string& device, const std::string& number,
                       const std::string& output);
// `action` is "approve" or "block", `kind` is "device" or "operator".
Result<void> change_admission(const Session& session, const std::string& action,
                              const std::string& kind, const std::string& name);
// With `watch` until nothing more will happen. False when the deployment failed.
Result<bool> explain(const Session& session, const std::string& device,
                     const std::string& deployment, bool watch, Format format);
// What the device's signed policy says, in words.
Result<void> get_policy(const Session& session, const std::string& device, Format format);
// Asks a device to do one of its cycles now.
Result<void> trigger(const Session& session, const std::string& device, const std::string& cycle);
// All members of the collection.
Result<void> trigger_collection(const Session& session, const std::string& collection,
                                const std::string& cycle);
Result<void> replay(const Session& session, const std::string& number);
// Which host, and who is at its other ends.
struct PortsRequest {
  // None: the roles of the site and client whose configuration lies in the state folder; those of
  // a trial site where there is none.
  std::vector<std::string> roles;
  std::vector<std::string> with;      // roles that there are at other ends; none: all
  std::vector<std::string> peers;     // "ROLE=ADDRESS,ADDRESS"
  std::vector<std::string> without;   // legs that stay closed: "17 HTTP"
  std::vector<std::string> settings;  // "ports.https=8443", over those of the configuration
  std::string profile;                // "standard" or "unprivileged"; empty: the configuration's
};
Result<void> list_ports(const Session& session, const PortsRequest& request, bool all,
                        Format format);
// Rules for "nftables", "firewalld", "ufw" or "netsh". Complete: all else is dropped.
Result<void> export_ports(const Session& session, const PortsRequest& request,
                          const std::string& firewall, bool complete);
// Asks every leg over TCP that starts at this host. Exit code 0, or 3 where a connection fails.
Result<int> check_ports(const Session& session, const PortsRequest& request, Format format);

// A PostgreSQL server for the site on this host, as root; the configuration then points at it.
Result<void> provision_database(const Session& session, const std::string& config_file,
                                const hosting::ProvisionRequest& request);
// The site's database from its state folder to the server that `database.url` names.
Result<void> move_database(const Session& session, const std::string& config_file);
// Has the tables behind the views for reports made anew by the site, on its host.
Result<void> rebuild_views(const Session& session, const std::string& config_file);

// The operator's side of a site (site_commands.cc, token_commands.cc).
Result<void> create_site(const Session& session, const std::string& code,
                         const std::string& profile, const std::string& address);
Result<void> login(const Session& session);
// Who may sign packages: the catalogue keys of the root. Each change is the next root, signed with
// the root key and sent to the site.
Result<void> list_operators(const Session& session);
Result<void> add_operator(const Session& session, const std::string& public_key_hex);
Result<void> remove_operator(const Session& session, const std::string& key_id);
Result<void> show_site(const Session& session, Format format);
// "signer", "site", or "device NAME" until its inventory is there.
Result<void> wait_for(const Session& session, const std::string& what, const std::string& name);
Result<void> create_token(const Session& session, const std::string& output,
                          const std::string& life, unsigned count);

}  // namespace muster::console
