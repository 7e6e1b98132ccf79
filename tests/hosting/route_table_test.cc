#include "hosting/route_table.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <vector>

#include "hosting/errors.h"
#include "net/held_request.h"

namespace muster::hosting {
namespace {

const Timestamp kNow{1'790'000'000'000};

// A certificate as TLS would have verified it; only what the route table looks at is filled in.
std::shared_ptr<const trust::PeerIdentity> peer(trust::PeerKind kind, std::string id,
                                                Timestamp not_after) {
  auto key = trust::EcdsaKey::generate();
  auto certificate = std::make_shared<trust::Certificate>(
      trust::Certificate{.der = "der",
                         .sha256 = std::string(32, 's'),
                         .common_name = id,
                         .uris = {},
                         .dns_names = {},
                         .ip_addresses = {},
                         .not_before = kNow - std::chrono::hours(1),
                         .not_after = not_after,
                         .serial = "1",
                         .key = key.public_key(),
                         .handle = {}});
  return std::make_shared<trust::PeerIdentity>(
      trust::PeerIdentity{kind, std::move(id), std::move(certificate)});
}

class RouteTableTest : public testing::Test {
 protected:
  RouteTableTest() : clock_(kNow), table_(clock_, access_) {
    add("GET", "/public", Access::Public);
    add("GET", "/policy/*", Access::Device);
    add("POST", "/renew", Access::Renewal);
    add("GET", "/api/*/*", Access::Operator);
    access_.set_device("d1", Admission::Active);
  }
  void add(std::string method, std::string pattern, Access access) {
    table_.add({.connection = "17",
                .method = std::move(method),
                .pattern = std::move(pattern),
                .access = access,
                .where = net::Where::Loop,
                .body_limit_bytes = 0,
                .body_folder = {},
                .handler = [this](Call& call) {
                  captures_.assign(call.captures.begin(), call.captures.end());
                  return net::text_response(200, "answered");
                }});
  }

  // 200 when a handler would answer, else the status of the refusal.
  int status(const std::string& method, const std::string& path,
             std::shared_ptr<const trust::PeerIdentity> who = nullptr) {
    net::Request request;
    request.head.method = method;
    request.head.path = path;
    request.head.peer.identity = std::move(who);
    auto resolved = table_.resolve(request.head);
    if (auto* refusal = std::get_if<net::Response>(&resolved)) {
      body_ = std::get<Bytes>(refusal->body);
      return refusal->status;
    }
    return std::get<net::Route>(resolved).handler(request).status;
  }
  static std::shared_ptr<const trust::PeerIdentity> device(std::string id = "d1") {
    return peer(trust::PeerKind::Device, std::move(id), kNow + std::chrono::hours(1));
  }
  static std::shared_ptr<const trust::PeerIdentity> admin() {
    return peer(trust::PeerKind::Operator, "admin", kNow + std::chrono::hours(1));
  }

