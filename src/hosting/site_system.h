// One site system at work: its certificate, its listeners and the routes on them. Everything about
// ports comes from the table of connections.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "hosting/route_table.h"
#include "hosting/site.h"
#include "net/http_server.h"
#include "topology/legs.h"

namespace muster::hosting {

// What a role answers on one leg of the table.
struct LegRoutes {
  topology::LegRef leg;
  std::vector<Route> routes;
};

class SiteSystem {
 public:
  // Fetches the site system's certificate, opens a listener for each port that the legs name (legs
  // on one port share it) and serves. Errors: kMissingHandler for a leg that no role of this host
  // has in the table; those of signer, TLS and sockets.
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
  Result<void> open_listeners(std::vector<LegRoutes> legs);
  Result<void> make_certificate();
  Result<void> load_ticket_keys();
  Result<std::shared_ptr<net::TlsServer>> make_tls(net::TlsVersion least_version);
  void upkeep();

  Site* site_;
  std::vector<std::unique_ptr<RouteTable>> tables_;
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
