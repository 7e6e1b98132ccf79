#include "roles/client/sealed_channel.h"

#include <algorithm>

#include "base/sha256.h"
#include "contract/poll_mark.h"
#include "contract/problem.h"
#include "hosting/errors.h"
#include "roles/client/errors.h"

namespace muster::client {
namespace {

constexpr std::string_view kKeyPath = "/public/envelope-key";
constexpr std::uint64_t kKeyLimit = 64u << 10;
constexpr Duration kKeyTime = std::chrono::seconds(20);
constexpr int kAttempts = 3;

bool wants_another_key(const net::ClientResponse& response) {
  const auto problem = contract::decode_problem(response.body);
  return problem && (problem->number == hosting::kUnknownEnvelopeKey.number ||
                     problem->number == hosting::kEnvelopeKeyExpired.number);
}

bool is_replay(const contract::SealedAnswer& answer) {
  if (answer.status != 409) return false;
  const auto problem = contract::decode_problem(answer.body);
  return problem && problem->number == hosting::kSealedReplayed.number;
}

net::ClientResponse response_of(contract::SealedAnswer answer) {
  net::ClientResponse response;
  response.status = static_cast<int>(answer.status);
  for (const auto& [name, value] : answer.headers) response.headers.add(name, value);
  response.body = std::move(answer.body);
  return response;
}

}  // namespace

Result<std::unique_ptr<SealedChannel>> SealedChannel::create(SealedChannelSettings settings,
                                                             const Clock& clock, Random& random) {
  net::ClientSettings http;
  http.proxy = settings.proxy;
  http.stop = settings.stop;
  std::unique_ptr<SealedChannel> channel(new SealedChannel(std::move(settings), clock, random));
  channel->http_ = TRY(net::HttpClient::create(std::move(http), clock));
  return channel;
}

Result<void> SealedChannel::fetch_key() {
  net::ClientRequest request;
  request.url = point() + std::string(kKeyPath);
  request.time = kKeyTime;
  request.body_limit_bytes = kKeyLimit;
  const auto response = TRY(http_->send(request));
  if (response.status != 200)
    return fail(kSealedAnswer, "{}: status {}", request.url, response.status);
  key_ = TRY_IN(settings_.check(response.body), "{}", request.url);
  return {};
}

Result<std::optional<net::ClientResponse>> SealedChannel::try_send(
    const net::ClientRequest& request, const Identity& identity) {
  if (!key_ || settings_.signed_now() >= key_->expires) TRY(fetch_key());
  const Bytes& body = std::get<Bytes>(request.body);
  contract::SealedRequest header{.sender = identity.device};
  // Rises through restarts too, without a file: the clock goes on meanwhile. Where it does not,
  // the site tells the number that it has.
  const Timestamp now = clock_->now();
  last_number_ =
      std::max(last_number_ + 1, static_cast<std::uint64_t>(std::max<std::int64_t>(now.ms, 0)));
  header.number = last_number_;
  header.key_id = contract::envelope_key_id(key_->public_key);
  header.method = request.method;
  header.path = request.url;
  header.etag = Bytes(request.headers.get("If-None-Match"));
  header.poll = Bytes(request.headers.get(contract::kPollMarkHeader));
  header.sent = now;
  header.body_sha256 = sha256(body);
  header.certificate = identity.certificate->der;
  const auto exchange =
      TRY(trust::seal_request(header, body, identity.key, key_->public_key, *random_));

  net::ClientRequest outer;
  outer.method = "POST";
  outer.url = point() + std::string(contract::kSealedPath);
  outer.headers.add("Content-Type", contract::kSealedType);
  outer.body = exchange.request;
  outer.time = request.time;
  outer.body_limit_bytes = request.body_limit_bytes;
  auto response = TRY(http_->send(outer));
  if (response.status == 409 && wants_another_key(response)) {
    key_.reset();
    return std::optional<net::ClientResponse>();
  }
  // Whatever is not sealed was said by a stranger, perhaps.
  if (response.status != 200)
    return fail(kSealedAnswer, "{}: status {}: {}", outer.url, response.status,
                response.body.substr(0, 300));
  auto answer = TRY(exchange.open(response.body));
  if (is_replay(answer)) {
    last_number_ = std::max(last_number_, answer.last);
    return std::optional<net::ClientResponse>();
  }
  return std::optional(response_of(std::move(answer)));
}

Result<net::ClientResponse> SealedChannel::send(const net::ClientRequest& request,
                                                const Identity& identity) {
  if (!identity.certificate) return fail(kNotEnrolled, "device {}", identity.device.text());
  for (int attempt = 0; attempt < kAttempts; ++attempt)
    if (auto answer = TRY(try_send(request, identity))) return *std::move(answer);
  return fail(kSealedAnswer, "{}: the site took none of {} requests", point(), kAttempts);
}

}  // namespace muster::client