  ManualClock clock_;
  AccessList access_;
  RouteTable table_;
  std::vector<std::string> captures_;
  Bytes body_;
};

TEST_F(RouteTableTest, LetsEachKindOfCallerReachItsOwnRoutesOnly) {
  EXPECT_EQ(status("GET", "/public"), 200);
  EXPECT_EQ(status("GET", "/policy/x", device()), 200);
  EXPECT_EQ(status("GET", "/policy/x", admin()), 403);
  EXPECT_EQ(status("GET", "/api/devices/x", admin()), 200);
  EXPECT_EQ(status("GET", "/api/devices/x", device()), 403);
}

TEST_F(RouteTableTest, AnswersStrangersWithOneRefusalWhateverTheyAsk) {
  std::set<Bytes> bodies;
  for (const char* path : {"/policy/x", "/renew", "/api/devices/x", "/nothing", "/", "/public/x"}) {
    EXPECT_EQ(status("GET", path), 403) << path;
    bodies.insert(body_);
  }
  EXPECT_EQ(bodies.size(), 1u);
}

TEST_F(RouteTableTest, TellsOperatorsWhatIsWrong) {
  EXPECT_EQ(status("GET", "/nothing", admin()), 404);
  EXPECT_EQ(status("DELETE", "/api/devices/x", admin()), 405);
}

TEST_F(RouteTableTest, RefusesABlockedAndAnUnknownDeviceOnTheNextRequest) {
  EXPECT_EQ(status("GET", "/policy/x", device()), 200);
  access_.set_device("d1", Admission::Refused);
  EXPECT_EQ(status("GET", "/policy/x", device()), 403);
  EXPECT_EQ(status("POST", "/renew", device()), 403);
  EXPECT_EQ(status("GET", "/policy/x", device("d2")), 403);
}

TEST_F(RouteTableTest, RefusesARevokedCertificateAndARevokedOperator) {
  access_.revoke_operator("admin");
  EXPECT_EQ(status("GET", "/api/devices/x", admin()), 403);
  access_.revoke_certificate(std::string(32, 's'));
  EXPECT_EQ(status("GET", "/policy/x", device()), 403);
}

TEST_F(RouteTableTest, AcceptsAnExpiredCertificateForRenewalAloneAndWithinTheGrace) {
  const auto expired = peer(trust::PeerKind::Device, "d1", kNow - std::chrono::hours(1));
  EXPECT_EQ(status("GET", "/policy/x", expired), 403);
  EXPECT_EQ(status("POST", "/renew", expired), 200);
  clock_.jump(std::chrono::hours(24 * 90));
  EXPECT_EQ(status("POST", "/renew", expired), 403);
}

TEST_F(RouteTableTest, EndsAKeptConnectionsRightsWhenItsCertificateExpires) {
  const auto caller = device();
  EXPECT_EQ(status("GET", "/policy/x", caller), 200);
  clock_.jump(std::chrono::hours(2));
  EXPECT_EQ(status("GET", "/policy/x", caller), 403);
}

TEST_F(RouteTableTest, AStarTakesOneWholePart) {
  EXPECT_EQ(status("GET", "/api/devices/web01", admin()), 200);
  EXPECT_EQ(captures_, (std::vector<std::string>{"devices", "web01"}));
  EXPECT_EQ(status("GET", "/api/devices/", admin()), 404);
  EXPECT_EQ(status("GET", "/api/devices/web01/more", admin()), 404);
}

// What the server does with a request to a busy site: its status, and whether it waits for it.
class BusyRouteTableTest : public RouteTableTest {
 protected:
  BusyRouteTableTest() {
    rules_.requests = 4;
    rules_.at_once_of_device = 2;
    rules_.device = {.burst = 10, .per_second = 1};
    rules_.address = {.burst = 5, .per_second = 1};
    Route messages{.connection = "17",
                   .method = "POST",
                   .pattern = "/messages",
                   .access = Access::Device,
                   .body_limit_bytes = 1u << 20};
    messages.handler = [](Call&) { return net::text_response(204, ""); };
    messages.traffic_of = [](const net::RequestHead& head) {
      return head.headers.get("Class") == "status" ? TrafficClass::Status : TrafficClass::Inventory;
    };
    table_.add(std::move(messages));
  }
  void open() {
    admission_.emplace(rules_, Bytes(16, 'k'));
    table_.admit_by(*admission_, [this] { return congestion_; });
  }
  net::RequestHead head(const std::string& method, const std::string& path,
                        std::shared_ptr<const trust::PeerIdentity> who = nullptr) {
    net::RequestHead out;
    out.method = method;
    out.path = path;
    out.peer.address = "192.0.2.7";
    out.peer.identity = std::move(who);
    return out;
  }
  net::RequestHead message(std::string_view traffic, std::string size = "100",
                           std::string id = "d1") {
    net::RequestHead out = head("POST", "/messages", device(std::move(id)));
    out.headers.add("Class", traffic);
    out.headers.add("Content-Length", size);
    return out;
  }
  // The answer, after its time for a slow one; `slow_` says whether it was.
  net::Response answer(const net::RequestHead& head) {
    slow_ = closes_ = false;
    net::Resolved resolved = table_.resolve(head);
    if (auto* refused = std::get_if<net::Response>(&resolved)) {
      closes_ = true;
      return *refused;
    }
    net::Request request;
    request.head = head;
    auto& route = std::get<net::Route>(resolved);
    if (!route.hold) return route.handler(request);
    auto made = route.hold(request);
    if (auto* now = std::get_if<net::Response>(&made)) return *now;
    slow_ = true;
    return Ended::answer(*std::get<std::shared_ptr<net::HeldRequest>>(made));
  }
  // What a held request is answered in the end.
  struct Ended : net::HeldRequest {
    static net::Response answer(net::HeldRequest& held) { return (held.*(&Ended::run_out))(false); }
  };

