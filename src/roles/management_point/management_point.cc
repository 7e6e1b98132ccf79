#include "roles/management_point/management_point.h"

#include "contract/nudge.h"
#include "hosting/public_documents.h"
#include "hosting/sealed_leg.h"
#include "roles/management_point/enrolment.h"
#include "roles/management_point/message_intake.h"
#include "roles/management_point/nudge_answers.h"
#include "roles/management_point/policy_answers.h"

namespace muster::management_point {
namespace {

using hosting::Access;
using net::Where;

hosting::Route route(std::string method, std::string pattern, Access access, Where where,
                     std::size_t body_limit, std::function<net::Response(hosting::Call&)> handler) {
  return {.connection = "17",
          .method = std::move(method),
          .pattern = std::move(pattern),
          .access = access,
          .where = where,
          .body_limit_bytes = body_limit,
          .body_folder = {},
          .handler = std::move(handler)};
}

// What an enrolled device asks, over either leg.
std::vector<hosting::Route> device_routes(hosting::Site& site) {
  const auto intake = std::make_shared<Intake>();
  const std::size_t message_limit = site.settings.size_bytes("http.body_size");
  return {
      route("GET", "/mp/policy", Access::Device, Where::Loop, 0,
            [&site](hosting::Call& call) { return answer_policy(site, call); }),
      route("GET", "/mp/policy/body/*", Access::Device, Where::Loop, 0,
            [&site](hosting::Call& call) { return answer_policy_body(site, call); }),
      route("POST", "/mp/messages", Access::Device, Where::Pool, message_limit,
            [&site, intake](hosting::Call& call) { return take_message(site, call, *intake); })};
}

}  // namespace

Legs legs(hosting::Site& site) {
  constexpr std::size_t kRequestLimit = 32u << 10;
  const auto devices = device_routes(site);
  Legs out{hosting::public_routes(site, "17"), hosting::public_routes(site, "17"), {}};
  out.http.push_back(hosting::sealed_route(site, "17", devices));
  out.https.insert(out.https.end(), devices.begin(), devices.end());
  out.https.push_back(route("POST", "/.well-known/est/simpleenroll", Access::Public, Where::Pool,
                            kRequestLimit,
                            [&site](hosting::Call& call) { return est_enroll(site, call); }));
  out.https.push_back(route("POST", "/.well-known/est/simplereenroll", Access::Renewal, Where::Pool,
                            kRequestLimit,
                            [&site](hosting::Call& call) { return est_reenroll(site, call); }));
  out.nudge.push_back({.connection = "E2",
                       .method = "GET",
                       .pattern = std::string(contract::kNudgePath),
                       .access = Access::Device,
                       .where = Where::Loop,
                       .body_limit_bytes = 0,
                       .body_folder = {},
                       .hold = [&site](hosting::Call& call) { return hold_nudge(site, call); }});
  return out;
}

}  // namespace muster::management_point
