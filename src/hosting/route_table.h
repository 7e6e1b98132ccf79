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
#include "hosting/admission_control.h"
#include "hosting/figures.h"
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
  std::string connection{};  // of the table: "17", or of the extensions: "E1"
  std::string method{};      // GET also answers HEAD
  std::string pattern{};     // "/mp/policy/body/*": a star is one part of the path
  Access access = Access::Operator;
  net::Where where = net::Where::Pool;
  std::size_t body_limit_bytes = 0;
  // Set: the body is spooled into a file of this folder, at most body_limit_bytes.
  std::optional<std::filesystem::path> body_folder{};
  std::function<net::Response(Call&)> handler{};
  // Set, in place of the handler: the answer may come later. Runs on the loop.
  std::function<net::Holding(Call&)> hold{};
  // Set: asked before a body is read. What it returns lives as long as the request does; an error
  // is answered 503 with Retry-After.
  std::function<Result<std::shared_ptr<const void>>(const net::Peer&)> permit{};
  // What it is when the server is busy, and how many small requests it counts for in its client's
  // rate.
  TrafficClass traffic = TrafficClass::Policy;
  double cost = 1;
  // Set: the class of each request, in place of `traffic`.
  std::function<TrafficClass(const net::RequestHead&)> traffic_of{};
  // Set: who shows it (RFC 6750) needs no certificate.
  std::string bearer{};
};

// An error as RFC 9457 problem+json, with muster's number, text and advice.
net::Response problem(int status, const Error& error);

class RouteTable {
 public:
  RouteTable(const Clock& clock, const AccessList& access) : clock_(&clock), access_(&access) {}

  // How requests are refused that come too fast or while the server is busy. Slow: who is over his
  // rate waits for the answer. At once: nobody can be made to wait, as inside a sealed request.
  enum class Refusing { Slow, AtOnce };
  // Nothing is refused before. `admission` outlives the table; `congestion` never blocks.
  void admit_by(AdmissionControl& admission, std::function<Congestion()> congestion,
                Refusing refusing = Refusing::Slow);
  // Before routes are added. They outlive the table.
  void count_in(Figures& figures);

  void add(Route route);
  // Before a body is read: the route, or the refusal. Without a certificate all refusals are one.
  net::Resolved resolve(const net::RequestHead& head) const;
  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Client {
    AdmissionControl::ClientKind kind;
    std::string id;  // empty: an operator
  };
  static Client client_of(const net::Peer& peer);
  const Route* find(const net::RequestHead& head, bool& path_known) const;
  Result<void> admit(const Route& route, const net::RequestHead& head) const;
  std::variant<AdmissionControl::Place, net::Resolved> take_place(const Route& route,
                                                                  const net::RequestHead& head,
                                                                  TrafficClass traffic) const;
  net::Resolved refuse(int status, const Error& error, const net::RequestHead& head,
                       TrafficClass traffic) const;
  net::Resolved serve(const Route& route, const net::RequestHead& head, TrafficClass traffic,
                      std::vector<std::shared_ptr<const void>> held) const;
  net::Resolved resolve_counted(const Route* route, bool path_known,
                                const net::RequestHead& head) const;
  // `route` null: there is none.
  void count(const Route* route, const net::Response& response) const;
  void tell_stretch(const Route& route, net::Response& response) const;

  const Clock* clock_;
  const AccessList* access_;
  AdmissionControl* admission_ = nullptr;
  std::function<Congestion()> congestion_;
  Refusing refusing_ = Refusing::Slow;
  Figures* figures_ = nullptr;
  RouteFigures none_;
  std::vector<Route> routes_;
  std::vector<RouteFigures> counts_;  // of the routes, if there are figures
};

}  // namespace muster::hosting
