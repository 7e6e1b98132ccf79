#include "roles/client/site_link.h"

#include "base/error_ranges.h"
#include "base/log.h"
#include "net/url.h"
#include "roles/client/errors.h"
#include "trust/errors.h"

namespace muster::client {
namespace {

constexpr Duration kTransferTime = std::chrono::hours(12);

}  // namespace

bool is_of_the_way(const Error& error) {
  return kNetErrors.holds(error.kind()) || kTrustErrors.holds(error.kind()) ||
         error.is(kSealedAnswer);
}

Result<std::unique_ptr<SiteLink>> SiteLink::create(SiteLinkSettings settings, const Clock& clock) {
  std::unique_ptr<SiteLink> link(new SiteLink(std::move(settings), clock));
  link->host_ = TRY(net::parse_url(link->settings_.management_point + "/")).host;
  TRY(link->connect({}, {}));
  return link;
}

Result<void> SiteLink::connect(std::string certificate_pem, std::string key_pem) {
  net::ClientSettings settings;
  settings.tls.certificate_chain = std::move(certificate_pem);
  settings.tls.private_key = std::move(key_pem);
  settings.tls.verify = [this](ByteView leaf, std::span<const Bytes> chain) -> Result<void> {
    ca_ = TRY(hosting::check_server(settings_.ca, leaf, chain, host_, clock_->now()));
    return {};
  };
  settings.proxy = settings_.proxy;
  settings.stop = settings_.stop;
  auto client = TRY(net::HttpClient::create(std::move(settings), *clock_));
  waiting_.reset();
  http_ = std::move(client);
  return {};
}

Result<void> SiteLink::use(const Identity& identity) {
  if (!identity.certificate) return fail(kNotEnrolled, "device {}", identity.device.text());
  identity_ = identity;
  return connect(trust::certificate_pem(*identity.certificate), identity.key.pem());
}

Result<net::ClientResponse> SiteLink::ask(net::ClientRequest request) {
  request.url = settings_.management_point + request.url;
  request.body_limit_bytes = kDocumentLimit;
  asked_wait_ = Duration(0);
  auto response = http_->send(request);
  if (!response) return response;
  last_leg_ = settings_.management_point;
  note_pace(*response);
  return response;
}

Result<net::ClientResponse> SiteLink::ask_sealed(const net::ClientRequest& request) {
  if (!sealed_ || !identity_) return fail(kNoHttpLeg, "{}", settings_.management_point);
  net::ClientRequest inner = request;
  inner.body_limit_bytes = kDocumentLimit;
  asked_wait_ = Duration(0);
  auto response = sealed_->send(inner, *identity_);
  if (!response) return response;
  last_leg_ = sealed_->point();
  note_pace(*response);
  return response;
}

void SiteLink::note_wait(const net::ClientResponse& response) { asked_wait_ = read_wait(response); }

void SiteLink::note_pace(const net::ClientResponse& response) {
  note_wait(response);
  stretch_ = read_stretch(response);
}

// HTTPS first; sealed over HTTP where the way to it is closed, and then for a while without asking
// again. Both prove the same, so which one is taken is a matter of what is reached.
Result<net::ClientResponse> SiteLink::ask_as_device(const net::ClientRequest& request) {
  if (settings_.leg == LegChoice::Http) return ask_sealed(request);
  const bool may_seal = settings_.leg == LegChoice::Auto && sealed_ && identity_;
  const Timestamp now = clock_->now();
  if (may_seal && now < tls_again_ && tls_again_ <= now + settings_.tls_retry)
    if (auto answer = ask_sealed(request)) return answer;
  auto answer = ask(request);
  if (answer || !may_seal || !is_of_the_way(answer.error())) return answer;
  auto other = ask_sealed(request);
  if (!other) return answer;  // what HTTPS said is the cause to tell
  tls_again_ = clock_->now() + settings_.tls_retry;
  log::failure(log::Level::Warning, "link.sealed", answer.error(),
               {{"connection", 17}, {"managementPoint", sealed_->point()}});
  return other;
}

Result<trust::Certificate> SiteLink::enroll(ByteView request_der, const std::string& password) {
  return read_certificate(TRY(ask(enrolment_request(request_der, password))), ca_);
}

Result<trust::Certificate> SiteLink::reenroll(ByteView request_der) {
  return read_certificate(TRY(ask(renewal_request(request_der))), ca_);
}

Result<PolicyAnswer> SiteLink::policy(const std::string& etag, const contract::PollMark& mark) {
  return read_policy(TRY(ask_as_device(policy_request(etag, mark))));
}

// Sealed requests are answered at once: there is nobody who could be held.
bool SiteLink::may_wait_for_nudge() const {
  return identity_ && settings_.leg != LegChoice::Http && clock_->now() >= tls_again_;
}

Result<void> SiteLink::wait_for_nudge(std::uint64_t seen, const std::string& etag) {
  net::ClientRequest request = nudge_request(seen, etag);
  request.url = settings_.management_point + request.url;
  waiting_ = TRY(http_->begin(std::move(request)));
  if (!waiting_->reused_connection())
    log::info("nudge.connected", "a connection to the management point waits for nudges",
              {{"connection", "E2"}, {"resumed", waiting_->resumed_session()}});
  return {};
}

Result<std::optional<contract::Nudge>> SiteLink::take_nudge() {
  const auto waiting = std::exchange(waiting_, nullptr);
  asked_wait_ = Duration(0);
  const auto response = TRY(waiting->finish());
  note_wait(response);
  return read_nudge(response);
}

Result<void> SiteLink::send_message(ByteView envelope, contract::MessageType type) {
  return read_receipt(TRY(ask_as_device(message_request(envelope, type))));
}

Result<Bytes> SiteLink::public_document(const std::string& name) {
  net::ClientRequest request;
  request.url = "/public/" + name;
  auto response = ask(request);
  if (!response && is_of_the_way(response.error()) && sealed_ &&
      settings_.leg != LegChoice::Https) {
    request.url = sealed_->point() + request.url;
    request.body_limit_bytes = kDocumentLimit;
    response = http_->send(request);
  }
  if (!response) return fail(response.error());
  if (response->status != 200) return refused(*response, name);
  return std::move(response->body);
}

Result<Bytes> SiteLink::policy_body(const std::string& sha256) {
  auto response = TRY(ask_as_device(policy_body_request(sha256)));
  if (response.status != 200) return refused(response, "policy body " + sha256);
  return std::move(response.body);
}

Result<std::optional<std::vector<Bytes>>> SiteLink::policy_bodies(
    std::span<const std::string> sha256) {
  const auto response = ask_as_device(policy_bodies_request(sha256));
  // A sealed path of that length is refused by an older site before it knows whose it is.
  if (!response && response.error().is(trust::kWrongExchange))
    return std::optional<std::vector<Bytes>>();
  if (!response) return fail(response.error());
  return read_policy_bodies(*response);
}

Result<net::ClientResponse> SiteLink::get_from_points(const std::string& path,
                                                      bool missing_is_answer) {
  asked_wait_ = Duration(0);
  std::optional<Error> last;
  for (const std::string& point : points_) {
    net::ClientRequest request;
    request.url = point + path;
    request.body_limit_bytes = kDocumentLimit;
    auto response = http_->send(request);
    if (response) note_wait(*response);
    if (response && response->status == 200) return response;
    if (response && response->status == 404 && missing_is_answer) return response;
    last = response ? refused(*response, request.url).value() : std::move(response.error());
  }
  if (last) return fail(std::move(*last).in(path));
  return fail(kNoPoint, "{}: the policy names no distribution point", path);
}

Result<Bytes> SiteLink::catalogue_file(const std::string& name) {
  return TRY(get_from_points(catalogue_path(name), false)).body;
}

Result<std::optional<Bytes>> SiteLink::root(std::uint64_t version) {
  auto response = TRY(get_from_points(root_path(version), true));
  if (response.status == 404) return std::optional<Bytes>();
  return std::optional<Bytes>(std::move(response.body));
}

Result<Bytes> SiteLink::content(const std::string& folder, const std::string& sha256,
                                std::uint64_t size_bytes) {
  if (size_bytes > kDocumentLimit)
    return fail(kSiteAnswer, "{}: a document of {} bytes", sha256, size_bytes);
  return TRY(get_from_points(content_path(folder, sha256), false)).body;
}

Result<void> SiteLink::fetch_content(const std::string& folder, const std::string& sha256,
                                     std::uint64_t offset, const net::BodySink& sink) {
  asked_wait_ = Duration(0);
  std::optional<Error> last;
  std::uint64_t received = 0;
  for (const std::string& point : points_) {
    net::ClientRequest request;
    request.url = point + content_path(folder, sha256);
    request.time = kTransferTime;
    request.body_limit_bytes = UINT64_MAX;
    const std::uint64_t from = offset + received;
    if (from > 0) request.headers.add("Range", fmt::format("bytes={}-", from));
    request.sink = [&](ByteView part) -> Result<void> {
      received += part.size();
      return sink(part);
    };
    auto response = http_->send(request);
    if (response) note_wait(*response);
    if (response && (response->status == 206 || (response->status == 200 && from == 0))) return {};
    last = response ? refused(*response, request.url).value() : std::move(response.error());
  }
  if (last) return fail(std::move(*last));
  return fail(kNoPoint, "content {}: the policy names no distribution point", sha256);
}

}  // namespace muster::client
