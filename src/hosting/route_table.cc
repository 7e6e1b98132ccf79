#include "hosting/route_table.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "contract/problem.h"
#include "hosting/errors.h"

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

// One answer to everything that a caller without rights asks, so that it learns nothing.
net::Response uniform_refusal() {
  return problem(403, Error(kRefused, "this caller may not make this request"));
}

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

void RouteTable::add(Route route) {
  MUSTER_CHECK((route.handler || route.hold) && !route.connection.empty() &&
               route.pattern.starts_with('/'));
  routes_.push_back(std::move(route));
}

Result<void> RouteTable::admit(const Route& route, const net::Peer& peer) const {
  if (route.access == Access::Public) return {};
  const trust::PeerIdentity* identity = identity_of(peer);
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

net::Resolved RouteTable::resolve(const net::RequestHead& head) const {
  std::vector<std::string_view> captures;
  const Route* route = nullptr;
  bool path_known = false;
  for (const Route& candidate : routes_) {
    if (!matches(candidate.pattern, head.path, captures)) continue;
    path_known = true;
    if (!method_matches(candidate, head.method)) continue;
    route = &candidate;
    break;
  }
  if (!route) {
    if (!identity_of(head.peer)) return uniform_refusal();
    if (path_known) return problem(405, Error(kMethodRefused, head.method + " " + head.path));
    return problem(404, Error(kNoRoute, head.path));
  }
  if (const auto admitted = admit(*route, head.peer); !admitted) {
    log::failure(log::Level::Warning, "route.refused", admitted.error(),
                 {{"connection", route->connection}, {"peer", head.peer.address}});
    return identity_of(head.peer) ? problem(403, admitted.error()) : uniform_refusal();
  }
  std::shared_ptr<const void> permit;
  if (route->permit) {
    auto given = route->permit(head.peer);
    if (!given) return busy(given.error());
    permit = *std::move(given);
  }
  net::Route out;
  out.where = route->where;
  out.body_limit_bytes = route->body_limit_bytes;
  out.body_folder = route->body_folder;
  if (route->hold) {
    out.hold = [this, route](net::Request& request) {
      Call call{request, identity_of(request.head.peer), {}, clock_->now()};
      matches(route->pattern, request.head.path, call.captures);
      return route->hold(call);
    };
    return out;
  }
  out.handler = [this, route, permit](net::Request& request) {
    // The views of the captures must point into the request as it is now.
    Call call{request, identity_of(request.head.peer), {}, clock_->now()};
    matches(route->pattern, request.head.path, call.captures);
    return route->handler(call);
  };
  return out;
}

}  // namespace muster::hosting
