// The server and the client against programs that are not ours: curl, nginx, tinyproxy, squid.
#include <gtest/gtest.h>

#include "net/errors.h"
#include "net/http_client.h"
#include "tests/net/test_certificates.h"
#include "tests/net/test_server.h"

namespace muster::net::test {
namespace {

using std::chrono::seconds;

class PeersTest : public testing::Test {
 protected:
  std::shared_ptr<TlsServer> tls(TlsVersion version = TlsVersion::Tls13) {
    TlsServerSettings settings;
    settings.certificate_chain = server_certificate.certificate;
    settings.private_key = server_certificate.key;
    settings.ticket_keys = {Bytes(32, 'k')};
    settings.least_version = version;
    settings.request_client_certificate = true;
    settings.client_authorities = authority.pem();
    settings.identify = [](ByteView) { return std::make_shared<const std::string>("known"); };
    return TlsServer::create(settings, system_clock()).value();
  }
  // Waits until somebody accepts there.
  static bool is_up(Process& process, std::uint16_t port) {
    const Deadline deadline(system_clock(), seconds(20), seconds(20));
    while (process.running() && deadline.left() > Duration(0))
      if (connect_tcp("127.0.0.1", port, deadline)) return true;
    return false;
  }
  std::string read(const std::string& name) {
    return os::read_file(folder.path() / name, 1u << 26).value_or("unreadable");
  }
  std::string path(const std::string& name) { return (folder.path() / name).string(); }

  const TestAuthority authority;
  const Issued server_certificate = authority.issue_server();
  TemporaryFolder folder;
  const std::string ca = folder.file("ca.pem", authority.pem());
};

class CurlTest : public PeersTest {
 protected:
  void SetUp() override {
    if (!is_installed("curl")) GTEST_SKIP() << "curl is not installed";
  }
  Outcome curl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"curl", "-sS", "--max-time", "30", "--cacert", ca});
    return run(arguments);
  }
};

