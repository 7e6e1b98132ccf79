#include "roles/server_locator_point/server_locator_point.h"

#include "base/log.h"
#include "base/version.h"
#include "contract/location.h"
#include "hosting/intake_limit.h"
#include "hosting/public_documents.h"
#include "roles/server_locator_point/boundaries.h"
#include "roles/server_locator_point/errors.h"

namespace muster::server_locator_point {
namespace {

struct Locator {
  explicit Locator(hosting::Site& owner)
      : site(owner), boundaries(owner), limit(rule(owner.settings)) {}

  static hosting::IntakeRule rule(const Settings& settings) {
    const auto a_minute = static_cast<double>(settings.integer("locator.answers_per_minute"));
    return {.burst = a_minute, .per_second = a_minute / 60, .senders = 100'000};
  }

  hosting::Site& site;
  Boundaries boundaries;
  hosting::IntakeLimit limit;
};

// `boundary` of the client: its management points come first.
void name_site(const hosting::Site& site, const model::SiteCode& code, std::string_view boundary,
               contract::LocatorAnswer& answer) {
  answer.outcome = contract::LocatorOutcome::Found;
  answer.site = code;
  // Of another site nothing is known here but that the boundary is its own.
  if (code != site.config.site) return;
  answer.site_version = kVersion;
  answer.management_points = hosting::ordered_points(hosting::listed_points(site), boundary);
}

// What the client names of itself comes first: the connection's address may be that of a proxy, or
// of someone who hands the question on.
Result<void> find_by_address(Locator& locator, contract::LocatorAnswer& answer) {
  const auto map = TRY(locator.boundaries.current());
  std::vector<model::IpAddress> candidates = answer.question.addresses;
  candidates.push_back(answer.seen);
  for (const model::IpAddress& address : candidates) {
    const auto* found = map->find(address);
    if (!found) continue;
    name_site(locator.site, found->site, found->boundary.name, answer);
    answer.matched = address;
    return {};
  }
  answer.outcome = contract::LocatorOutcome::NoBoundary;
  return {};
}

Result<Bytes> answer_to(Locator& locator, contract::LocatorQuestion question,
                        const model::IpAddress& seen, Timestamp now) {
  contract::LocatorAnswer answer{std::move(question), now, seen};
  if (!answer.question.site) {
    TRY(find_by_address(locator, answer));
  } else if (*answer.question.site == locator.site.config.site) {
    name_site(locator.site, locator.site.config.site, "", answer);
  } else {
    answer.outcome = contract::LocatorOutcome::UnknownSite;
  }
  return locator.site.signer.sign_document(contract::SignedType::LocatorAnswer,
                                           contract::encode_locator_answer(answer));
}

net::Response answer_question(Locator& locator, hosting::Call& call) {
  const std::string& peer = call.request.head.peer.address;
  if (!locator.limit.take(hosting::intake_sender(peer), call.now)) {
    net::Response response =
        hosting::problem(429, Error(kTooManyQuestions, fmt::format("address {}", peer)));
    response.headers.add("Retry-After", "60");
    return response;
  }
  auto question = contract::decode_locator_query(call.request.head.query);
  if (!question) return hosting::problem(400, question.error());
  const auto seen = model::IpAddress::parse(peer);
  if (!seen) return hosting::problem(400, seen.error());
  auto signed_answer = answer_to(locator, *std::move(question), *seen, call.now);
  if (!signed_answer) {
    log::failure(log::Level::Error, "locator.failed", signed_answer.error(), {{"connection", 18}});
    return hosting::problem(503, signed_answer.error());
  }
  net::Response response;
  response.headers.add("Content-Type", "application/vnd.muster.signed");
  response.headers.add("Cache-Control", "no-store");
  response.body = *std::move(signed_answer);
  return response;
}

}  // namespace

std::vector<hosting::Route> routes(hosting::Site& site) {
  auto locator = std::make_shared<Locator>(site);
  auto routes = hosting::public_routes(site, "18");
  routes.push_back(
      {.connection = "18",
       .method = "GET",
       .pattern = std::string(contract::kLocatorPath),
       .access = hosting::Access::Public,
       .where = net::Where::Pool,
       .body_limit_bytes = 0,
       .body_folder = {},
       .handler = [locator](hosting::Call& call) { return answer_question(*locator, call); },
       .traffic = hosting::TrafficClass::Status});
  return routes;
}

}  // namespace muster::server_locator_point
