#include "hosting/site_system.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "base/check.h"
#include "base/keyed_hash.h"
#include "base/log.h"
#include "base/os/file.h"
#include "base/os/file_limit.h"
#include "contract/rpc_interface.h"
#include "hosting/errors.h"
#include "net/address.h"
#include "net/errors.h"
#include "topology/https_only.h"
#include "transport/mapper_datagram.h"
#include "trust/csr.h"
#include "trust/peer_identity.h"

namespace muster::hosting {
namespace {

constexpr Duration kUpkeepInterval = std::chrono::seconds(60);
constexpr std::uint64_t kOtherFiles = 1024;
// In which all clients behind one address can open their connections anew.
constexpr double kSecondsToComeBack = 30;
constexpr std::size_t kTicketKeyBytes = 64;
constexpr std::size_t kTicketKeyCount = 2;

net::ServerSettings server_settings(const Settings& settings, Random& random) {
  net::ServerSettings out;
  out.hash_key = random.bytes(kHashKeySize);
  out.limits.head_bytes = settings.size_bytes("http.header_size");
  out.limits.head_time = settings.duration("http.header_timeout");
  out.limits.idle_time = settings.duration("http.idle_timeout");
  out.limits.hold_time = settings.duration("nudge.hold_time");
  out.limits.connections = static_cast<std::size_t>(settings.integer("http.connections"));
  out.limits.connections_per_address =
      static_cast<std::size_t>(settings.integer("http.connections_per_address"));
  out.limits.connections_per_second_of_address =
      static_cast<double>(out.limits.connections_per_address) / kSecondsToComeBack;
  if (const auto threads = settings.integer("http.threads"); threads > 0)
    out.pool_threads = static_cast<unsigned>(threads);
  out.pool_queue_limit = static_cast<std::size_t>(settings.integer("http.queue"));
  return out;
}

// Each connection is a descriptor, and the usual limit is far below what a site has of them.
void allow_connections(const Settings& settings) {
  const auto wanted =
      static_cast<std::uint64_t>(settings.integer("http.connections")) + kOtherFiles;
  if (const auto allowed = os::raise_file_limit(wanted); allowed < wanted)
    log::warning("host.files.few",
                 "fewer files may be open than http.connections wants; raise LimitNOFILE of the "
                 "service, or lower the setting",
                 {{"wanted", wanted}, {"allowed", allowed}});
}

// strongSwan's EST client speaks no TLS 1.3, so the listener of EST takes 1.2 too.
net::TlsVersion least_version(topology::LegRef leg) {
  return leg.connection == topology::connection(17) || leg.connection == topology::connection(15)
             ? net::TlsVersion::Tls12
             : net::TlsVersion::Tls13;
}

bool declared(const std::vector<topology::Listener>& listeners, topology::LegRef ref) {
  for (const auto& listener : listeners)
    if (listener.leg == &topology::leg_of(ref)) return true;
  return false;
}

}  // namespace

SiteSystem::SiteSystem(Site& site) : site_(&site) {}

SiteSystem::~SiteSystem() { stop(Duration(0)); }

Result<std::unique_ptr<SiteSystem>> SiteSystem::start(Site& site, std::vector<LegRoutes> legs) {
  std::unique_ptr<SiteSystem> system(new SiteSystem(site));
  TRY(system->make_certificate());
  TRY(system->load_ticket_keys());
  TRY(system->open_listeners(std::move(legs)));
  system->upkeep_ = std::thread([raw = system.get()] { raw->upkeep(); });
  return system;
}

void SiteSystem::stop(Duration time) {
  if (upkeep_.joinable()) {
    stopping_.notify();
    upkeep_.join();
  }
  mapper_.reset();
  mapper_udp_.reset();
  if (server_) server_->stop(time);
  site_->server = nullptr;
  server_.reset();
}

Result<void> SiteSystem::make_certificate() {
  const auto key = trust::EcdsaKey::generate();
  trust::RequestNames names;
  names.common_name = site_->config.name;
  const Bytes request = TRY(trust::make_request(key, names));
  contract::signer::Issue issue{.profile = contract::CertificateProfile::SiteSystem,
                                .request = request,
                                .name = site_->config.name,
                                .dns_names = {},
                                .ip_addresses = {}};
  for (const std::string& host : site_->config.hosts) {
    const bool numeric = net::parse_address(host, 0).has_value();
    (numeric ? issue.ip_addresses : issue.dns_names).push_back(host);
  }
  const auto leaf = TRY(site_->signer.issue(std::move(issue)));
  // The CA goes with the leaf: clients pin it by its hash.
  chain_pem_ = trust::certificate_pem(leaf) + trust::certificate_pem(site_->ca);
  key_pem_ = key.pem();
  const Timestamp now = site_->clock.now();
  renew_at_ = now + (leaf.not_after - now) / 2;
  return {};
}

// The keys outlive the process, so that sessions do; the older one still decrypts for a while.
Result<void> SiteSystem::load_ticket_keys() {
  const auto folder = site_->folder("tls");
  TRY(os::make_private_folder(folder));
  Bytes stored;
  std::error_code missing;
  if (std::filesystem::exists(folder / "ticket-keys", missing))
    stored = TRY(os::read_file(folder / "ticket-keys"));
  if (stored.size() % kTicketKeyBytes != 0 || stored.empty()) {
    stored = site_->random.bytes(kTicketKeyBytes);
    TRY(os::replace_file(folder / "ticket-keys", stored, os::FileMode::Private));
  }
  ticket_keys_.clear();
  for (std::size_t at = 0; at < stored.size() && ticket_keys_.size() < kTicketKeyCount;
       at += kTicketKeyBytes)
    ticket_keys_.push_back(stored.substr(at, kTicketKeyBytes));
  return {};
}

Result<std::shared_ptr<net::TlsServer>> SiteSystem::make_tls(net::TlsVersion least,
                                                             ClientCertificate wanted) {
  net::TlsServerSettings settings;
  settings.certificate_chain = chain_pem_;
  settings.private_key = key_pem_;
  settings.least_version = least;
  settings.request_client_certificate = true;
  settings.demand_client_certificate = wanted == ClientCertificate::Demanded;
  settings.client_authorities = trust::certificate_pem(site_->ca);
  settings.ticket_keys = ticket_keys_;
  settings.identify = [site = site_](ByteView leaf_der) -> std::shared_ptr<const void> {
    const auto certificate = site->certificates.parse(leaf_der);
    if (!certificate) return nullptr;
    const auto identity = trust::identify_peer(*certificate);
    if (!identity) return nullptr;
    return std::make_shared<const trust::PeerIdentity>(*identity);
  };
  return net::TlsServer::create(std::move(settings), site_->clock);
}

Result<SiteSystem::HostPorts> SiteSystem::host_ports() const {
  topology::RoleSet roles;
  for (const auto role : site_->config.roles) roles.add(role);
  HostPorts out;
  out.settings =
      TRY(topology::PortSettings::from(site_->settings, site_->settings.text("rpc.port_range")));
  TRY(topology::check_listeners(roles, site_->config.profile, out.settings));
  out.listeners = topology::listeners_of(roles, site_->config.profile, out.settings);
  return out;
}

Result<void> SiteSystem::open_listeners(std::vector<LegRoutes> legs) {
  const HostPorts ports = TRY(host_ports());
  for (const LegRoutes& each : legs)
    if (!declared(ports.listeners, each.leg))
      return fail(kMissingHandler, "{}: no role of this host answers there",
                  topology::leg_name(topology::leg_of(each.leg)));
  const auto first_rpc = std::stable_partition(legs.begin(), legs.end(), [](const LegRoutes& each) {
    return each.leg.protocol != topology::Protocol::Rpc;
  });
  std::vector<LegRoutes> rpc(std::make_move_iterator(first_rpc),
                             std::make_move_iterator(legs.end()));
  legs.erase(first_rpc, legs.end());
  allow_connections(site_->settings);
  server_ =
      std::make_unique<net::Server>(server_settings(site_->settings, site_->random), site_->clock);
  site_->server = server_.get();
  TRY(open_web(std::move(legs), ports));
  return open_interfaces(std::move(rpc), ports);
}

std::unique_ptr<RouteTable> SiteSystem::make_table() {
  auto table = std::make_unique<RouteTable>(site_->clock, site_->access);
  table->count_in(*site_->figures);
  table->admit_by(*site_->admission, [site = site_] { return site->congestion(); });
  return table;
}

Result<void> SiteSystem::open_web(std::vector<LegRoutes> legs, const HostPorts& ports) {
  struct Port {
    std::unique_ptr<RouteTable> table;
    bool tls = false;
    net::TlsVersion least = net::TlsVersion::Tls13;
    std::string names;
  };
  std::map<std::uint16_t, Port> by_port;
  const bool https_only = site_->settings.boolean(topology::kHttpsOnlySetting);
  for (LegRoutes& each : legs) {
    const auto& leg = topology::leg_of(each.leg);
    if (https_only && topology::is_closed_by_https_only(leg)) continue;
    Port& port = by_port[topology::listen_port(leg, site_->config.profile, ports.settings)];
    if (!port.table) port.table = make_table();
    port.tls = each.leg.protocol == topology::Protocol::Https;
    port.least = std::min(port.least, least_version(each.leg));
    port.names += (port.names.empty() ? "" : ", ") + topology::leg_name(leg);
    for (Route& route : each.routes) port.table->add(std::move(route));
  }
  for (auto& [number, port] : by_port) {
    std::shared_ptr<net::TlsServer> tls;
    if (port.tls) tls_.push_back(tls = TRY(make_tls(port.least, ClientCertificate::Asked)));
    const auto opened =
        TRY_IN(server_->listen(site_->config.address, number, std::move(tls),
                               [table = port.table.get()](const net::RequestHead& head) {
                                 return table->resolve(head);
                               }),
               "{}", port.names);
    add_opened(port.names, opened);
    tables_.push_back(std::move(port.table));
  }
  return {};
}

Result<void> SiteSystem::open_interfaces(std::vector<LegRoutes> legs, const HostPorts& ports) {
  for (LegRoutes& each : legs) {
    const auto* const interface = contract::find_interface(each.leg);
    MUSTER_CHECK(interface != nullptr);
    const std::string name = topology::leg_name(topology::leg_of(each.leg));
    auto table = make_table();
    for (Route& route : each.routes) {
      // Who may call an interface is somebody; what anybody may ask is asked elsewhere.
      MUSTER_CHECK(route.access != Access::Public && route.bearer.empty());
      table->add(std::move(route));
    }
    auto tls = TRY(make_tls(net::TlsVersion::Tls13, ClientCertificate::Demanded));
    tls_.push_back(tls);
    const auto opened = TRY_IN(listen_on_dynamic(ports, std::move(tls), *table), "{}", name);
    tables_.push_back(std::move(table));
    add_opened(name, opened);
    endpoints_.set({interface->id, opened, {}, std::string(interface->name)});
  }
  if (legs.empty()) return {};
  const auto by_udp = site_->settings.boolean("rpc.mapper_udp");
  for (const auto& leg : topology::legs_of(legs.front().leg.connection)) {
    if (leg.protocol != topology::Protocol::RpcEndpointMapper) continue;
    if (leg.transport == topology::Transport::Tcp) TRY(open_mapper(leg, ports));
    if (leg.transport == topology::Transport::Udp && by_udp) TRY(open_datagram_mapper(leg, ports));
  }
  return {};
}

Result<std::uint16_t> SiteSystem::listen_on_dynamic(const HostPorts& ports,
                                                    std::shared_ptr<net::TlsServer> tls,
                                                    const RouteTable& table) {
  const auto listen = [&](std::uint16_t port) {
    return server_->listen(
        site_->config.address, port, tls,
        [table = &table](const net::RequestHead& head) { return table->resolve(head); });
  };
  const auto range = ports.settings.rpc_range();
  if (!range) return listen(0);
  for (std::uint32_t port = range->first; port <= range->last; ++port)
    if (auto opened = listen(static_cast<std::uint16_t>(port))) return opened;
  return fail(net::kListenFailed, "no port of rpc.port_range {}-{} is free", range->first,
              range->last);
}

Result<void> SiteSystem::open_mapper(const topology::Leg& leg, const HostPorts& ports) {
  net::StreamLimits limits;
  limits.connections = static_cast<std::size_t>(site_->settings.integer("rpc.mapper_connections"));
  limits.connections_per_address =
      static_cast<std::size_t>(site_->settings.integer("rpc.mapper_connections_per_address"));
  limits.answer_time = site_->settings.duration("rpc.mapper_answer_time");
  const auto port = topology::listen_port(leg, site_->config.profile, ports.settings);
  const std::string name = topology::leg_name(leg);
  mapper_ = TRY_IN(transport::EndpointMapper::start(site_->config.address, port, endpoints_,
                                                    site_->random, site_->clock, limits),
                   "{}", name);
  add_opened(name, mapper_->port());
  return {};
}

Result<void> SiteSystem::open_datagram_mapper(const topology::Leg& leg, const HostPorts& ports) {
  net::DatagramSettings settings;
  settings.address = site_->config.address;
  settings.port = topology::listen_port(leg, site_->config.profile, ports.settings);
  settings.hash_key = site_->random.bytes(kHashKeySize);
  const auto boot = static_cast<std::uint32_t>(site_->clock.now().ms / 1000);
  const auto own = transport::ip_v4(TRY(net::parse_address(site_->config.address, 0)));
  settings.answer = [endpoints = &endpoints_, own, boot](ByteView datagram) {
    return transport::answer_datagram(datagram, *endpoints, own, boot);
  };
  const std::string name = topology::leg_name(leg);
  mapper_udp_ = TRY_IN(net::DatagramServer::start(std::move(settings), site_->clock), "{}", name);
  add_opened(name, mapper_udp_->port());
  return {};
}

void SiteSystem::add_opened(const std::string& legs, std::uint16_t port) {
  opened_.push_back({legs, site_->config.address, port});
  log::info("host.listening", "a listener is open",
            {{"connection", legs}, {"address", site_->config.address}, {"port", port}});
}

void SiteSystem::upkeep() {
  Timestamp next_keys = site_->clock.now() + std::chrono::hours(24);
  while (!stopping_.wait(kUpkeepInterval)) {
    const Timestamp now = site_->clock.now();
    if (now >= renew_at_) {
      if (const auto made = make_certificate(); !made) {
        log::failure(log::Level::Error, "host.certificate.failed", made.error());
        continue;
      }
      for (const auto& tls : tls_)
        if (const auto done = tls->replace_certificate(chain_pem_, key_pem_); !done)
          log::failure(log::Level::Error, "host.certificate.failed", done.error());
      log::info("host.certificate.renewed", "the site system has a new certificate");
    }
    if (now >= next_keys) {
      next_keys = now + std::chrono::hours(24);
      ticket_keys_.insert(ticket_keys_.begin(), site_->random.bytes(kTicketKeyBytes));
      ticket_keys_.resize(std::min(ticket_keys_.size(), kTicketKeyCount));
      Bytes all;
      for (const Bytes& key : ticket_keys_) all += key;
      const auto stored =
          os::replace_file(site_->folder("tls") / "ticket-keys", all, os::FileMode::Private);
      if (!stored) log::failure(log::Level::Error, "host.tickets.failed", stored.error());
      for (const auto& tls : tls_)
        if (const auto done = tls->replace_ticket_keys(ticket_keys_); !done)
          log::failure(log::Level::Error, "host.tickets.failed", done.error());
    }
  }
}

}  // namespace muster::hosting
