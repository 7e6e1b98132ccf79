#include "net/http_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "net/errors.h"
#include "tests/net/test_certificates.h"
#include "tests/net/test_server.h"

namespace muster::net::test {
namespace {

using std::chrono::seconds;

std::unique_ptr<HttpClient> client(ClientSettings settings = {}) {
  return HttpClient::create(std::move(settings), system_clock()).value();
}
Result<ClientResponse> get_url(HttpClient& client, const std::string& url) {
  ClientRequest request;
  request.url = url;
  return client.send(request);
}
std::string url_of(const RawServer& server, const std::string& path = "/") {
  return fmt::format("http://127.0.0.1:{}{}", server.port(), path);
}
// Answers every connection's first request with these bytes and closes.
RawServer answering(const std::string& bytes) {
  return RawServer([bytes](int fd) {
    RawServer::read_head(fd);
    RawServer::send_all(fd, bytes);
  });
}

TEST(HttpClient, KeepsItsConnections) {
  TestSite site;
  const auto one = client();
  EXPECT_FALSE(get_url(*one, site.url("/hello"))->reused_connection);
  const auto second = get_url(*one, site.url("/unknown"));
  EXPECT_EQ(second->status, 404);
  EXPECT_EQ(second->body, "not here\n");
  EXPECT_TRUE(second->reused_connection);
  EXPECT_EQ(second->headers.find("content-type"), "text/plain; charset=utf-8");
  one->close_kept_connections();
  EXPECT_FALSE(get_url(*one, site.url("/hello"))->reused_connection);
}

// What waited too long is closed without another call: the server sees its end.
TEST(HttpClient, ClosesIdleConnectionsWhenTold) {
  struct SteadyClock final : Clock {
    Timestamp now() const override { return system_clock().now(); }
    Duration steady() const override { return system_clock().steady() + Duration(ahead.load()); }
    std::atomic<std::int64_t> ahead{0};
  } clock;
  TestSite site;
  const auto one = HttpClient::create({}, clock).value();
  EXPECT_FALSE(get_url(*one, site.url("/hello"))->reused_connection);
  one->close_idle_connections();
  EXPECT_TRUE(get_url(*one, site.url("/hello"))->reused_connection);
  EXPECT_EQ(site.server->counters().connections_open, 1u);
  clock.ahead = 61'000;
  one->close_idle_connections();
  const Duration begun = system_clock().steady();
  while (site.server->counters().connections_open > 0) {
    ASSERT_LT(system_clock().steady() - begun, std::chrono::seconds(20));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

TEST(HttpClient, SendsBodiesFromMemoryAndFromFiles) {
  TestSite site;
  const auto one = client();
  ClientRequest request;
  request.method = "POST";
  request.url = site.url("/echo");
  for (std::size_t size : {0u, 1u, 16384u, 16385u, 300'000u}) {
    request.body = site.content.substr(0, size);
    EXPECT_EQ(one->send(request).value().body, site.content.substr(0, size)) << size;
  }
  const std::string path = site.folder.file("body", site.content);
  const os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  request.body = FilePart{fd.get(), 1000, 200'000};
  EXPECT_EQ(one->send(request).value().body, site.content.substr(1000, 200'000));
  request.body = FilePart{fd.get(), 1000, 300'000};
  EXPECT_FALSE(one->send(request));
}

TEST(HttpClient, HandsDownloadsToASinkAndResumesThem) {
  TestSite site;
  const auto one = client();
  Bytes got;
  ClientRequest request;
  request.url = site.url("/file");
  request.sink = [&](ByteView part) -> Result<void> {
    got += part;
    if (got.size() > 100'000 && got.size() < 200'000) return fail(kBadRequest, "disk full");
    return {};
  };
  const auto broken = one->send(request);
  ASSERT_FALSE(broken);
  EXPECT_TRUE(broken.error().is(kBadRequest));
  request.headers.set("Range", fmt::format("bytes={}-", got.size()));
  request.headers.set("If-Range", site.etag);
  request.sink = [&](ByteView part) -> Result<void> {
    got += part;
    return {};
  };
  const auto rest = one->send(request);
  EXPECT_EQ(rest->status, 206);
  EXPECT_TRUE(rest->body.empty());
  EXPECT_EQ(got, site.content);
  request.url = site.url("/unknown");
  EXPECT_EQ(one->send(request)->body, "not here\n");
  EXPECT_EQ(got, site.content);
}

TEST(HttpClient, BoundsTheAnswer) {
  TestSite site;
  const auto one = client();
  ClientRequest request;
  request.url = site.url("/file");
  request.body_limit_bytes = 299'999;
  EXPECT_TRUE(one->send(request).error().is(kMessageTooLarge));
  request.body_limit_bytes = 300'000;
  EXPECT_TRUE(one->send(request));
  RawServer endless([](int fd) {
    RawServer::read_head(fd);
    RawServer::send_all(fd, "HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'a'));
  });
  EXPECT_TRUE(get_url(*one, url_of(endless)).error().is(kMessageTooLarge));
}

TEST(HttpClient, ReplacesADeadKeptConnectionOnceForIdempotentMethodsOnly) {
  // Promises to keep each connection and closes it when the second request comes.
  RawServer server([](int fd) {
    RawServer::read_head(fd);
    RawServer::send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    RawServer::read_head(fd);
  });
  const auto one = client();
  EXPECT_TRUE(get_url(*one, url_of(server)));
  EXPECT_TRUE(get_url(*one, url_of(server)));
  EXPECT_EQ(server.accepted(), 2);
  ClientRequest request;
  request.method = "POST";
  request.url = url_of(server);
  const auto lost = one->send(request);
  ASSERT_FALSE(lost);
  EXPECT_TRUE(lost.error().is(kConnectionLost));
  EXPECT_EQ(server.accepted(), 2);
}

TEST(HttpClient, DoesNotReuseAConnectionThatTheServerHasClosed) {
  RawServer server = answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  const auto one = client();
  ClientRequest request;
  request.method = "POST";
  request.url = url_of(server);
  EXPECT_TRUE(one->send(request));
  // The next connection is accepted only after the first was closed.
  EXPECT_TRUE(get_url(*client(), url_of(server)));
  EXPECT_TRUE(one->send(request));
}

TEST(HttpClient, TakesAnswersThatComeByteByByte) {
  const std::string text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nT: v\r\n\r\n";
  RawServer server([&](int fd) {
    RawServer::read_head(fd);
    for (char c : text) RawServer::send_all(fd, {&c, 1});
  });
  EXPECT_EQ(get_url(*client(), url_of(server)).value().body, "hello!");
  RawServer open_end = answering("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  EXPECT_EQ(get_url(*client(), url_of(open_end)).value().body, "until the end");
}

TEST(HttpClient, FailsOnAnAnswerThatIsCutOffAtAnyByte) {
  for (const std::string& whole :
       {std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")}) {
    std::atomic<std::size_t> size = 0;  // the server's thread reads it
    RawServer server([&](int fd) {
      RawServer::read_head(fd);
      RawServer::send_all(fd, ByteView(whole).substr(0, size));
    });
    for (; size < whole.size(); ++size) {
      const auto response = get_url(*client(), url_of(server));
      ASSERT_FALSE(response) << size.load();
      EXPECT_TRUE(response.error().is(kConnectionLost)) << response.error().text();
    }
    EXPECT_TRUE(get_url(*client(), url_of(server)));
  }
}

TEST(HttpClient, RefusesMalformedAnswers) {
  for (const char* text :
       {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\n\n", "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        "HTTP/1.1 200 OK\r\nX : y\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\n"}) {
    RawServer server = answering(text);
    const auto response = get_url(*client(), url_of(server));
    ASSERT_FALSE(response) << text;
    EXPECT_TRUE(response.error().is(kBadHttp)) << response.error().text();
  }
}

TEST(HttpClient, ReadsTheRefusalOfABodyThatItIsStillSending) {
  TestSite site;
  ClientRequest request;
  request.method = "PUT";
  request.url = site.url("/small");
  request.body = Bytes(50'000'000, 'x');
  const auto response = client()->send(request);
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->status, 413);
}

TEST(HttpClient, HasDeadlines) {
  Gate gate;
  RawServer silent([&](int fd) {
    RawServer::read_head(fd);
    gate.pass();
  });
  ClientRequest request;
  request.url = url_of(silent);
  request.time = Duration(50);
  EXPECT_TRUE(client()->send(request).error().is(kDeadlinePassed));
  gate.open();
  ClientSettings impatient;
  impatient.limits.stall_time = Duration(50);
  Gate second;
  RawServer stalling([&](int fd) {
    RawServer::read_head(fd);
    RawServer::send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
    second.pass();
  });
  EXPECT_TRUE(get_url(*client(impatient), url_of(stalling)).error().is(kDeadlinePassed));
  second.open();
}

// A daemon that is told to stop does not wait for a peer that does not answer.
TEST(HttpClient, EndsItsWaitsWhenItIsToldToStop) {
  TestSite site;
  std::atomic<bool> stop{false};
  ClientSettings settings;
  settings.stop = &stop;
  const auto client = HttpClient::create(std::move(settings), system_clock()).value();
  std::thread stopper([&] {
    site.gate.wait_for(1);
    stop = true;
  });
  ClientRequest request;
  request.url = site.url("/gate");
  const Duration begun = system_clock().steady();
  const auto answer = client->send(request);
  stopper.join();
  site.gate.open();
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().is(kStopped)) << answer.error().text();
  EXPECT_LT(system_clock().steady() - begun, std::chrono::seconds(15));
  // And begins none.
  request.url = site.url("/hello");
  EXPECT_TRUE(client->send(request).error().is(kStopped));
  stop = false;
  EXPECT_TRUE(client->send(request));
}

TEST(HttpClient, RefusesToSendWhatIsMalformed) {
  TestSite site;
  const auto one = client();
  const auto refuses = [&](auto change) {
    ClientRequest request;
    request.url = site.url("/hello");
    change(request);
    const auto response = one->send(request);
    return !response && (response.error().is(kBadRequest) || response.error().is(kBadUrl));
  };
  EXPECT_TRUE(refuses([](auto& r) { r.method = "GET / HTTP/1.1\r\n"; }));
  EXPECT_TRUE(refuses([](auto& r) { r.method = ""; }));
  EXPECT_TRUE(refuses([](auto& r) { r.method = "CONNECT"; }));
  EXPECT_TRUE(refuses([](auto& r) { r.url += " HTTP/1.1"; }));
  EXPECT_TRUE(refuses([](auto& r) { r.url = "file:///etc/passwd"; }));
  EXPECT_TRUE(refuses([](auto& r) { r.headers.add("X", "a\r\nY: b"); }));
  EXPECT_TRUE(refuses([](auto& r) { r.headers.add("X Y", "a"); }));
  EXPECT_TRUE(refuses([](auto& r) { r.headers.add("host", "other"); }));
  EXPECT_TRUE(refuses([](auto& r) { r.headers.add("Content-Length", "1"); }));
  EXPECT_TRUE(refuses([](auto& r) { r.headers.add("Transfer-Encoding", "chunked"); }));
  EXPECT_FALSE(refuses([](auto&) {}));
}

TEST(HttpClient, SaysThatNobodyListens) {
  const auto response = get_url(*client(), fmt::format("http://127.0.0.1:{}/", free_port()));
  ASSERT_FALSE(response);
  EXPECT_TRUE(response.error().is(kConnectFailed)) << response.error().text();
}

TEST(HttpClient, IsForSeveralThreads) {
  TestSite site;
  const auto one = client();
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i)
        if (const auto response = get_url(*one, site.url("/hello"));
            response && response->status == 200)
          ++good;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 600);
}

class HttpsClientTest : public testing::Test {
 protected:
  std::shared_ptr<TlsServer> tls(const Issued& certificate,
                                 TlsVersion version = TlsVersion::Tls13) {
    TlsServerSettings settings;
    settings.certificate_chain = certificate.certificate;
    settings.private_key = certificate.key;
    settings.ticket_keys = {Bytes(32, 'k')};
    settings.least_version = version;
    return TlsServer::create(settings, system_clock()).value();
  }
  ClientSettings trusting() {
    ClientSettings settings;
    settings.tls.authorities = authority.pem();
    return settings;
  }
  const TestAuthority authority;
};

TEST_F(HttpsClientTest, TrustsOnlyItsAuthoritiesAndTheRightName) {
  const auto verdict = [&](const Issued& certificate, ClientSettings settings,
                           const std::string& host) {
    TestSite site({}, system_clock(), tls(certificate));
    const auto response =
        get_url(*client(std::move(settings)), fmt::format("https://{}:{}/hello", host, site.port));
    if (response) return std::string("trusted");
    EXPECT_TRUE(response.error().is(kUntrustedPeer)) << response.error().text();
    return response.error().detail();
  };
  const Issued good = authority.issue_server();
  EXPECT_EQ(verdict(good, trusting(), "127.0.0.1"), "trusted");
  EXPECT_EQ(verdict(good, trusting(), "localhost"), "trusted");
  EXPECT_NE(verdict(good, {}, "localhost").find("issuer"), std::string::npos);
  const TestAuthority stranger("Test Authority");
  EXPECT_NE(verdict(stranger.issue_server(), trusting(), "localhost"), "trusted");
  EXPECT_NE(verdict(authority.issue({"localhost", "DNS:other", "serverAuth", -60, 60}), trusting(),
                    "localhost")
                .find("ostname mismatch"),
            std::string::npos);
  EXPECT_NE(
      verdict(authority.issue({"localhost", "", "serverAuth", -60, 60}), trusting(), "localhost"),
      "trusted");
  EXPECT_NE(verdict(authority.issue({"s", "DNS:localhost", "serverAuth", -60, 60}), trusting(),
                    "127.0.0.1")
                .find("IP address mismatch"),
            std::string::npos);
  EXPECT_NE(verdict(authority.issue({"s", "DNS:localhost", "serverAuth", -60, -30}), trusting(),
                    "localhost")
                .find("expired"),
            std::string::npos);
  EXPECT_NE(verdict(authority.issue({"s", "DNS:localhost", "serverAuth", 60, 90}), trusting(),
                    "localhost")
                .find("not yet valid"),
            std::string::npos);
  EXPECT_NE(verdict(authority.issue({"s", "DNS:localhost", "clientAuth", -60, 60}), trusting(),
                    "localhost")
                .find("purpose"),
            std::string::npos);
  ClientSettings named = trusting();
  named.tls.expected_name = "site.example";
  EXPECT_EQ(verdict(authority.issue({"s", "DNS:site.example", "serverAuth", -60, 60}), named,
                    "127.0.0.1"),
            "trusted");
  EXPECT_NE(verdict(good, named, "localhost"), "trusted");
}

TEST_F(HttpsClientTest, LeavesTheDecisionToItsCaller) {
  const Issued certificate = TestAuthority("Unknown").issue({"s", "", "serverAuth", -60, -30});
  TestSite site({}, system_clock(), tls(certificate));
  ClientSettings settings;
  int asked = 0;
  bool accepts = true;
  settings.tls.verify = [&](ByteView leaf, std::span<const Bytes> chain) -> Result<void> {
    ++asked;
    EXPECT_EQ(leaf, certificate.der);
    EXPECT_TRUE(chain.empty());
    if (!accepts) return fail(kUntrustedPeer, "the pin differs");
    return {};
  };
  const auto one = client(settings);
  EXPECT_TRUE(get_url(*one, site.url("/hello", true)));
  one->close_kept_connections();
  const auto resumed = get_url(*one, site.url("/hello", true));
  EXPECT_TRUE(resumed->resumed_session);
  EXPECT_EQ(asked, 2);
  accepts = false;
  one->close_kept_connections();
  // Refused on the resumed session, and again in the full handshake after it.
  for (int i = 0; i < 2; ++i) {
    const auto refused = get_url(*one, site.url("/hello", true));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().detail().find("the pin differs"), std::string::npos);
  }
  EXPECT_EQ(asked, 4);
}

TEST_F(HttpsClientTest, DoesNotResumeASessionWhoseCertificateHasExpired) {
  struct WallClock final : Clock {
    Timestamp now() const override { return system_clock().now() + Duration(ahead.load()); }
    Duration steady() const override { return system_clock().steady(); }
    std::atomic<std::int64_t> ahead{0};
  } wall;
  TestSite site({}, system_clock(),
                tls(authority.issue({"s", "IP:127.0.0.1", "serverAuth", -60, 600})));
  const auto one = HttpClient::create(trusting(), wall).value();
  const auto first = get_url(*one, site.url("/hello", true));
  ASSERT_TRUE(first) << first.error().text();
  one->close_kept_connections();
  const auto second = get_url(*one, site.url("/hello", true));
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_TRUE(second->resumed_session);
  one->close_kept_connections();
  wall.ahead = 700'000;
  const auto refused = get_url(*one, site.url("/hello", true));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kUntrustedPeer));
}

TEST_F(HttpsClientTest, SendsFilesAndReadsRefusalsUnderTls) {
  TestSite site({}, system_clock(), tls(authority.issue_server()));
  const auto one = client(trusting());
  const std::string path = site.folder.file("body", site.content);
  const os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  ClientRequest request;
  request.method = "PUT";
  request.url = site.url("/echo", true);
  request.body = FilePart{fd.get(), 5, 250'000};
  EXPECT_EQ(one->send(request).value().body, site.content.substr(5, 250'000));
  request.url = site.url("/small", true);
  request.body = Bytes(50'000'000, 'x');
  const auto refused = one->send(request);
  ASSERT_TRUE(refused) << refused.error().text();
  EXPECT_EQ(refused->status, 413);
}

TEST_F(HttpsClientTest, NoticesABodyThatIsCutOffWithoutCloseNotify) {
  // An attacker who cuts the TCP connection must not pass for the end of a body without length.
  TestSite site({}, system_clock(), tls(authority.issue_server()));
  RawServer cutter([&](int fd) {
    RawConnection server(site.port);
    // The server's first bytes pass, then the connection is cut in the middle.
    char part[4096];
    for (int i = 0; i < 1; ++i) {
      const ssize_t got = ::recv(fd, part, sizeof part, 0);
      if (got <= 0) return;
      server.send({part, static_cast<std::size_t>(got)});
    }
  });
  ClientSettings settings = trusting();
  const auto cut = get_url(*client(settings), fmt::format("https://127.0.0.1:{}/", cutter.port()));
  ASSERT_FALSE(cut);
  EXPECT_TRUE(cut.error().is(kTlsFailed)) << cut.error().text();
}

TEST_F(HttpsClientTest, RefusesItsOwnMalformedSettings) {
  ClientSettings settings = trusting();
  settings.tls.certificate_chain = authority.issue_server().certificate;
  settings.tls.private_key = authority.issue_server().key;
  EXPECT_TRUE(HttpClient::create(settings, system_clock()).error().is(kBadCertificate));
  settings = trusting();
  settings.tls.authorities = "nonsense";
  EXPECT_TRUE(HttpClient::create(settings, system_clock()).error().is(kBadCertificate));
  settings = trusting();
  settings.user_agent = "a\r\nb";
  EXPECT_FALSE(HttpClient::create(settings, system_clock()));
}

}  // namespace
}  // namespace muster::net::test
