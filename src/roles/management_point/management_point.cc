#include "roles/management_point/management_point.h"

#include <charconv>

#include "contract/nudge.h"
#include "contract/pace.h"
#include "contract/policy_bodies.h"
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

// Without a word of the client (an older one, or a sealed request) by its size: only inventories
// and files are large.
hosting::TrafficClass class_of_message(const net::RequestHead& head) {
  constexpr std::size_t kLargestStatus = 16u << 10;
  if (const auto said = head.headers.find(contract::kMessageHeader)) return message_class(*said);
  const auto text = head.headers.get("Content-Length");
  std::size_t size = kLargestStatus + 1;
  std::from_chars(text.data(), text.data() + text.size(), size);
  return size > kLargestStatus ? hosting::TrafficClass::Inventory : hosting::TrafficClass::Status;
}

hosting::Route message_route(hosting::Site& site) {
  const auto intake = std::make_shared<Intake>();
  hosting::Route out =
      route("POST", "/mp/messages", Access::Device, Where::Pool,
            site.settings.size_bytes("http.body_size"),
            [&site, intake](hosting::Call& call) { return take_message(site, call, *intake); });
  out.traffic_of = class_of_message;
  out.cost = 4;
  return out;
}

hosting::Route est_route(std::string name, Access access,
                         std::function<net::Response(hosting::Call&)> handler) {
  constexpr std::size_t kRequestLimit = 32u << 10;
  hosting::Route out = route("POST", "/.well-known/est/" + std::move(name), access, Where::Pool,
                             kRequestLimit, std::move(handler));
  out.traffic = hosting::TrafficClass::Status;
  out.cost = 10;
  return out;
}

// What an enrolled device asks, over either leg.
std::vector<hosting::Route> device_routes(hosting::Site& site) {
  return {route("GET", "/mp/policy", Access::Device, Where::Loop, 0,
                [&site](hosting::Call& call) { return answer_policy(site, call); }),
          route("GET", "/mp/policy/body/*", Access::Device, Where::Loop, 0,
                [&site](hosting::Call& call) { return answer_policy_body(site, call); }),
          route("GET", std::string(contract::kPolicyBodiesPath) + "*", Access::Device, Where::Loop,
                0, [&site](hosting::Call& call) { return answer_policy_bodies(site, call); }),
          message_route(site)};
}

}  // namespace

Legs legs(hosting::Site& site) {
  const auto devices = device_routes(site);
  Legs out{hosting::public_routes(site, "17"), hosting::public_routes(site, "17"), {}};
  out.http.push_back(hosting::sealed_route(site, "17", devices));
  out.https.insert(out.https.end(), devices.begin(), devices.end());
  out.https.push_back(est_route("simpleenroll", Access::Public,
                                [&site](hosting::Call& call) { return est_enroll(site, call); }));
  out.https.push_back(est_route("simplereenroll", Access::Renewal,
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
