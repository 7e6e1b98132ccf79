#include "hosting/route_table.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/log.h"
#include "contract/pace.h"
#include "contract/problem.h"
#include "hosting/errors.h"
#include "hosting/intake_limit.h"
#include "net/held_request.h"

namespace muster::hosting {
namespace {

// Matches "/a/*/c" against a path; a star takes one non-empty part, "**" at the end the rest.
bool matches(std::string_view pattern, std::string_view path,
             std::vector<std::string_view>& captures) {
  captures.clear();
  while (!pattern.empty() && !path.empty()) {
    if (pattern[0] != '/' || path[0] != '/') return false;
    pattern.remove_prefix(1);
    path.remove_prefix(1);
    const std::string_view want = pattern.substr(0, pattern.find('/'));
    if (want == "**") {
      captures.push_back(path);
      return !path.empty();
    }
    const std::string_view have = path.substr(0, path.find('/'));
    if (want == "*") {
      if (have.empty()) return false;
      captures.push_back(have);
    } else if (want != have) {
      return false;
    }
    pattern.remove_prefix(want.size());
    path.remove_prefix(have.size());
  }
  return pattern.empty() && path.empty();
}

bool method_matches(const Route& route, std::string_view method) {
  return method == route.method || (method == "HEAD" && route.method == "GET");
}

const trust::PeerIdentity* identity_of(const net::Peer& peer) {
  return static_cast<const trust::PeerIdentity*>(peer.identity.get());
}

bool shows_bearer(const Route& route, const net::RequestHead& head) {
  constexpr std::string_view kScheme = "Bearer ";
  const auto shown = head.headers.find("Authorization");
  return !route.bearer.empty() && shown && shown->starts_with(kScheme) &&
         equal_in_constant_time(shown->substr(kScheme.size()), route.bearer);
}

// One answer to everything that a caller without rights asks, so that it learns nothing.
net::Response uniform_refusal() {
  return problem(403, Error(kRefused, "this caller may not make this request"));
}

constexpr int kTooManyRequests = 429;
constexpr unsigned kNoStretch = 104;  // in hundredths: below it nothing is said
constexpr std::size_t kForgotten = 64u << 10;

// What the head says; `unknown` for a body that comes in chunks. net/ has judged the fields.
std::size_t body_size(const net::RequestHead& head, std::size_t unknown) {
  if (head.headers.find("Transfer-Encoding")) return unknown;
  const auto text = head.headers.get("Content-Length");
  std::size_t size = 0;
  std::from_chars(text.data(), text.data() + text.size(), size);
  return size;
}

// Who is refused hears it late, and so asks no faster, whatever he makes of Retry-After. It costs a
// connection no buffers.
class SlowAnswer final : public net::HeldRequest {
 public:
  explicit SlowAnswer(net::Response response)
      : HeldRequest(Time::Brief), response_(std::move(response)) {}

 private:
  net::Response run_out(bool) override { return std::move(response_); }
  void ended(bool) override {}

