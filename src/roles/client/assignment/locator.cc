#include "roles/client/assignment/locator.h"

#include "roles/client/errors.h"

namespace muster::client {
namespace {

constexpr Duration kAnswerTime = std::chrono::seconds(20);
constexpr std::uint64_t kAnswerLimit = 1u << 20;

}  // namespace

Result<std::unique_ptr<Locator>> Locator::create(std::string point, std::optional<net::Proxy> proxy,
                                                 const Clock& clock,
                                                 const std::atomic<bool>* stop) {
  net::ClientSettings settings;
  settings.stop = stop;
  settings.proxy = std::move(proxy);
  auto http = TRY(net::HttpClient::create(std::move(settings), clock));
  return std::unique_ptr<Locator>(new Locator(std::move(point), std::move(http)));
}

Result<net::ClientResponse> Locator::get(const std::string& target, bool missing_is_answer) {
  net::ClientRequest request;
  request.url = point_ + target;
  request.time = kAnswerTime;
  request.body_limit_bytes = kAnswerLimit;
  auto response = http_->send(request);
  if (!response) return fail(kNoLocator, "{}", response.error().text());
  if (response->status == 200 || (response->status == 404 && missing_is_answer)) return response;
  return fail(kNoLocator, "status {}", response->status);
}

Result<Bytes> Locator::ask(const contract::LocatorQuestion& question) {
  return TRY(get(fmt::format("{}?{}", contract::kLocatorPath,
                             contract::encode_locator_query(question)),
                 false))
      .body;
}

Result<std::optional<Bytes>> Locator::root(std::uint64_t version) {
  auto response = TRY(get(fmt::format("/catalogue/{}.root.json", version), true));
  if (response.status == 404) return std::optional<Bytes>();
  return std::optional(std::move(response.body));
}

Result<Bytes> Locator::policy_body(const std::string& sha256) {
  return fail(kNoLocator, "policy body {} is asked of a locator point", sha256);
}

Result<std::optional<std::vector<Bytes>>> Locator::policy_bodies(
    std::span<const std::string> sha256) {
  return fail(kNoLocator, "{} policy bodies are asked of a locator point", sha256.size());
}

Result<Bytes> Locator::catalogue_file(const std::string& name) {
  return fail(kNoLocator, "{} is asked of a locator point", name);
}

Result<Bytes> Locator::content(const std::string&, const std::string& sha256, std::uint64_t) {
  return fail(kNoLocator, "content {} is asked of a locator point", sha256);
}

}  // namespace muster::client
