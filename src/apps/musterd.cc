// musterd: hosts the roles that its configuration names.
//   musterd --config FILE
#include <algorithm>
#include <cstdio>
#include <string_view>

#include "base/log_settings.h"
#include "base/os/file.h"
#include "base/os/system.h"
#include "base/settings_tables.h"
#include "hosting/metrics_page.h"
#include "hosting/site_system.h"
#include "hosting/stop_signal.h"
#include "roles/distribution_point/distribution_point.h"
#include "roles/fallback_status_point/fallback_status_point.h"
#include "roles/management_point/management_point.h"
#include "roles/provider/provider.h"
#include "roles/server_locator_point/server_locator_point.h"
#include "roles/site_server/site_server.h"

namespace {

using muster::fallback_status_point::FallbackStatusPoint;
using muster::topology::connection;
using muster::topology::extension;
using muster::topology::Protocol;

bool hosts(const muster::hosting::Site& site, muster::topology::Role role) {
  return std::ranges::find(site.config.roles, role) != site.config.roles.end();
}

muster::Result<std::vector<muster::hosting::LegRoutes>> legs_of(
    muster::hosting::Site& site, const muster::provider::HostPorts& ports,
    FallbackStatusPoint* fallback) {
  using muster::topology::Role;
  std::vector<muster::hosting::LegRoutes> legs;
  if (hosts(site, Role::ManagementPoint)) {
    auto own = muster::management_point::legs(site);
    legs.push_back({{connection(17), Protocol::Http}, std::move(own.http)});
    legs.push_back({{connection(17), Protocol::Https}, std::move(own.https)});
    legs.push_back({{extension(2), Protocol::Https}, std::move(own.nudge)});
  }
  if (hosts(site, Role::ServerLocatorPoint))
    legs.push_back({{connection(18), Protocol::Http}, muster::server_locator_point::routes(site)});
  if (fallback) legs.push_back({{connection(13), Protocol::Http}, fallback->routes()});
  if (hosts(site, Role::DistributionPoint)) {
    legs.push_back(
        {{connection(15), Protocol::Http}, muster::distribution_point::http_routes(site)});
    legs.push_back(
        {{connection(15), Protocol::Https}, muster::distribution_point::https_routes(site)});
  }
  if (hosts(site, Role::Provider)) {
    auto routes = muster::provider::routes(site, ports);
    routes.push_back(TRY(muster::hosting::metrics_route(site)));
    legs.push_back({{extension(1), Protocol::Https}, std::move(routes)});
    legs.push_back({{connection(26), Protocol::Rpc}, muster::provider::rpc_routes(site, ports)});
  }
  return legs;
}

muster::Result<void> run(const char* file) {
  const auto text = TRY(muster::os::read_file(file));
  auto config = TRY(muster::contract::decode_site_config(text, file));
  TRY(muster::os::make_private_folder(config.state));
  TRY(muster::log::open_by_settings("musterd", config.state + "/musterd.log",
                                    muster::host_settings(), config.settings));
  const muster::os::SystemClock clock;
  muster::os::SystemRandom random;
  auto site = TRY(muster::hosting::open_site(std::move(config), clock, random));
  auto server = TRY(muster::site_server::SiteServer::start(*site));
  const muster::provider::HostPorts ports{
      .ready = [&] { return server->keeps_up(); },
      .replay = [&](std::int64_t number) { return server->replay(number); }};
  std::unique_ptr<FallbackStatusPoint> fallback;
  if (hosts(*site, muster::topology::Role::FallbackStatusPoint))
    fallback = TRY(FallbackStatusPoint::start(*site));
  auto legs = TRY(legs_of(*site, ports, fallback.get()));
  auto system = TRY(muster::hosting::SiteSystem::start(*site, std::move(legs)));
  muster::hosting::wait_for_stop_signal();
  system->stop(std::chrono::seconds(5));
  if (fallback) fallback->stop();
  server->stop();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || std::string_view(argv[1]) != "--config") {
    std::fprintf(stderr, "usage: musterd --config FILE\n");
    return 2;
  }
  muster::hosting::block_stop_signals();
  const auto done = run(argv[2]);
  if (done) return 0;
  std::fprintf(stderr, "musterd: %s\n", done.error().text_with_advice().c_str());
  return 1;
}
