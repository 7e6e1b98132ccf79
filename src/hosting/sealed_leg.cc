#include "hosting/sealed_leg.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <unordered_map>

#include "base/check.h"
#include "base/log.h"
#include "base/os/file.h"
#include "base/sha256.h"
#include "contract/errors.h"
#include "contract/nudge.h"
#include "contract/pace.h"
#include "contract/poll_mark.h"
#include "contract/sealed_exchange.h"
#include "hosting/errors.h"
#include "hosting/intake_limit.h"
#include "trust/peer_identity.h"
#include "trust/sealing.h"

namespace muster::hosting {
namespace {

// Bodies of strangers that are on their way at once, of all and of one address.
constexpr std::size_t kMostRequests = 256;
constexpr std::size_t kMostOfOneAddress = 16;
// What the frame, the request's header and the certificate add to a message.
constexpr std::size_t kSealedOverhead = 16u << 10;
constexpr std::array<std::string_view, 6> kAnswerHeaders = {
    "Content-Type",          "ETag", "Retry-After", "Muster-Site-Time", contract::kLookHeader,
    contract::kStretchHeader};

IntakeRule rule_of(const Settings& settings) {
  const auto a_minute = static_cast<double>(settings.integer("envelope.address_requests"));
  return {.burst = a_minute, .per_second = a_minute / 60, .senders = 100'000};
}

// How many requests are on their way, by address.
class Places : public std::enable_shared_from_this<Places> {
 public:
  Result<std::shared_ptr<const void>> take(const std::string& address) {
    const std::lock_guard lock(mutex_);
    if (all_ >= kMostRequests) return fail(kTooManySealed, "{} are on their way", all_);
    if (of_[address] >= kMostOfOneAddress)
      return fail(kTooManySealed, "{} of {} are on their way", of_[address], address);
    ++all_;
    ++of_[address];
    return std::shared_ptr<const void>(
        this, [own = shared_from_this(), address](const void*) { own->leave(address); });
  }

 private:
  void leave(const std::string& address) {
    const std::lock_guard lock(mutex_);
    --all_;
    const auto found = of_.find(address);
    if (--found->second == 0) of_.erase(found);
  }
  std::mutex mutex_;
  std::size_t all_ = 0;
  std::unordered_map<std::string, std::size_t> of_;
};

struct Leg {
  explicit Leg(Site& owner)
      : site(owner), limit(rule_of(owner.settings)), table(owner.clock, owner.access) {
    if (owner.figures) table.count_in(*owner.figures);
    // The sender is known once the request is open: his own rate and class count from there.
    if (owner.admission)
      table.admit_by(
          *owner.admission, [&owner] { return owner.congestion(); }, RouteTable::Refusing::AtOnce);
  }
  Site& site;
  IntakeLimit limit;
  RouteTable table;
};

// A sealed request whose sender is proven.
struct Known {
  contract::SealedRequest header;
  Bytes body;
  std::shared_ptr<const trust::PeerIdentity> identity;
};

// Strangers' certificates do not get into the cache.
Result<trust::CertificatePtr> certificate_of(Site& site, ByteView der) {
  auto known = site.certificates.find(sha256(der));
  if (!known) known = std::make_shared<trust::Certificate>(TRY(trust::parse_certificate_der(der)));
  TRY(site.certificates.check_issued_by(known, site.ca));
  return site.certificates.parse(der);
}

// Nothing here asks the database: the certificate comes with the request, and whether its device
// is let in is what the table of routes looks at.
Result<Known> authenticate(Site& site, ByteView text, std::string_view key_id) {
  auto request = TRY(contract::parse_sealed_request(text));
  const auto certificate = TRY(certificate_of(site, request.header.certificate));
  TRY(trust::verify_sealed_request(request, certificate, key_id));
  auto identity = TRY(trust::identify_peer(certificate));
  Known known{std::move(request.header), Bytes(request.body), nullptr};
  known.identity = std::make_shared<const trust::PeerIdentity>(std::move(identity));
  return known;
}

net::Response dispatch(Leg& leg, Known known, const net::Peer& channel) {
  if (known.header.path == contract::kSealedPath)
    return problem(400, Error(kSealedNested, known.header.path));
  net::Request inner;
  inner.head.method = known.header.method;
  inner.head.target = inner.head.path = known.header.path;
  if (!known.header.poll.empty())
    inner.head.headers.add(contract::kPollMarkHeader, known.header.poll);
  if (!known.header.etag.empty()) inner.head.headers.add("If-None-Match", known.header.etag);
  inner.head.peer = channel;
  inner.head.peer.certificate = net::PeerCertificate::Good;
  inner.head.peer.identity = known.identity;
  inner.head.headers.add("Content-Length", std::to_string(known.body.size()));
  inner.body = std::move(known.body);
  auto resolved = leg.table.resolve(inner.head);
  if (auto* refused = std::get_if<net::Response>(&resolved)) return std::move(*refused);
  const auto& route = std::get<net::Route>(resolved);
  if (inner.body.size() > route.body_limit_bytes)
    return problem(413, Error(contract::kSealedTooLarge,
                              fmt::format("a body of {} bytes, {} takes {}", inner.body.size(),
                                          inner.head.path, route.body_limit_bytes)));
  return route.handler(inner);
}

Bytes body_of(const net::Response& response) {
  if (const auto* own = std::get_if<Bytes>(&response.body)) return *own;
  const auto* shared = std::get_if<std::shared_ptr<const Bytes>>(&response.body);
  MUSTER_CHECK(shared != nullptr);  // routes of devices answer no files
  return *shared ? **shared : Bytes();
}

contract::SealedAnswer answer_of(const net::Response& response) {
  contract::SealedAnswer answer;
  answer.status = static_cast<std::uint64_t>(response.status);
  for (const std::string_view name : kAnswerHeaders)
    if (const auto value = response.headers.find(name)) answer.headers.emplace_back(name, *value);
  answer.body = body_of(response);
  return answer;
}

void log_refusal(const Error& error, const net::Peer& peer) {
  log::failure(log::Level::Warning, "sealed.refused", error,
               {{"connection", 17}, {"peer", peer.address}});
}

// The answer to what could be opened: only who sealed it can read it.
contract::SealedAnswer answer_opened(Leg& leg, ByteView text, std::string_view key_id,
                                     const net::Peer& peer) {
  auto known = authenticate(leg.site, text, key_id);
  if (!known) {
    log_refusal(known.error(), peer);
    return answer_of(problem(400, known.error()));
  }
  const std::uint64_t number = known->header.number;
  // Whoever is not let in is refused by the table; his numbers are not remembered.
  EnvelopeKeys::Taken place{true, number};
  if (leg.site.access.device(known->identity->id) == Admission::Active)
    place = leg.site.envelope_keys.take_number(known->header.sender, number);
  contract::SealedAnswer answer;
  if (place.taken) {
    answer = answer_of(dispatch(leg, *std::move(known), peer));
  } else {
    const Error error(kSealedReplayed, fmt::format("request {} of device {}, {} was taken", number,
                                                   known->identity->id, place.last));
    log_refusal(error, peer);
    answer = answer_of(problem(409, error));
  }
  answer.number = number;
  answer.last = place.last;
  return answer;
}

net::Response refuse(int status, const Error& error, const net::Peer& peer) {
  log_refusal(error, peer);
  net::Response response = problem(status, error);
  if (status == 429) response.headers.add("Retry-After", "60");
  return response;
}

Result<Bytes> body_of(const net::Request& request, std::size_t limit_bytes) {
  if (!request.body_file) return request.body;
  return os::read_file(request.body_file->path(), limit_bytes);
}

net::Response answer_sealed(Leg& leg, std::size_t limit_bytes, Call& call) {
  const net::Peer& peer = call.request.head.peer;
  if (!leg.limit.take(intake_sender(peer.address), call.now))
    return refuse(429, Error(kTooManySealed, fmt::format("address {}", peer.address)), peer);
  const auto text = body_of(call.request, limit_bytes);
  if (!text) return refuse(400, text.error(), peer);
  const auto frame = contract::parse_sealed_frame(*text);
  if (!frame) return refuse(400, frame.error(), peer);
  const auto key = leg.site.envelope_keys.find(frame->key_id, call.now);
  if (!key) return refuse(409, key.error(), peer);
  const auto opened = trust::open_request(*frame, **key);
  if (!opened) return refuse(400, opened.error(), peer);
  net::Response response;
  response.headers.add("Content-Type", contract::kSealedType);
  response.headers.add("Cache-Control", "no-store");
  response.body =
      opened->seal(answer_opened(leg, opened->text, frame->key_id, peer), leg.site.random);
  return response;
}

}  // namespace

Route sealed_route(Site& site, const std::string& connection, std::vector<Route> routes) {
  auto leg = std::make_shared<Leg>(site);
  std::size_t limit_bytes = kSealedOverhead;
  for (Route& each : routes) {
    MUSTER_CHECK(each.access == Access::Device);
    limit_bytes = std::max(limit_bytes, each.body_limit_bytes + kSealedOverhead);
    leg->table.add(std::move(each));
  }
  auto places = std::make_shared<Places>();
  return {
      .connection = connection,
      .method = "POST",
      .pattern = std::string(contract::kSealedPath),
      .access = Access::Public,
      .where = net::Where::Pool,
      .body_limit_bytes = limit_bytes,
      .body_folder = site.folder("uploads"),
      .handler = [leg, limit_bytes](Call& call) { return answer_sealed(*leg, limit_bytes, call); },
      .permit =
          [places](const net::Peer& peer) { return places->take(intake_sender(peer.address)); },
      .traffic = TrafficClass::Status,
      .cost = 5};
}

}  // namespace muster::hosting