  AdmissionRules rules_;
  Congestion congestion_;
  std::optional<AdmissionControl> admission_;
  bool slow_ = false;
  bool closes_ = false;
};

TEST_F(BusyRouteTableTest, PutsOffTheLaterClassAndKeepsTheConnection) {
  open();
  congestion_.oldest_wait[1] = std::chrono::milliseconds(1500);
  EXPECT_EQ(answer(message("status")).status, 204);
  const net::Response refused = answer(message("inventory"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(slow_);
  EXPECT_FALSE(closes_);
  EXPECT_GE(std::stoi(std::string(refused.headers.get("Retry-After"))), 60);
  EXPECT_EQ(refused.headers.get("Muster-Stretch"), "1.50");
  EXPECT_NE(std::get<Bytes>(refused.body).find("1919"), Bytes::npos);
  // A policy poll is answered all the same, and tells the client to come less often.
  const net::Response poll = answer(head("GET", "/policy/x", device()));
  EXPECT_EQ(poll.status, 200);
  EXPECT_EQ(poll.headers.get("Muster-Stretch"), "1.50");
}

TEST_F(BusyRouteTableTest, SaysNothingOfAStretchAtEase) {
  open();
  EXPECT_FALSE(answer(head("GET", "/policy/x", device())).headers.find("Muster-Stretch"));
}

TEST_F(BusyRouteTableTest, ReadsNoLongBodyThatItRefuses) {
  open();
  congestion_.oldest_wait[0] = std::chrono::seconds(9);
  EXPECT_EQ(answer(message("inventory", "65536")).status, 503);
  EXPECT_FALSE(closes_);
  EXPECT_EQ(answer(message("inventory", "65537")).status, 503);
  EXPECT_TRUE(closes_);
  auto chunked = message("inventory");
  chunked.headers = {{"Transfer-Encoding", "chunked"}};
  EXPECT_EQ(answer(chunked).status, 503);
  EXPECT_TRUE(closes_);
}

TEST_F(BusyRouteTableTest, WhoAsksTooFastGetsASlowAnswerAndOthersAQuickOne) {
  open();
  int quick = 0;
  for (int i = 0; i < 100; ++i) {
    const int status = answer(head("GET", "/policy/x", device())).status;
    EXPECT_EQ(slow_, status == 429);
    quick += status == 200 ? 1 : 0;
  }
  EXPECT_EQ(quick, 10);
  access_.set_device("d2", Admission::Active);
  EXPECT_EQ(answer(head("GET", "/policy/x", device("d2"))).status, 200);
  EXPECT_EQ(answer(head("GET", "/api/devices/x", admin())).status, 200);
  clock_.advance(std::chrono::seconds(2));
  EXPECT_EQ(answer(head("GET", "/policy/x", device())).status, 200);
}

TEST_F(BusyRouteTableTest, StrangersCountByTheirAddressWhateverTheyAsk) {
  open();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(answer(head("GET", "/nothing")).status, 403);
  EXPECT_EQ(answer(head("GET", "/nothing")).status, 429);
  EXPECT_EQ(answer(head("GET", "/public")).status, 429);
  auto other = head("GET", "/public");
  other.peer.address = "192.0.2.8";
  EXPECT_EQ(answer(other).status, 200);
  // A device behind the same address has a rate of its own.
  EXPECT_EQ(answer(head("GET", "/policy/x", device())).status, 200);
}

TEST_F(BusyRouteTableTest, APlaceIsHeldUntilTheRequestIsOver) {
  open();
  std::vector<net::Resolved> present;
  for (int i = 0; i < 2; ++i) present.push_back(table_.resolve(message("status")));
  EXPECT_EQ(answer(message("status")).status, 429);  // the third at once of one device
  access_.set_device("d2", Admission::Active);
  present.push_back(table_.resolve(message("status", "1", "d2")));
  EXPECT_EQ(answer(message("status", "1", "d2")).status, 503);  // three of four are taken
  present.clear();
  EXPECT_EQ(answer(message("status")).status, 204);
  EXPECT_EQ(admission_->counts().present[1], 0u);
}

TEST_F(BusyRouteTableTest, ABodyCountsForNoMoreThanItsRouteTakes) {
  rules_.requests = 4096;
  open();
  const auto held = table_.resolve(message("status", "999999999999999999"));
  EXPECT_EQ(admission_->counts().body_bytes, 1u << 20);
}

TEST_F(RouteTableTest, TakesNoRouteOfStrangersIntoTheFirstClassOfThePool) {
  Route route{.connection = "17", .method = "GET", .pattern = "/x", .access = Access::Public};
  route.handler = [](Call&) { return net::text_response(200, ""); };
  EXPECT_DEATH(table_.add(route), "broken invariant");
}

TEST_F(RouteTableTest, AnswersHeadWhereItAnswersGet) { EXPECT_EQ(status("HEAD", "/public"), 200); }

}  // namespace
}  // namespace muster::hosting
