// The allowlist of what a site system answers: every route names its connection of the table and
// who may call it. What is not here is refused.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "hosting/access.h"
#include "net/http_message.h"
#include "trust/peer_identity.h"

namespace muster::hosting {

// Who may call a route.
enum class Access {
  Public,    // anybody: signed public documents, content by unguessable name, EST
  Device,    // an enrolled, unrevoked device with a certificate that is valid now
  Renewal,   // a device whose certificate may have expired (simplereenroll alone)
  Operator,  // an operator of this site
};

// One call of a route: the request, who makes it, and what the pattern's stars matched.
struct Call {
  net::Request& request;
  const trust::PeerIdentity* peer;  // null without a certificate
  std::vector<std::string_view> captures;
  Timestamp now;

  // The value of a query parameter, percent-decoded; empty when absent.
  std::string query(std::string_view name) const;
};

struct Route {
  std::string connection;  // of the table: "17", or of the extensions: "E1"
  std::string method;      // GET also answers HEAD
  std::string pattern;     // "/mp/policy/body/*": a star is one part of the path
  Access access = Access::Operator;
  net::Where where = net::Where::Pool;
  std::size_t body_limit_bytes = 0;
  // Set: the body is spooled into a file of this folder, at most body_limit_bytes.
  std::optional<std::filesystem::path> body_folder;
  std::function<net::Response(Call&)> handler{};
  // Set, in place of the handler: the answer may come later. Runs on the loop.
  std::function<net::Holding(Call&)> hold{};
  // Set: asked before a body is read. What it returns lives as long as the request does; an error
  // is answered 503 with Retry-After.
  std::function<Result<std::shared_ptr<const void>>(const net::Peer&)> permit{};
};

// An error as RFC 9457 problem+json, with muster's number, text and advice.
net::Response problem(int status, const Error& error);

class RouteTable {
 public:
  RouteTable(const Clock& clock, const AccessList& access) : clock_(&clock), access_(&access) {}

  void add(Route route);
  // Before a body is read: the route, or the refusal. Without a certificate all refusals are one.
  net::Resolved resolve(const net::RequestHead& head) const;
  const std::vector<Route>& routes() const { return routes_; }

 private:
  Result<void> admit(const Route& route, const net::Peer& peer) const;

  const Clock* clock_;
  const AccessList* access_;
  std::vector<Route> routes_;
};

}  // namespace muster::hosting
