// The client's conversations with a management point that cannot be reached over HTTPS, or in whose
// place somebody else answers.
#include "roles/client/site_link.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "base/os/system.h"
#include "net/errors.h"
#include "net/http_server.h"
#include "roles/client/errors.h"
#include "trust/errors.h"
#include "trust/hpke.h"

namespace muster::client {
namespace {

// Nobody listens there.
constexpr const char* kClosed = "https://127.0.0.1:1";

// A management point's HTTP leg that counts what it is asked.
struct HttpLeg {
  HttpLeg() {
    port = server
               .listen("127.0.0.1", 0, nullptr,
                       [this](const net::RequestHead& head) -> net::Resolved {
                         net::Route route;
                         route.body_limit_bytes = 1u << 20;
                         route.handler = [this, path = head.path](net::Request&) {
                           ++asked[path];
                           const bool document = path.starts_with("/public/");
                           auto response = net::text_response(status.value_or(document ? 200 : 503),
                                                              "document");
                           for (const auto& [name, value] : headers)
                             response.headers.add(name, value);
                           return response;
                         };
                         return route;
                       })
               .value();
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", port); }

  os::SystemClock clock;
  std::map<std::string, int> asked;
  std::optional<int> status;
  std::map<std::string, std::string> headers;
  net::Server server{net::ServerSettings(), clock};
  std::uint16_t port = 0;
};

struct SiteLinkTest : testing::Test {
  HttpLeg leg;
  SeededRandom random{3};
  os::SystemClock clock;
  Timestamp signed_now{1'790'000'000'000};
  Timestamp expires = signed_now + std::chrono::hours(1);

  std::unique_ptr<SealedChannel> channel() {
    SealedChannelSettings settings{.point = leg.url()};
    settings.check = [this](ByteView) -> Result<contract::EnvelopeKeyDocument> {
      return contract::EnvelopeKeyDocument{*model::SiteCode::parse("P01"),
                                           trust::X25519Key::generate(random).public_raw(),
                                           signed_now - std::chrono::hours(1), expires};
    };
    settings.signed_now = [this] { return signed_now; };
    return SealedChannel::create(std::move(settings), clock, random).value();
  }
  Result<Bytes> document_by(LegChoice choice) {
    SiteLinkSettings settings;
    settings.management_point = kClosed;
    settings.leg = choice;
    auto link = SiteLink::create(std::move(settings), clock).value();
    link->set_sealed(channel());
    return link->public_document("management-points");
  }
};

TEST_F(SiteLinkTest, AsksForPublicDocumentsOverHttpUnlessThatIsForbidden) {
  EXPECT_EQ(document_by(LegChoice::Auto).value(), "document");
  EXPECT_EQ(leg.asked["/public/management-points"], 1);
  const auto refused = document_by(LegChoice::Https);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(net::kConnectFailed));
  EXPECT_EQ(leg.asked["/public/management-points"], 1);
}

TEST_F(SiteLinkTest, FetchesTheEnvelopeKeyAgainWhenItHasEnded) {
  const auto sealed = channel();
  const auto key = trust::EcdsaKey::generate();
  const trust::Certificate certificate{.der = "certificate",
                                       .sha256 = {},
                                       .common_name = {},
                                       .uris = {},
                                       .dns_names = {},
                                       .ip_addresses = {},
                                       .not_before = {},
                                       .not_after = {},
                                       .serial = {},
                                       .key = key.public_key(),
                                       .handle = {}};
  const Identity identity{model::DeviceId::make(random), key, certificate};
  net::ClientRequest request;
  request.url = "/mp/policy";
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(sealed->send(request, identity).error().is(kSealedAnswer));
  EXPECT_EQ(leg.asked["/public/envelope-key"], 1);
  EXPECT_EQ(leg.asked["/mp/sealed"], 3);
  signed_now = expires;
  expires = signed_now + std::chrono::hours(1);
  EXPECT_FALSE(sealed->send(request, identity));
  EXPECT_EQ(leg.asked["/public/envelope-key"], 2);
}

// What a busy management point asks for, as it stands in the fields of its answers.
struct PaceTest : SiteLinkTest {
  std::unique_ptr<SiteLink> link = [this] {
    SiteLinkSettings settings;
    settings.management_point = leg.url();
    return SiteLink::create(std::move(settings), clock).value();
  }();
  void answer(int status, std::map<std::string, std::string> headers) {
    leg.status = status;
    leg.headers = std::move(headers);
    static_cast<void>(link->public_document("management-points"));
  }
};

TEST_F(PaceTest, OfABusySiteIsKnownUntilItsNextAnswer) {
  EXPECT_EQ(link->stretch(), 1.0);
  answer(503, {{"Retry-After", "77"}, {"Muster-Stretch", "2.25"}});
  EXPECT_EQ(link->asked_wait(), std::chrono::seconds(77));
  EXPECT_EQ(link->stretch(), 2.25);
  answer(429, {{"Retry-After", "5"}});
  EXPECT_EQ(link->asked_wait(), std::chrono::seconds(5));
  EXPECT_EQ(link->stretch(), 1.0);
  answer(200, {{"Muster-Stretch", "8.00"}});
  EXPECT_EQ(link->asked_wait(), Duration(0));
  EXPECT_EQ(link->stretch(), 8.0);
}

TEST_F(PaceTest, IsTakenFromRefusalsOfABusySiteAlone) {
  for (const int status : {200, 404, 403, 500}) {
    answer(status, {{"Retry-After", "3600"}});
    EXPECT_EQ(link->asked_wait(), Duration(0)) << status;
  }
}

TEST_F(PaceTest, ThatCannotBeReadChangesNothing) {
  for (const char* wrong : {"", "-1", "99999999", "soon", "1.5"}) {
    answer(503, {{"Retry-After", wrong}, {"Muster-Stretch", wrong}});
    EXPECT_EQ(link->asked_wait(), Duration(0)) << wrong;
    EXPECT_EQ(link->stretch(), 1.0) << wrong;
  }
  answer(503, {});
  EXPECT_EQ(link->asked_wait(), Duration(0));
}

TEST_F(PaceTest, IsForgottenWhenNobodyAnswers) {
  answer(503, {{"Retry-After", "77"}});
  leg.server.stop(Duration(0));
  EXPECT_FALSE(link->public_document("management-points"));
  EXPECT_EQ(link->asked_wait(), Duration(0));
}

// What makes a client look for another management point: nobody, or somebody else, answers there.
TEST(FailuresOfTheWay, AreThoseOfNetworkAndCertificateAndOfTheSealedLeg) {
  for (const ErrorKind* kind :
       {&net::kConnectFailed, &net::kDeadlinePassed, &net::kTlsFailed, &trust::kWrongIssuer,
        &trust::kExpired, &trust::kNoIdentity, &trust::kBadCertificate, &kSealedAnswer})
    EXPECT_TRUE(is_of_the_way(fail(*kind, "").value())) << kind->name;
  for (const ErrorKind* kind : {&kSiteAnswer, &kPending, &kStreamRefused})
    EXPECT_FALSE(is_of_the_way(fail(*kind, "").value())) << kind->name;
}

}  // namespace
}  // namespace muster::client
