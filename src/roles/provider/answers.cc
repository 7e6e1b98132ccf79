#include "roles/provider/answers.h"

#include <charconv>

#include "contract/objects/errors.h"
#include "fleet/errors.h"
#include "roles/provider/errors.h"
#include "store/errors.h"

namespace muster::provider {
namespace {

int status_of(const Error& error) {
  if (error.is(kNoSuchThing) || error.is(store::kNotFound) || error.is(store::kContentMissing))
    return 404;
  if (error.is(store::kConflict) || error.is(kStale)) return 412;
  if (error.is(store::kNameTaken) || error.is(kAmbiguousName) || error.is(kInUse) ||
      error.is(kDeviceNotActive) || error.is(contract::kObjectStale) ||
      error.is(contract::kObjectIdentity) || error.is(fleet::kCollectionInUse))
    return 409;
  const auto number = error.kind().number;
  const bool ours = number >= store::kDatabaseUnavailable.number && number < 1700;
  return ours && number != store::kContentMismatch.number ? 503 : 400;
}

}  // namespace

net::Response json_answer(int status, Bytes body) {
  net::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  response.body = std::move(body);
  return response;
}

net::Response empty_answer() {
  net::Response response;
  response.status = 204;
  return response;
}

net::Response problem_answer(const Error& error) {
  return hosting::problem(status_of(error), error);
}

net::Response answer(Result<net::Response> result) {
  if (!result) return problem_answer(result.error());
  return *std::move(result);
}

std::string actor_of(const hosting::Call& call) {
  return call.peer ? "operator " + call.peer->id : "nobody";
}

bool dry_run(const hosting::Call& call) { return call.query("dryRun") == "true"; }

Result<std::int64_t> page_limit(const hosting::Call& call) {
  const std::string text = call.query("limit");
  if (text.empty()) return 100;
  std::int64_t limit = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || stop != text.data() + text.size() || limit < 1 || limit > 1000)
    return fail(kBadRequest, "limit '{}': 1 to 1000 is wanted", text.substr(0, 40));
  return limit;
}

std::string make_cursor(std::string_view key) { return to_base64url(key); }

Result<std::string> read_cursor(const hosting::Call& call) {
  const std::string text = call.query("cursor");
  const auto key = from_base64url(text);
  if (!key) return fail(kBadRequest, "cursor '{}' is none of ours", text.substr(0, 40));
  return *key;
}

}  // namespace muster::provider