TEST_F(CurlTest, ReusesTheConnection) {
  TestSite site;
  const Outcome outcome = curl({"-v", site.url("/hello"), site.url("/pool"), site.url("/hello")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.output.find("Re-using existing connection"), std::string::npos)
      << outcome.output;
  EXPECT_EQ(site.server->counters().connections_accepted, 1u);
}

TEST_F(CurlTest, GetsRangesAndResumes) {
  TestSite site;
  EXPECT_EQ(curl({"-r", "5-9", site.url("/file")}).output, site.content.substr(5, 5));
  EXPECT_EQ(curl({"-r", "-7", site.url("/file")}).output, site.content.substr(299'993));
  folder.file("part", site.content.substr(0, 123'456));
  EXPECT_EQ(curl({"-C", "-", "-o", path("part"), site.url("/file")}).status, 0);
  EXPECT_EQ(read("part"), site.content);
  folder.file("etag", site.etag);
  EXPECT_EQ(curl({"-w", "%{http_code}", "--etag-compare", path("etag"), site.url("/file")}).output,
            "304");
  EXPECT_EQ(
      curl({"-w", "%{http_code}", "-r", "400000-", "-o", "/dev/null", site.url("/file")}).output,
      "416");
}

TEST_F(CurlTest, SendsBodiesWithExpectInChunksAndFromFiles) {
  TestSite site;
  const std::string body = folder.file("body", site.content);
  EXPECT_EQ(
      curl({"--data-binary", "@" + body, "-H", "Expect: 100-continue", site.url("/echo")}).output,
      site.content);
  EXPECT_EQ(
      curl({"--data-binary", "@" + body, "-H", "Transfer-Encoding: chunked", site.url("/echo")})
          .output,
      site.content);
  const std::string hash = sha256_hex(site.content);
  EXPECT_EQ(curl({"-T", body, site.url("/upload")}).output, fmt::format("300000 {0} {0}", hash));
  EXPECT_EQ(curl({"-w", "%{http_code}", "-o", "/dev/null", "-T", body, site.url("/small")}).output,
            "413");
}

TEST_F(CurlTest, ShowsAClientCertificate) {
  const Issued device = authority.issue("device");
  const std::string certificate = folder.file("cert.pem", device.certificate);
  const std::string key = folder.file("key.pem", device.key);
  TestSite site({}, system_clock(), tls());
  EXPECT_EQ(curl({site.url("/who", true)}).output, "127.0.0.1 tls none nobody");
  EXPECT_EQ(curl({"--cert", certificate, "--key", key, site.url("/who", true)}).output,
            "127.0.0.1 tls good known");
  const Issued stranger = TestAuthority("Stranger").issue("device");
  const std::string other = folder.file("other.pem", stranger.certificate + stranger.key);
  EXPECT_NE(curl({"--cert", other, site.url("/who", true)}).status, 0);
}

TEST_F(CurlTest, SpeaksTheVersionsThatTheListenerAllows) {
  TestSite site({}, system_clock(), tls());
  const std::uint16_t old = site.listen(tls(TlsVersion::Tls12));
  EXPECT_NE(curl({"--tls-max", "1.2", site.url("/hello", true)}).status, 0);
  EXPECT_EQ(curl({"--tlsv1.3", site.url("/hello", true)}).output, "hello\n");
  EXPECT_EQ(curl({"--tls-max", "1.2", fmt::format("https://127.0.0.1:{}/hello", old)}).output,
            "hello\n");
  EXPECT_EQ(curl({"--http2", site.url("/hello", true)}).output, "hello\n");
  EXPECT_EQ(curl({"-r", "100-299", site.url("/file", true)}).output, site.content.substr(100, 200));
}

class NginxTest : public PeersTest {
 protected:
  void SetUp() override {
    if (!is_installed("nginx") && !std::filesystem::exists("/usr/sbin/nginx"))
      GTEST_SKIP() << "nginx is not installed";
    folder.file("server.pem", server_certificate.certificate);
    folder.file("server.key", server_certificate.key);
    Bytes content(2'000'000, '\0');
    SeededRandom(5).fill(content.data(), content.size());
    folder.file("content", content);
    // Another program may take a port between the choice and the start.
    for (int attempt = 0; attempt < 5; ++attempt) {
      plain = free_port();
      secure = free_port();
      nginx = std::make_unique<Process>(
          std::vector<std::string>{"/usr/sbin/nginx", "-p", folder.path().string(), "-e",
                                   path("error.log"), "-c",
                                   folder.file("nginx.conf", configuration())},
          path("output"));
      if (is_up(*nginx, plain) && is_up(*nginx, secure)) return;
    }
    FAIL() << read("output") << read("error.log");
  }
  std::string configuration() {
    return fmt::format(
        "daemon off; worker_processes 1; pid {0}/pid; {3}\n"
        "events {{ worker_connections 100; }}\n"
        "http {{ access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p; "
        "fastcgi_temp_path {0}/f;"
        " uwsgi_temp_path {0}/u; scgi_temp_path {0}/s; root {0};\n"
        " ssl_certificate {0}/server.pem; ssl_certificate_key {0}/server.key; ssl_protocols "
        "TLSv1.3;\n"
        " ssl_client_certificate {0}/ca.pem; ssl_verify_client optional;\n"
        " server {{ listen 127.0.0.1:{1}; listen 127.0.0.1:{2} ssl;\n"
        "  location /who {{ return 200 \"$ssl_client_verify $ssl_session_reused\"; }}\n"
        "  location /chunked {{ ssi on; ssi_types *; alias {0}/content; }}\n"
        "  location /once {{ keepalive_timeout 0; return 200 once; }}\n"
        "  location /put {{ client_max_body_size 1k; return 200 x; }} }} }}\n",
        folder.path().string(), plain, secure, ::getuid() == 0 ? "user root;" : "");
  }
  ClientSettings trusting() {
    ClientSettings settings;
    settings.tls.authorities = authority.pem();
    const Issued device = authority.issue("device");
    settings.tls.certificate_chain = device.certificate;
    settings.tls.private_key = device.key;
    return settings;
  }
  Result<ClientResponse> get(HttpClient& client, const std::string& where, bool secured = true) {
    ClientRequest request;
    request.url =
        fmt::format("http{}://localhost:{}{}", secured ? "s" : "", secured ? secure : plain, where);
    return client.send(request);
  }
  std::uint16_t plain = 0;
  std::uint16_t secure = 0;
  std::unique_ptr<Process> nginx;
};

TEST_F(NginxTest, AnswersOurClient) {
  const auto client = HttpClient::create(trusting(), system_clock()).value();
  EXPECT_EQ(get(*client, "/who")->body, "SUCCESS .");
  client->close_kept_connections();
  for (bool secured : {false, true}) {
    EXPECT_EQ(get(*client, "/content", secured).value().body, read("content"));
    const auto chunked = get(*client, "/chunked", secured);
    EXPECT_EQ(chunked.value().body, read("content"));
    EXPECT_TRUE(chunked->reused_connection);
    EXPECT_EQ(get(*client, "/once", secured)->body, "once");
    EXPECT_FALSE(get(*client, "/content", secured)->reused_connection);
  }
  client->close_kept_connections();
  const auto resumed = get(*client, "/who");
  EXPECT_EQ(resumed->body, "SUCCESS r");
  EXPECT_TRUE(resumed->resumed_session);
}

TEST_F(NginxTest, SurvivesItsRestartOnAKeptConnection) {
  const auto client = HttpClient::create(trusting(), system_clock()).value();
  EXPECT_EQ(get(*client, "/content").value().status, 200);
  nginx.reset();
  EXPECT_TRUE(get(*client, "/content").error().is(kConnectFailed));
  nginx = std::make_unique<Process>(
      std::vector<std::string>{"/usr/sbin/nginx", "-p", folder.path().string(), "-e",
                               path("error.log"), "-c", path("nginx.conf")},
      path("output"));
  ASSERT_TRUE(is_up(*nginx, secure)) << read("output");
  EXPECT_EQ(get(*client, "/content").value().status, 200);
}

// Through a proxy to our own server, in both forms.
void expect_proxied(TestSite& site, std::uint16_t secure, const TestAuthority& authority,
                    const Proxy& proxy) {
  ClientSettings settings;
  settings.tls.authorities = authority.pem();
  settings.proxy = proxy;
  const auto client = HttpClient::create(settings, system_clock()).value();
  ClientRequest request;
  for (int i = 0; i < 2; ++i) {
    request.url = site.url("/file");
    const auto plain = client->send(request);
    ASSERT_TRUE(plain) << plain.error().text();
    EXPECT_EQ(plain->body, site.content);
    request.url = fmt::format("https://localhost:{}/file", secure);
    const auto secured = client->send(request);
    ASSERT_TRUE(secured) << secured.error().text();
    EXPECT_EQ(secured->body, site.content);
    EXPECT_EQ(secured->reused_connection, i == 1);
  }
}
Proxy proxy_at(std::uint16_t port) {
  Proxy proxy;
  proxy.host = "127.0.0.1";
  proxy.port = port;
  return proxy;
}

TEST_F(PeersTest, TinyproxyWithCredentialsLetsOurClientThrough) {
  if (!is_installed("tinyproxy")) GTEST_SKIP() << "tinyproxy is not installed";
  TestSite site;
  const std::uint16_t secure = site.listen(tls());
  const std::uint16_t port = free_port();
  const std::string configuration =
      folder.file("tiny.conf", fmt::format("Port {}\nListen 127.0.0.1\nTimeout 60\nBasicAuth user "
                                           "secret\nAllow 127.0.0.1\nConnectPort {}\n",
                                           port, secure));
  Process proxy({"tinyproxy", "-d", "-c", configuration}, path("output"));
  ASSERT_TRUE(is_up(proxy, port)) << read("output");
  Proxy known = proxy_at(port);
  known.user = "user";
  known.password = "secret";
  expect_proxied(site, secure, authority, known);
  ClientSettings settings;
  settings.tls.authorities = authority.pem();
  settings.proxy = proxy_at(port);
  const auto client = HttpClient::create(settings, system_clock()).value();
  ClientRequest request;
  request.url = fmt::format("https://localhost:{}/file", secure);
  const auto refused = client->send(request);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kProxyRefused)) << refused.error().text();
}

TEST_F(PeersTest, SquidLetsOurClientThrough) {
  if (!is_installed("squid") && !std::filesystem::exists("/usr/sbin/squid"))
    GTEST_SKIP() << "squid is not installed";
  TestSite site;
  const std::uint16_t secure = site.listen(tls());
  const std::uint16_t port = free_port();
  const std::string root = folder.path().string();
  std::filesystem::permissions(root, std::filesystem::perms::all);
  const std::string configuration = folder.file(
      "squid.conf", fmt::format("http_port 127.0.0.1:{}\nhttp_access allow all\ncache deny "
                                "all\naccess_log none\ncache_log {}/cache.log\n"
                                "pid_filename none\nnetdb_filename none\nshutdown_lifetime 0 "
                                "seconds\npinger_enable off\ncoredump_dir {}\n",
                                port, root, root));
  Process proxy({"/usr/sbin/squid", "-N", "-f", configuration}, path("output"));
  ASSERT_TRUE(is_up(proxy, port)) << read("output") << read("cache.log");
  expect_proxied(site, secure, authority, proxy_at(port));
}

TEST_F(PeersTest, AProxyThatSpeaksNonsenseIsRefused) {
  for (const char* answer : {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
                             "HTTP/1.1 200 OK\r\n\r\nearly", "nonsense\r\n"}) {
    RawServer proxy([&](int fd) {
      EXPECT_EQ(RawServer::read_head(fd),
                "CONNECT site.example:443 HTTP/1.1\r\nHost: site.example:443\r\n\r\n");
      RawServer::send_all(fd, answer);
    });
    ClientSettings settings;
    settings.tls.authorities = authority.pem();
    settings.proxy = proxy_at(proxy.port());
    ClientRequest request;
    request.url = "https://site.example/";
    EXPECT_FALSE(HttpClient::create(settings, system_clock()).value()->send(request));
  }
}

}  // namespace
}  // namespace muster::net::test
