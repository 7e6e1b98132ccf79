#include "hosting/route_table.h"

#include <gtest/gtest.h>

#include <set>

#include "hosting/errors.h"

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

TEST_F(RouteTableTest, AnswersHeadWhereItAnswersGet) { EXPECT_EQ(status("HEAD", "/public"), 200); }

}  // namespace
}  // namespace muster::hosting
