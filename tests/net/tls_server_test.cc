#include <gtest/gtest.h>

#include "net/errors.h"
#include "net/http_client.h"
#include "tests/net/test_certificates.h"
#include "tests/net/test_server.h"

namespace muster::net::test {
namespace {

using std::chrono::seconds;

const Bytes kTicketKey(32, 'k');

class TlsServerTest : public testing::Test {
 protected:
  TlsServerSettings settings() {
    TlsServerSettings made;
    made.certificate_chain = server_certificate.certificate;
    made.private_key = server_certificate.key;
    made.request_client_certificate = true;
    made.client_authorities = authority.pem();
    made.identify = [this](ByteView der) -> std::shared_ptr<const void> {
      ++identified;
      if (der == refused_der) return nullptr;
      return std::make_shared<const std::string>("device " + sha256_hex(der).substr(0, 8));
    };
    made.ticket_keys = {kTicketKey};
    return made;
  }
  std::shared_ptr<TlsServer> tls(const TlsServerSettings& wanted) {
    return TlsServer::create(wanted, system_clock()).value();
  }
  std::unique_ptr<HttpClient> client(const Issued* certificate) {
    ClientSettings made;
    made.tls.authorities = authority.pem();
    if (certificate != nullptr) {
      made.tls.certificate_chain = certificate->certificate;
      made.tls.private_key = certificate->key;
    }
    return HttpClient::create(made, system_clock()).value();
  }
  static std::string body_of(const Result<ClientResponse>& response) {
    return response ? response->body : response.error().text();
  }
  static Result<ClientResponse> ask(HttpClient& client, const TestSite& site,
                                    const std::string& path = "/who") {
    ClientRequest request;
    request.url = site.url(path, true);
    return client.send(request);
  }
  std::string identity_of(const Issued& issued) {
    return "device " + sha256_hex(issued.der).substr(0, 8);
  }