  net::Response response_;
};

net::Response busy(const Error& error) {
  net::Response response = problem(503, error);
  response.headers.add("Retry-After", "10");
  return response;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                        hex_digit(text[i + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

std::string Call::query(std::string_view name) const {
  std::string_view rest = request.head.query;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    return equals == std::string_view::npos ? "" : percent_decoded(pair.substr(equals + 1));
  }
  return {};
}

net::Response problem(int status, const Error& error) {
  net::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/problem+json");
  response.body = contract::encode_problem(status, error);
  return response;
}

void RouteTable::admit_by(AdmissionControl& admission, std::function<Congestion()> congestion,
                          Refusing refusing) {
  admission_ = &admission;
  congestion_ = std::move(congestion);
  refusing_ = refusing;
}

void RouteTable::add(Route route) {
  MUSTER_CHECK((route.handler || route.hold) && !route.connection.empty() &&
               route.pattern.starts_with('/'));
  // What strangers ask never stands in the pool before what an operator orders.
  const bool is_strangers = route.access == Access::Public && route.where == net::Where::Pool;
  MUSTER_CHECK(!is_strangers || route.traffic != TrafficClass::Policy);
  if (figures_)
    counts_.push_back(figures_->of_route(route.connection, route.method, route.pattern));
  routes_.push_back(std::move(route));
}

void RouteTable::count_in(Figures& figures) {
  MUSTER_CHECK(routes_.empty());
  figures_ = &figures;
  none_ = figures.of_no_route();
}

void RouteTable::count(const Route* route, const net::Response& response) const {
  if (!figures_) return;
  const RouteFigures& counts =
      route ? counts_[static_cast<std::size_t>(route - routes_.data())] : none_;
  const auto kind = static_cast<std::size_t>(std::clamp(response.status / 100, 2, 5) - 2);
  counts.by_status[kind]->add();
}

Result<void> RouteTable::admit(const Route& route, const net::RequestHead& head) const {
  if (route.access == Access::Public || shows_bearer(route, head)) return {};
  const trust::PeerIdentity* identity = identity_of(head.peer);
  const auto refuse = [](std::string_view why) { return fail(kRefused, "{}", why); };
  if (!identity) return refuse("no client certificate");
  if (access_->certificate_revoked(identity->certificate->sha256))
    return refuse("the certificate is revoked");
  // TLS judged the validity at the handshake; a kept connection must not outlive it.
  const Timestamp now = clock_->now();
  const bool expired = now > identity->certificate->not_after;
  if (route.access == Access::Operator) {
    if (identity->kind != trust::PeerKind::Operator) return refuse("not an operator");
    if (expired) return refuse("the operator's certificate has expired");
    if (access_->operator_revoked(identity->id)) return refuse("the operator is revoked");
    return {};
  }
  if (identity->kind != trust::PeerKind::Device) return refuse("not a device");
  if (access_->device(identity->id) != Admission::Active)
    return refuse("the device is blocked, revoked or unknown here");
  if (route.access == Access::Device && expired) return refuse("the certificate has expired");
  if (now > identity->certificate->not_after + access_->grace())
    return refuse("the certificate expired longer ago than enrolment.grace");
  return {};
}

const Route* RouteTable::find(const net::RequestHead& head, bool& path_known) const {
  std::vector<std::string_view> captures;
  for (const Route& candidate : routes_) {
    if (!matches(candidate.pattern, head.path, captures)) continue;
    path_known = true;
    if (method_matches(candidate, head.method)) return &candidate;
  }
  return nullptr;
}

// Operators are few and known by name: their rate is nobody's concern.
RouteTable::Client RouteTable::client_of(const net::Peer& peer) {
  using Kind = AdmissionControl::ClientKind;
  const trust::PeerIdentity* identity = identity_of(peer);
  if (!identity) return {Kind::Address, intake_sender(peer.address)};
  if (identity->kind == trust::PeerKind::Operator) return {Kind::Device, {}};
  return {Kind::Device, identity->id};
}

// The rest of a small request is read and forgotten, so that its connection stays: a new one costs
// more than this answer.
net::Resolved RouteTable::refuse(int status, const Error& error, const net::RequestHead& head,
                                 TrafficClass traffic) const {
  net::Response response = problem(status, error);
  response.headers.add("Retry-After",
                       std::to_string(admission_->retry_after(traffic).count() / 1000));
  if (const unsigned stretch = admission_->stretch(clock_->steady()); stretch > kNoStretch)
    response.headers.add(contract::kStretchHeader, contract::encode_stretch(stretch));
  if (refusing_ == Refusing::AtOnce || body_size(head, kForgotten + 1) > kForgotten)
    return response;
  net::Route route;
  route.where = net::Where::Loop;
  route.body_limit_bytes = kForgotten;
  bool path_known = false;
  count(find(head, path_known), response);
  route.hold = [response = std::move(response)](net::Request&) mutable -> net::Holding {
    return std::make_shared<SlowAnswer>(std::move(response));
  };
  return route;
}

// What is answered on the loop is over at once, unless it is a file or has a body; it takes none.
std::variant<AdmissionControl::Place, net::Resolved> RouteTable::take_place(
    const Route& route, const net::RequestHead& head, TrafficClass traffic) const {
  const bool is_short = route.where == net::Where::Loop && traffic == TrafficClass::Policy;
  if (!admission_ || is_short || route.hold) return AdmissionControl::Place();
  Client client = client_of(head.peer);
  AdmissionControl::Asking asking{traffic, client.kind, std::move(client.id), 0};
  if (!route.body_folder)  // a longer one is refused before it is read
    asking.body_bytes = std::min(body_size(head, route.body_limit_bytes), route.body_limit_bytes);
  Congestion congestion = congestion_();
  congestion.loop = head.waited;
  auto entered = admission_->enter(asking, congestion, clock_->steady());
  if (auto* place = std::get_if<AdmissionControl::Place>(&entered)) return std::move(*place);
  if (std::get<AdmissionControl::Refusal>(entered) == AdmissionControl::Refusal::Busy)
    return refuse(503, Error(kBusy, fmt::format("requests of class {}", to_text(traffic))), head,
                  traffic);
  return refuse(kTooManyRequests, Error(kTooManyAtOnce, asking.client), head, traffic);
}

void RouteTable::tell_stretch(const Route& route, net::Response& response) const {
  if (!admission_ || route.access == Access::Operator) return;
  if (const unsigned stretch = admission_->stretch(clock_->steady()); stretch > kNoStretch)
    response.headers.add(contract::kStretchHeader, contract::encode_stretch(stretch));
}

net::Resolved RouteTable::serve(const Route& route, const net::RequestHead& head,
                                TrafficClass traffic,
                                std::vector<std::shared_ptr<const void>> held) const {
  net::Route out;
  out.where = route.where;
  out.rank = static_cast<std::size_t>(traffic);
  out.body_limit_bytes = route.body_limit_bytes;
  out.body_folder = route.body_folder;
  if (route.hold) {
    out.hold = [this, &route](net::Request& request) {
      Call call{request, identity_of(request.head.peer), {}, clock_->now()};
      matches(route.pattern, request.head.path, call.captures);
      auto holding = route.hold(call);
      if (const auto* now = std::get_if<net::Response>(&holding)) count(&route, *now);
      return holding;
    };
    return out;
  }
  const Duration begun = clock_->steady() - head.waited;
  out.handler = [this, &route, traffic, begun, held = std::move(held)](net::Request& request) {
    // The views of the captures must point into the request as it is now.
    Call call{request, identity_of(request.head.peer), {}, clock_->now()};
    matches(route.pattern, request.head.path, call.captures);
    net::Response response = route.handler(call);
    tell_stretch(route, response);
    count(&route, response);
    if (figures_)
      figures_->request_times[static_cast<std::size_t>(traffic)]->observe(
          static_cast<std::uint64_t>((clock_->steady() - begun).count()) * 1000);
    return response;
  };
  return out;
}

net::Resolved RouteTable::resolve(const net::RequestHead& head) const {
  bool path_known = false;
  const Route* route = find(head, path_known);
  auto resolved = resolve_counted(route, path_known, head);
  if (const auto* refused = std::get_if<net::Response>(&resolved)) count(route, *refused);
  return resolved;
}

net::Resolved RouteTable::resolve_counted(const Route* route, bool path_known,
                                          const net::RequestHead& head) const {
  if (admission_) {
    const Client client = client_of(head.peer);
    if (!client.id.empty() &&
        !admission_->within_rate(client.kind, client.id, route ? route->cost : 1, clock_->steady()))
      return refuse(kTooManyRequests, Error(kTooFast, client.id), head, TrafficClass::Status);
  }
  if (!route) {
    if (!identity_of(head.peer)) return uniform_refusal();
    if (path_known) return problem(405, Error(kMethodRefused, head.method + " " + head.path));
    return problem(404, Error(kNoRoute, head.path));
  }
  if (const auto admitted = admit(*route, head); !admitted) {
    log::failure(log::Level::Warning, "route.refused", admitted.error(),
                 {{"connection", route->connection}, {"peer", head.peer.address}});
    return identity_of(head.peer) ? problem(403, admitted.error()) : uniform_refusal();
  }
  const TrafficClass traffic = route->traffic_of ? route->traffic_of(head) : route->traffic;
  std::vector<std::shared_ptr<const void>> held;
  auto place = take_place(*route, head, traffic);
  if (auto* refused = std::get_if<net::Resolved>(&place)) return std::move(*refused);
  if (auto& given = std::get<AdmissionControl::Place>(place)) held.push_back(std::move(given));
  if (route->permit) {
    auto given = route->permit(head.peer);
    if (!given) return busy(given.error());
    held.push_back(*std::move(given));
  }
  return serve(*route, head, traffic, std::move(held));
}

}  // namespace muster::hosting
