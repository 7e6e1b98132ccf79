#include "roles/management_point/management_point.h"

#include "hosting/public_documents.h"
#include "roles/management_point/enrolment.h"
#include "roles/management_point/message_intake.h"
#include "roles/management_point/policy_answers.h"

namespace muster::management_point {

std::vector<hosting::Route> routes(hosting::Site& site) {
  using hosting::Access;
  using net::Where;
  const auto route = [](std::string method, std::string pattern, Access access, Where where,
                        std::size_t body_limit, auto handler) {
    return hosting::Route{.connection = "17",
                          .method = std::move(method),
                          .pattern = std::move(pattern),
                          .access = access,
                          .where = where,
                          .body_limit_bytes = body_limit,
                          .body_folder = {},
                          .handler = std::move(handler)};
  };
  constexpr std::size_t kRequestLimit = 32u << 10;
  const auto limit = std::make_shared<hosting::IntakeLimit>();
  const std::size_t message_limit = site.settings.size_bytes("http.body_size");
  auto routes = hosting::public_routes(site, "17");
  for (hosting::Route& each : std::vector<hosting::Route>{
           route("GET", "/mp/policy", Access::Device, Where::Loop, 0,
                 [&site](hosting::Call& call) { return answer_policy(site, call); }),
           route("GET", "/mp/policy/body/*", Access::Device, Where::Loop, 0,
                 [&site](hosting::Call& call) { return answer_policy_body(site, call); }),
           route("POST", "/mp/messages", Access::Device, Where::Pool, message_limit,
                 [&site, limit](hosting::Call& call) { return take_message(site, call, *limit); }),
           route("POST", "/.well-known/est/simpleenroll", Access::Public, Where::Pool,
                 kRequestLimit, [&site](hosting::Call& call) { return est_enroll(site, call); }),
           route("POST", "/.well-known/est/simplereenroll", Access::Renewal, Where::Pool,
                 kRequestLimit, [&site](hosting::Call& call) { return est_reenroll(site, call); }),
       })
    routes.push_back(std::move(each));
  return routes;
}

std::vector<hosting::Route> http_routes(hosting::Site& site) {
  return hosting::public_routes(site, "17");
}

}  // namespace muster::management_point
