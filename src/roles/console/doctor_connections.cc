// The doctor's probes: connections and certificates.
#include "base/os/file.h"
#include "base/settings_tables.h"
#include "contract/catalogue.h"
#include "contract/rpc_interface.h"
#include "hosting/signer_client.h"
#include "net/url.h"
#include "roles/console/api_client.h"
#include "roles/console/doctor.h"
#include "roles/console/leg_probe.h"
#include "store/postgres_url.h"
#include "topology/built.h"
#include "topology/https_only.h"
#include "trust/certificate.h"

namespace muster::console {
namespace fs = std::filesystem;
namespace {

using topology::Leg;
using topology::Protocol;

constexpr std::string_view kBuilt =
#include <generated/built.inc>
    ;
constexpr std::string_view kListenAdvice =
    "Look whether musterd runs, and at its log: muster trace musterd";
constexpr std::string_view kDialAdvice =
    "Look whether the peer runs and whether a firewall lets this connection through";

struct Probe {
  const Leg* leg;
  std::string host;
  std::uint16_t port;
  bool listens;  // at the host's own listener
};

std::string check_name(const Probe& probe) {
  return fmt::format("connection {} {} {} {}:{}", to_text(probe.leg->connection),
                     topology::protocol_name(probe.leg->protocol),
                     probe.listens ? "listens at" : "dials", probe.host, probe.port);
}

// Connection 26 begins with a question to the mapper of the host that the context names.
void add_mapper(const std::string& api, const std::vector<topology::BuiltLeg>& built,
                std::vector<Probe>& probes) {
  if (!transport::is_mapper_url(api)) return;
  const auto target = provider_target(api);
  const auto& leg =
      topology::leg_of({contract::kProviderInterface.leg.connection, Protocol::RpcEndpointMapper});
  if (target && topology::find_built(built, leg))
    probes.push_back({&leg, target->mapper.host, target->mapper.port, false});
}

// The peers that the host's own configuration names.
void add_dialled(const ExaminedHost& host, const std::vector<topology::BuiltLeg>& built,
                 std::vector<Probe>& probes) {
  const auto add = [&](const std::string& url_text, topology::Role from, topology::Role to) {
    const auto url = net::parse_url(url_text + "/");
    if (!url) return;
    for (const auto& each : built)
      if (each.leg->from == from && each.leg->to == to && each.leg->protocol == Protocol::Https)
        probes.push_back({each.leg, url->host, url->port, false});
  };
  if (host.client)
    add(host.client->management_point, topology::Role::Client, topology::Role::ManagementPoint);
  if (!host.context) return;
  add(host.context->api, topology::Role::Console, topology::Role::Provider);
  add_mapper(host.context->api, built, probes);
}

Result<std::vector<Probe>> probes_of(const ExaminedHost& host) {
  const auto built = TRY(topology::parse_built(kBuilt));
  std::vector<Probe> probes;
  if (host.site) {
    const auto ports = TRY(ports_of(host));
    for (const auto& listener :
         topology::listeners_of(roles_of(host), host.site->profile, ports.settings)) {
      if (ports.https_only && topology::is_closed_by_https_only(*listener.leg)) continue;
      const bool tcp = listener.leg->transport == topology::Transport::Tcp;
      if (tcp && listener.port != 0 && topology::find_built(built, *listener.leg))
        probes.push_back({listener.leg, host.site->address, listener.port, true});
    }
  }
  add_dialled(host, built, probes);
  return probes;
}

Finding failed(std::string check, const Error& error, std::string_view advice) {
  return {Health::Failed, std::move(check), error.text(), std::string(advice)};
}

ByteView certificate_part(ByteView pem) {
  return pem.substr(std::min(pem.find("-----BEGIN CERTIFICATE-----"), pem.size()));
}

void add_life_of_file(const fs::path& file, std::string check, std::string_view advice,
                      Timestamp now, Findings& findings) {
  if (!os::file_exists(file)) return;
  const auto text = os::read_file(file);
  // A client keeps its key before its certificate in one file.
  const auto leaf = text ? trust::parse_certificate_pem(certificate_part(*text))
                         : Result<trust::Certificate>(fail(text.error()));
  if (!leaf) {
    findings.push_back(failed(std::move(check), leaf.error(), advice));
    return;
  }
  findings.push_back(
      life_finding(std::move(check), leaf->not_before, leaf->not_after, now, std::string(advice)));
}

}  // namespace

Result<Bytes> pinned_ca(const Session& session) {
  const auto ca =
      TRY(trust::parse_certificate_pem(TRY(os::read_file(session.state / "operator" / "ca.pem"))));
  return ca.sha256;
}

topology::RoleSet roles_of(const ExaminedHost& host) {
  topology::RoleSet roles;
  if (host.site)
    for (const auto role : host.site->roles) roles.add(role);
  return roles;
}

Result<HostPorts> ports_of(const ExaminedHost& host, const SettingTexts& over) {
  Settings settings{topology::port_setting_table(), site_settings()};
  std::string database_url;
  if (host.site) {
    for (const auto& [name, text] : host.site->settings) {
      if (name.starts_with("ports.")) TRY(topology::set_port(settings, name, text));
      if (name == "database.url") database_url = text;
    }
  }
  for (const auto& [name, text] : over)
    TRY(name.starts_with("ports.") ? topology::set_port(settings, name, text)
                                   : settings.set(name, text));
  HostPorts ports;
  ports.settings = TRY(topology::PortSettings::from(settings, settings.text("rpc.port_range")));
  if (const auto port = store::port_of_database_url(database_url))
    TRY(ports.settings.set_database_port(*port));
  ports.https_only = settings.boolean(topology::kHttpsOnlySetting);
  return ports;
}

void check_connections(const Session& session, const ExaminedHost& host, Findings& findings) {
  const auto probes = probes_of(host);
  if (!probes) {
    findings.push_back(failed("connections", probes.error(), probes.error().kind().advice));
    return;
  }
  const auto pinned = pinned_ca(session);
  const std::optional<Bytes> ca = pinned ? std::optional(*pinned) : std::nullopt;
  for (const Probe& probe : *probes) {
    const std::string check = check_name(probe);
    const std::string_view advice = probe.listens ? kListenAdvice : kDialAdvice;
    const LegAnswer answer = probe_leg({probe.leg, probe.host, probe.port}, ca, session.clock);
    if (answer.why)
      findings.push_back(failed(check, *answer.why, advice));
    else if (!answer.certificate || !ca)
      findings.push_back({Health::Good, check, "answers", ""});
    else
      findings.push_back(life_finding(check, answer.certificate->not_before,
                                      answer.certificate->not_after, session.clock.now(),
                                      "Look whether muster-signer runs: musterd renews at half of "
                                      "the certificate's life"));
  }
}

void check_certificates(const Session& session, const ExaminedHost& host, Findings& findings) {
  const Timestamp now = session.clock.now();
  if (host.context) {
    const fs::path folder = host.context->folder;
    add_life_of_file(folder / "certificate.pem",
                     "certificate of operator " + host.context->operator_name, "Run muster login",
                     now, findings);
    add_life_of_file(folder / "ca.pem", "certificate of the site's CA",
                     "Make the site's next CA before this one ends", now, findings);
    const auto text = os::read_file(folder / "root.json");
    const auto root =
        text ? contract::decode_root(*text)
             : Result<contract::SignedCatalogue<contract::CatalogueRoot>>(fail(text.error()));
    if (!root) {
      findings.push_back(failed("catalogue root", root.error(), root.error().kind().advice));
    } else {
      findings.push_back(life_finding(
          "catalogue root", root->value.expires - std::chrono::hours(24 * 365), root->value.expires,
          now, "Sign the next root: muster operator add or remove does"));
    }
  }
  if (!host.client) return;
  const fs::path leaf = fs::path(host.client->state) / "identity" / "identity.pem";
  add_life_of_file(leaf, "certificate of this client",
                   "Look at the client's log: muster trace client", now, findings);
}

void check_signer(const Session& session, const ExaminedHost& host, Findings& findings) {
  std::string socket;
  if (host.site) socket = host.site->signer_socket;
  if (socket.empty() && host.context) socket = host.context->signer_socket;
  if (socket.empty()) return;
  hosting::SignerClient signer(socket, session.clock);
  const auto keys = signer.public_keys();
  if (!keys) {
    findings.push_back(failed("signer", keys.error(),
                              "Start muster-signer; without it the site "
                              "signs no policy, certificate or time"));
    return;
  }
  if (!host.context) {
    findings.push_back({Health::Good, "signer", "answers", ""});
    return;
  }
  const auto text = os::read_file(fs::path(host.context->folder) / "root.json");
  const auto root =
      text ? contract::decode_root(*text)
           : Result<contract::SignedCatalogue<contract::CatalogueRoot>>(fail(text.error()));
  const auto* named = root && !root->value.timestamp.key_ids.empty()
                          ? root->value.key(root->value.timestamp.key_ids[0])
                          : nullptr;
  if (named && named->public_key != keys->policy_key) {
    findings.push_back({Health::Failed, "signer",
                        "its policy key is another than the one that the catalogue root names",
                        "Point the configuration at this site's signer, or sign the next root"});
    return;
  }
  findings.push_back({Health::Good, "signer", "answers and holds the site's policy key", ""});
}

}  // namespace muster::console
