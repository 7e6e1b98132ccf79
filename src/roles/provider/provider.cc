#include "roles/provider/provider.h"

#include "contract/rpc_interface.h"
#include "hosting/errors.h"
#include "roles/provider/answers.h"
#include "roles/provider/collected_files_api.h"
#include "roles/provider/deployment_status.h"
#include "roles/provider/device_cycles.h"
#include "roles/provider/devices_api.h"
#include "roles/provider/explain.h"
#include "roles/provider/objects_api.h"
#include "roles/provider/operators_api.h"
#include "roles/provider/plan_api.h"
#include "roles/provider/site_api.h"

namespace muster::provider {
namespace {

constexpr std::size_t kSmallBody = 1u << 20;
constexpr std::size_t kObjectBody = 64u << 20;

using Function = Result<net::Response> (*)(hosting::Site&, hosting::Call&);

class Routes {
 public:
  explicit Routes(hosting::Site& site) : site_(&site) {}

  hosting::Route& add(std::string method, std::string pattern, Function function,
                      std::size_t body_limit = 0) {
    auto handler = [site = site_, function](hosting::Call& call) {
      return answer(function(*site, call));
    };
    return add_handler(std::move(method), std::move(pattern), std::move(handler), body_limit);
  }
  hosting::Route& add_handler(std::string method, std::string pattern,
                              std::function<net::Response(hosting::Call&)> handler,
                              std::size_t body_limit = 0) {
    routes_.push_back({.connection = "E1",
                       .method = std::move(method),
                       .pattern = std::move(pattern),
                       .access = hosting::Access::Operator,
                       .where = net::Where::Pool,
                       .body_limit_bytes = body_limit,
                       .body_folder = {},
                       .handler = std::move(handler)});
    return routes_.back();
  }
  std::vector<hosting::Route> take() && { return std::move(routes_); }

 private:
  hosting::Site* site_;
  std::vector<hosting::Route> routes_;
};

// Anybody may ask; so it does not stand before what operators order.
void make_public(hosting::Route& route) {
  route.access = hosting::Access::Public;
  route.traffic = hosting::TrafficClass::Status;
}

void add_health(Routes& routes, const HostPorts& ports) {
  make_public(routes.add_handler(
      "GET", "/livez", [](hosting::Call&) { return net::text_response(200, "alive\n"); }));
  make_public(routes.add_handler("GET", "/readyz", [ready = ports.ready](hosting::Call&) {
    if (ready()) return net::text_response(200, "ready\n");
    return hosting::problem(503, Error(hosting::kNotReady, "a component is still starting"));
  }));
}

}  // namespace

std::vector<hosting::Route> routes(hosting::Site& site, const HostPorts& ports) {
  Routes routes(site);
  add_health(routes, ports);
  routes.add("GET", "/api/v1/site", get_site);
  routes.add("POST", "/api/v1/query", run_query, kSmallBody).traffic =
      hosting::TrafficClass::Status;
  routes.add("POST", "/api/v1/plan", plan_objects, kObjectBody).traffic =
      hosting::TrafficClass::Status;
  routes.add("GET", "/api/v1/devices", list_devices);
  routes.add("GET", "/api/v1/devices/*", get_device);
  routes.add("DELETE", "/api/v1/devices/*", delete_device);
  routes.add("GET", "/api/v1/devices/*/files", list_files);
  routes.add("GET", "/api/v1/devices/*/files/*", get_file);
  routes.add("POST", "/api/v1/devices/*/approve", approve_device);
  routes.add("POST", "/api/v1/devices/*/block", block_device);
  routes.add("POST", "/api/v1/devices/*/cycles/*", trigger_cycle);
  routes.add("POST", "/api/v1/collections/*/cycles/*", trigger_collection);
  routes.add("GET", "/api/v1/devices/*/policy", get_device_policy);
  routes.add("POST", "/api/v1/operators/*/approve", approve_operator);
  routes.add("POST", "/api/v1/operators/*/block", block_operator);
  routes.add("GET", "/api/v1/explain/*/*", explain_deployment);
  routes.add("POST", "/api/v1/enrolment-tokens", create_token, kSmallBody);
  routes.add("GET", "/api/v1/content/*", get_content).traffic = hosting::TrafficClass::Content;
  hosting::Route& upload = routes.add("PUT", "/api/v1/content/*", put_content,
                                      site.settings.size_bytes("content.upload_limit"));
  upload.body_folder = site.folder("uploads");
  upload.traffic = hosting::TrafficClass::Content;
  routes.add("GET", "/api/v1/catalogue/*", get_catalogue);
  routes.add("PUT", "/api/v1/catalogue/*", put_catalogue, kObjectBody);
  routes.add("GET", "/api/v1/status-messages", list_status);
  routes.add("GET", "/api/v1/fallback-messages", list_fallback);
  routes.add("GET", "/api/v1/audit", list_audit);
  routes.add("GET", "/api/v1/quarantine", list_quarantine);
  routes.add_handler("POST", "/api/v1/quarantine/*/replay", [&site, ports](hosting::Call& call) {
    return answer(replay(site, call, ports));
  });
  routes.add("GET", "/api/v1/deployments/*/devices", list_deployment_devices);
  // The kinds of objects come last: they would match the names above.
  routes.add("GET", "/api/v1/*", list_objects);
  routes.add("POST", "/api/v1/*", create_object, kObjectBody);
  routes.add("GET", "/api/v1/*/*", get_object);
  routes.add("PUT", "/api/v1/*/*", update_object, kObjectBody);
  routes.add("DELETE", "/api/v1/*/*", delete_object);
  return std::move(routes).take();
}

std::vector<hosting::Route> rpc_routes(hosting::Site& site, const HostPorts& ports) {
  auto out = routes(site, ports);
  for (hosting::Route& route : out) {
    route.connection = topology::to_text(contract::kProviderInterface.leg.connection);
    route.access = hosting::Access::Operator;
  }
  return out;
}

}  // namespace muster::provider
