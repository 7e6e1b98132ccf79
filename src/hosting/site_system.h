// One site system at work: its certificate, its listeners and the routes on them. Everything about
// ports comes from the table of connections.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "hosting/route_table.h"
#include "hosting/site.h"
#include "net/datagram_server.h"
#include "net/http_server.h"
#include "topology/legs.h"
#include "topology/port_settings.h"
#include "transport/endpoint_mapper.h"

namespace muster::hosting {

// What a role answers on one leg of the table.
struct LegRoutes {
  topology::LegRef leg;
  std::vector<Route> routes;
};

class SiteSystem {
 public:
  // Fetches the site system's certificate, opens a listener for each port that the legs name (legs
  // on one port share it) and serves. Legs of RPC have a dynamic port each, where a certificate is
  // demanded, and the endpoint mapper tells which; without such a leg there is no mapper. Errors:
  // kMissingHandler for a leg that no role of this host has in the table; those of signer, TLS and
  // sockets.
  static Result<std::unique_ptr<SiteSystem>> start(Site& site, std::vector<LegRoutes> legs);
  // Ends running requests within `time`.
  void stop(Duration time);
  ~SiteSystem();

  struct Opened {
    std::string legs;  // "15 HTTPS, 17 HTTPS"
    std::string address;
    std::uint16_t port;
  };
  const std::vector<Opened>& opened() const { return opened_; }

 private:
  explicit SiteSystem(Site& site);
  struct HostPorts {
    topology::PortSettings settings;
    std::vector<topology::Listener> listeners;
  };
  Result<HostPorts> host_ports() const;
  Result<void> open_listeners(std::vector<LegRoutes> legs);
  Result<void> open_web(std::vector<LegRoutes> legs, const HostPorts& ports);
  Result<void> open_interfaces(std::vector<LegRoutes> legs, const HostPorts& ports);
  Result<void> open_mapper(const topology::Leg& leg, const HostPorts& ports);
  Result<void> open_datagram_mapper(const topology::Leg& leg, const HostPorts& ports);
  std::unique_ptr<RouteTable> make_table();
  void add_opened(const std::string& legs, std::uint16_t port);
  // On the first free port of the range, or on one of the kernel's choice.
  Result<std::uint16_t> listen_on_dynamic(const HostPorts& ports,
                                          std::shared_ptr<net::TlsServer> tls,
                                          const RouteTable& table);
  Result<void> make_certificate();
  Result<void> load_ticket_keys();
  enum class ClientCertificate { Asked, Demanded };
  Result<std::shared_ptr<net::TlsServer>> make_tls(net::TlsVersion least_version,
                                                   ClientCertificate wanted);
  void upkeep();

  Site* site_;
  std::vector<std::unique_ptr<RouteTable>> tables_;
  transport::EndpointList endpoints_;
  std::unique_ptr<transport::EndpointMapper> mapper_;
  std::unique_ptr<net::DatagramServer> mapper_udp_;
  std::unique_ptr<net::Server> server_;
  std::vector<std::shared_ptr<net::TlsServer>> tls_;
  std::vector<Opened> opened_;
  std::string chain_pem_;
  std::string key_pem_;
  std::vector<Bytes> ticket_keys_;
  Timestamp renew_at_;
  Wake stopping_;
  std::thread upkeep_;
};

}  // namespace muster::hosting