  const TestAuthority authority;
  const Issued server_certificate = authority.issue_server();
  const Issued device = authority.issue("device");
  Bytes refused_der;
  std::atomic<int> identified{0};
};

TEST_F(TlsServerTest, HasNoConnectionWithoutACertificateWhereOneIsDemanded) {
  TlsServerSettings asked = settings();
  TlsServerSettings demanded = settings();
  demanded.demand_client_certificate = true;
  const TestSite open({}, system_clock(), tls(asked));
  const TestSite closed({}, system_clock(), tls(demanded));
  const auto stranger = client(nullptr);
  EXPECT_TRUE(ask(*stranger, open).has_value());
  const auto refused = ask(*stranger, closed);
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is(kTlsFailed) || refused.error().is(kConnectionLost))
      << refused.error().text();
  EXPECT_EQ(closed.server->counters().requests, 0u);
  const auto known = client(&device);
  EXPECT_TRUE(ask(*known, closed).has_value());
}

TEST_F(TlsServerTest, ResumesNoSessionWithoutACertificateWhereOneIsDemanded) {
  TlsServerSettings wanted = settings();
  auto open = std::make_unique<TestSite>(ServerSettings{}, system_clock(), tls(wanted));
  const std::uint16_t port = open->port;
  const auto stranger = client(nullptr);
  ASSERT_TRUE(ask(*stranger, *open).has_value());
  open.reset();
  wanted.demand_client_certificate = true;
  Server closed({}, system_clock());
  ASSERT_TRUE(closed.listen("127.0.0.1", port, tls(wanted), [](const RequestHead&) -> Resolved {
    return text_response(200, "in");
  }));
  ClientRequest request;
  request.url = fmt::format("https://127.0.0.1:{}/who", port);
  EXPECT_FALSE(stranger->send(request).has_value());
}

TEST_F(TlsServerTest, ServesClientsWithAndWithoutACertificate) {
  TestSite site({}, system_clock(), tls(settings()));
  EXPECT_EQ(body_of(ask(*client(nullptr), site)), "127.0.0.1 tls none nobody");
  EXPECT_EQ(identified, 0);
  EXPECT_EQ(body_of(ask(*client(&device), site)), "127.0.0.1 tls good " + identity_of(device));
  EXPECT_EQ(identified, 1);
}

TEST_F(TlsServerTest, AsksOncePerCertificateAndAgainWhenToldToForget) {
  const auto server = tls(settings());
  TestSite site({}, system_clock(), server);
  for (int i = 0; i < 3; ++i) ask(*client(&device), site).value();
  EXPECT_EQ(identified, 1);
  const Issued other = authority.issue("other");
  EXPECT_EQ(body_of(ask(*client(&other), site)), "127.0.0.1 tls good " + identity_of(other));
  EXPECT_EQ(identified, 2);
  server->forget_identities();
  ask(*client(&device), site).value();
  EXPECT_EQ(identified, 3);
}

TEST_F(TlsServerTest, RemembersABoundedNumberOfIdentities) {
  TlsServerSettings few = settings();
  few.identity_cache_limit = 2;
  TestSite site({}, system_clock(), tls(few));
  const Issued second = authority.issue("second");
  const Issued third = authority.issue("third");
  for (const Issued* one : {&device, &second, &third}) ask(*client(one), site).value();
  EXPECT_EQ(identified, 3);
  ask(*client(&third), site).value();
  EXPECT_EQ(identified, 3);
  ask(*client(&device), site).value();
  EXPECT_EQ(identified, 4);
}

TEST_F(TlsServerTest, MarksAnExpiredCertificateAndServesIt) {
  const Issued expired = authority.issue({"old", "", "clientAuth", -7200, -3600});
  TestSite site({}, system_clock(), tls(settings()));
  EXPECT_EQ(body_of(ask(*client(&expired), site)), "127.0.0.1 tls expired " + identity_of(expired));
}

TEST_F(TlsServerTest, MarksACertificateThatExpiresBetweenTwoSessions) {
  const Issued short_lived = authority.issue({"short", "", "clientAuth", -3600, 600});
  TlsServerSettings wanted = settings();
  struct WallClock final : Clock {
    Timestamp now() const override { return system_clock().now() + Duration(ahead.load()); }
    Duration steady() const override { return system_clock().steady(); }
    std::atomic<std::int64_t> ahead{0};
  } wall;
  TestSite site({}, system_clock(), TlsServer::create(wanted, wall).value());
  const auto one = client(&short_lived);
  EXPECT_EQ(body_of(ask(*one, site)), "127.0.0.1 tls good " + identity_of(short_lived));
  one->close_kept_connections();
  wall.ahead = 700'000;
  const auto later = ask(*one, site);
  EXPECT_EQ(body_of(later), "127.0.0.1 tls expired " + identity_of(short_lived));
  EXPECT_TRUE(later->resumed_session);
}

TEST_F(TlsServerTest, RefusesCertificatesThatItDoesNotTrust) {
  const TestAuthority stranger("Test Authority");
  const Issued untrusted = stranger.issue("device");
  const Issued early = authority.issue({"early", "", "clientAuth", 3600, 7200});
  const Issued server_only = authority.issue({"server", "", "serverAuth", -3600, 3600});
  const Issued refused = authority.issue("refused");
  refused_der = refused.der;
  TestSite site({}, system_clock(), tls(settings()));
  for (const Issued* bad : {&untrusted, &early, &server_only, &refused})
    EXPECT_FALSE(ask(*client(bad), site));
  EXPECT_EQ(site.server->counters().handshakes_failed, 4u);
  EXPECT_EQ(site.server->counters().requests, 0u);
  EXPECT_TRUE(ask(*client(&device), site));
}

TEST_F(TlsServerTest, ResumesMutualSessionsAcrossARestartWithTheSameKeys) {
  const auto one = client(&device);
  std::uint16_t port = 0;
  {
    TestSite site({}, system_clock(), tls(settings()));
    port = site.port;
    const auto first = ask(*one, site);
    EXPECT_FALSE(first->resumed_session);
  }
  // Another process in all but name: nothing is shared but the keys. The port decides under
  // which name the client keeps its session.
  TestSite site;
  const auto purpose = tls(settings());
  ASSERT_TRUE(site.server->listen("127.0.0.1", port, purpose, [](const RequestHead& head) {
    const auto* identity = static_cast<const std::string*>(head.peer.identity.get());
    return text_response(200, identity != nullptr ? *identity : "nobody");
  }));
  ClientRequest request;
  request.url = fmt::format("https://127.0.0.1:{}/", port);
  const auto resumed = one->send(request);
  ASSERT_TRUE(resumed) << resumed.error().text();
  EXPECT_TRUE(resumed->resumed_session);
  EXPECT_EQ(resumed->body, identity_of(device));
}

TEST_F(TlsServerTest, ResumesOnlyUnderKeysAndAuthoritiesThatItStillHas) {
  const auto server = tls(settings());
  TestSite site({}, system_clock(), server);
  const auto one = client(&device);
  const auto resumes = [&] {
    one->close_kept_connections();
    const auto response = ask(*one, site);
    EXPECT_EQ(body_of(response), "127.0.0.1 tls good " + identity_of(device));
    return response && response->resumed_session;
  };
  EXPECT_FALSE(resumes());
  EXPECT_TRUE(resumes());
  const Bytes next(40, 'n');
  ASSERT_TRUE(server->replace_ticket_keys({next, kTicketKey}));
  EXPECT_TRUE(resumes());  // the old key still decrypts
  ASSERT_TRUE(server->replace_ticket_keys({next}));
  EXPECT_TRUE(resumes());  // under the ticket that was made with the new one
  ASSERT_TRUE(server->replace_ticket_keys({Bytes(32, 'x')}));
  EXPECT_FALSE(resumes());
  EXPECT_TRUE(resumes());
  const TestAuthority added("Added Authority");
  ASSERT_TRUE(server->replace_client_authorities(authority.pem() + added.pem()));
  EXPECT_FALSE(resumes());
  EXPECT_TRUE(resumes());
  ASSERT_TRUE(server->replace_ticket_keys({}));
  EXPECT_FALSE(resumes());
  EXPECT_FALSE(resumes());
}

TEST_F(TlsServerTest, ReplacesItsCertificateWhileConnectionsStand) {
  const auto server = tls(settings());
  TestSite site({}, system_clock(), server);
  const auto old = client(nullptr);
  ask(*old, site).value();
  const Issued renewed = authority.issue_server();
  EXPECT_FALSE(server->replace_certificate(renewed.certificate, device.key));
  ASSERT_TRUE(server->replace_certificate(renewed.certificate, renewed.key));
  EXPECT_TRUE(ask(*old, site)->reused_connection);
  Bytes seen;
  ClientSettings pinned;
  pinned.tls.verify = [&](ByteView der, std::span<const Bytes>) -> Result<void> {
    seen = der;
    return {};
  };
  ask(*HttpClient::create(pinned, system_clock()).value(), site).value();
  EXPECT_EQ(seen, renewed.der);
}

TEST_F(TlsServerTest, NamesThePartOfItsSettingsThatIsWrong) {
  const auto error_of = [&](auto change) {
    TlsServerSettings wrong = settings();
    change(wrong);
    const auto made = TlsServer::create(wrong, system_clock());
    EXPECT_FALSE(made);
    if (made) return std::string();
    EXPECT_TRUE(made.error().is(kBadCertificate));
    return made.error().detail();
  };
  EXPECT_NE(error_of([](auto& s) { s.certificate_chain = ""; }).find("chain"), std::string::npos);
  EXPECT_NE(error_of([](auto& s) {
              s.certificate_chain = "-----BEGIN CERTIFICATE-----\nAA\n";
            }).find("chain"),
            std::string::npos);
  EXPECT_NE(error_of([](auto& s) { s.private_key = "x"; }).find("key"), std::string::npos);
  EXPECT_NE(error_of([&](auto& s) { s.private_key = device.key; }).find("key"), std::string::npos);
  EXPECT_NE(error_of([](auto& s) { s.client_authorities = ""; }).find("authorities"),
            std::string::npos);
  EXPECT_NE(error_of([](auto& s) { s.ticket_keys = {Bytes(31, 'k')}; }).find("31"),
            std::string::npos);
}

TEST_F(TlsServerTest, SendsFilesMemoryAndUploadsWhole) {
  TestSite site({}, system_clock(), tls(settings()));
  const auto one = client(&device);
  for (const char* path : {"/file", "/memory", "/file"}) {
    ClientRequest request;
    request.url = site.url(path, true);
    EXPECT_EQ(one->send(request).value().body, site.content) << path;
  }
  ClientRequest upload;
  upload.method = "POST";
  upload.url = site.url("/upload", true);
  upload.body = site.content;
  const std::string hash = sha256_hex(site.content);
  EXPECT_EQ(body_of(one->send(upload)), fmt::format("300000 {} {}", hash, hash));
}

TEST_F(TlsServerTest, ClosesConnectionsThatNeverFinishTheHandshake) {
  SteppedClock clock;
  TestSite site({}, clock, tls(settings()));
  const std::uint16_t plain = site.listen(nullptr);
  RawConnection silent(site.port);
  RawConnection partial(site.port);
  partial.send("\x16\x03\x01\x02");
  RawConnection watcher(plain);
  watcher.send(get("/hello"));
  watcher.read_response();
  while (site.server->counters().connections_open < 3) {
    watcher.send(get("/hello"));
    watcher.read_response();
  }
  clock.advance(seconds(11));
  EXPECT_TRUE(silent.is_closed());
  EXPECT_TRUE(partial.is_closed());
  RawConnection plain_text(site.port);
  plain_text.send(get("/hello"));
  EXPECT_EQ(plain_text.read_to_end().find("HTTP"), std::string::npos);
}

class TlsServerWithOpenssl : public TlsServerTest {
 protected:
  // The handshake as `openssl s_client` reports it.
  std::string connect(std::uint16_t port, std::vector<std::string> options) {
    std::vector<std::string> command = {
        "openssl", "s_client", "-connect", fmt::format("127.0.0.1:{}", port), "-CAfile", ca};
    command.insert(command.end(), options.begin(), options.end());
    return run(command).output;
  }
  TemporaryFolder folder;
  const std::string ca = folder.file("ca.pem", authority.pem());
};

TEST_F(TlsServerWithOpenssl, SpeaksOnlyTheVersionsAndSuitesOfItsSettings) {
  TlsServerSettings both = settings();
  both.least_version = TlsVersion::Tls12;
  TestSite site({}, system_clock(), tls(settings()));
  const std::uint16_t old = site.listen(tls(both));
  EXPECT_NE(connect(site.port, {}).find("New, TLSv1.3, Cipher is TLS_"), std::string::npos);
  EXPECT_NE(connect(site.port, {"-tls1_2"}).find("alert protocol version"), std::string::npos);
  EXPECT_NE(connect(old, {"-tls1_2"}).find("New, TLSv1.2, Cipher is ECDHE-ECDSA-"),
            std::string::npos);
  EXPECT_NE(
      connect(old, {"-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"}).find("handshake failure"),
      std::string::npos);
  EXPECT_NE(
      connect(old, {"-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"}).find("alert protocol version"),
      std::string::npos);
}

TEST_F(TlsServerWithOpenssl, AnswersOnlyToItsOwnProtocolName) {
  TestSite site({}, system_clock(), tls(settings()));
  EXPECT_NE(connect(site.port, {"-alpn", "h2,http/1.1"}).find("ALPN protocol: http/1.1"),
            std::string::npos);
  EXPECT_NE(connect(site.port, {"-alpn", "h2"}).find("no application protocol"), std::string::npos);
}

TEST_F(TlsServerWithOpenssl, NamesTheAuthoritiesThatItWants) {
  TestSite site({}, system_clock(), tls(settings()));
  const std::string report = connect(site.port, {});
  EXPECT_NE(report.find("Acceptable client certificate CA names\nCN = Test Authority"),
            std::string::npos)
      << report;
}

}  // namespace
}  // namespace muster::net::test
