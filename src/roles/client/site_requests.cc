#include "roles/client/site_requests.h"

#include "base/log.h"
#include "contract/pace.h"
#include "contract/policy_bodies.h"
#include "contract/problem.h"
#include "roles/client/errors.h"
#include "trust/est.h"

namespace muster::client {
namespace {

constexpr std::uint64_t kNudgeLimit = 16u << 10;
constexpr Duration kNudgeTime = std::chrono::seconds(15);  // to be sent, and to arrive

net::ClientRequest est_request(const char* path, ByteView request_der) {
  net::ClientRequest request;
  request.method = "POST";
  request.url = path;
  request.headers.add("Content-Type", trust::kEstRequestType);
  request.body = trust::encode_est_request(request_der);
  return request;
}

}  // namespace

Failure refused(const net::ClientResponse& response, std::string_view what) {
  const auto problem = contract::decode_problem(response.body);
  if (problem)
    return fail(kSiteAnswer, "{}: status {}, M{} {}: {}", what, response.status, problem->number,
                problem->title, problem->detail);
  return fail(kSiteAnswer, "{}: status {}", what, response.status);
}

Duration read_wait(const net::ClientResponse& response) {
  if (response.status != 429 && response.status != 503) return Duration(0);
  const auto text = response.headers.find("Retry-After");
  if (!text) return Duration(0);
  const auto wait = contract::decode_retry_after(*text);
  if (wait) return *wait;
  log::failure(log::Level::Warning, "link.pace.refused", wait.error(), {{"connection", 17}});
  return Duration(0);
}

double read_stretch(const net::ClientResponse& response) {
  const auto text = response.headers.find(contract::kStretchHeader);
  if (!text) return 1;
  const auto hundredths = contract::decode_stretch(*text);
  if (hundredths) return *hundredths / 100.0;
  log::failure(log::Level::Warning, "link.pace.refused", hundredths.error(), {{"connection", 17}});
  return 1;
}

net::ClientRequest enrolment_request(ByteView request_der, const std::string& password) {
  net::ClientRequest request = est_request("/.well-known/est/simpleenroll", request_der);
  if (!password.empty())
    request.headers.add("Authorization", "Basic " + to_base64("token:" + password));
  return request;
}

net::ClientRequest renewal_request(ByteView request_der) {
  return est_request("/.well-known/est/simplereenroll", request_der);
}

Result<trust::Certificate> read_certificate(const net::ClientResponse& response,
                                            const std::optional<trust::Certificate>& ca) {
  if (response.status == 202) return fail(kPending, "the request waits for approval");
  if (response.status != 200) return refused(response, "enrolment");
  auto certificates = TRY(trust::decode_est_certificates(response.body));
  if (certificates.size() != 1)
    return fail(kSiteAnswer, "enrolment: {} certificates came", certificates.size());
  if (!ca) return fail(kSiteAnswer, "enrolment: the site's CA did not come");
  TRY(trust::check_issued_by(certificates[0], *ca));
  return std::move(certificates[0]);
}

net::ClientRequest policy_request(const std::string& etag, const contract::PollMark& mark) {
  net::ClientRequest request;
  request.url = "/mp/policy";
  request.headers.add(contract::kPollMarkHeader, contract::encode_poll_mark(mark));
  if (!etag.empty()) request.headers.add("If-None-Match", etag);
  return request;
}

Result<PolicyAnswer> read_policy(const net::ClientResponse& response) {
  PolicyAnswer answer;
  if (const auto time = response.headers.find("Muster-Site-Time"))
    answer.site_time = TRY(from_base64(*time));
  if (const auto look = response.headers.find(contract::kLookHeader)) {
    auto cycles = contract::decode_look(*look);
    if (cycles)
      answer.look = *std::move(cycles);
    else  // a hint: without it the poll is as good
      log::failure(log::Level::Warning, "nudge.refused", cycles.error());
  }
  answer.unchanged = response.status == 304;
  if (answer.unchanged) return answer;
  if (response.status != 200) return refused(response, "policy");
  answer.document = response.body;
  answer.etag = response.headers.get("ETag");
  return answer;
}

net::ClientRequest policy_body_request(const std::string& sha256) {
  net::ClientRequest request;
  request.url = "/mp/policy/body/" + sha256;
  return request;
}

net::ClientRequest policy_bodies_request(std::span<const std::string> sha256) {
  net::ClientRequest request;
  request.url = std::string(contract::kPolicyBodiesPath) + contract::encode_body_names(sha256);
  return request;
}

Result<std::optional<std::vector<Bytes>>> read_policy_bodies(const net::ClientResponse& response) {
  if (response.status == 429 || response.status >= 500) return refused(response, "policy bodies");
  if (response.status != 200) return std::optional<std::vector<Bytes>>();
  return std::optional(TRY_IN(contract::decode_policy_bodies(response.body), "policy bodies"));
}

net::ClientRequest nudge_request(std::uint64_t seen, const std::string& etag) {
  net::ClientRequest request;
  request.url = fmt::format("{}?{}={}", contract::kNudgePath, contract::kNudgeSeen, seen);
  request.body_limit_bytes = kNudgeLimit;
  request.time = kNudgeTime;
  if (!etag.empty()) request.headers.add("If-None-Match", etag);
  return request;
}

Result<std::optional<contract::Nudge>> read_nudge(const net::ClientResponse& response) {
  if (response.status == 404 || response.status == 405) return std::optional<contract::Nudge>();
  if (response.status != 200) return refused(response, "nudge");
  return std::optional(TRY_IN(contract::decode_nudge(response.body), "nudge"));
}

net::ClientRequest message_request(ByteView envelope, contract::MessageType type) {
  net::ClientRequest request;
  request.method = "POST";
  request.url = "/mp/messages";
  request.headers.add("Content-Type", "application/vnd.muster.envelope");
  request.headers.add(contract::kMessageHeader, to_text(type));
  request.body = Bytes(envelope);
  return request;
}

Result<void> read_receipt(const net::ClientResponse& response) {
  if (response.status == 204) return {};
  if (response.status == 409) return fail(kStreamRefused, "{}", response.body.substr(0, 500));
  return refused(response, "message");
}

std::string catalogue_path(const std::string& name) { return "/catalogue/" + name; }

std::string root_path(std::uint64_t version) {
  return fmt::format("/catalogue/{}.root.json", version);
}

std::string content_path(const std::string& folder, const std::string& sha256) {
  return fmt::format("/content/{}/{}", folder, sha256);
}

}  // namespace muster::client
