#include "transport/rpc_caller.h"

#include <gtest/gtest.h>

#include <utility>

#include "base/error_ranges.h"
#include "net/errors.h"
#include "tests/net/test_certificates.h"
#include "tests/net/test_server.h"
#include "transport/endpoint_mapper.h"
#include "transport/errors.h"

namespace muster::transport {
namespace {

using net::test::RawServer;
using net::test::system_clock;
using net::test::TestSite;

constexpr wire::rpc::SyntaxId kInterface{{0x1234, 5, 6, {7, 8}}, 1, 0};

class RpcCallerTest : public testing::Test {
 protected:
  // An interface on a port of its own, which only who has a certificate of the authority may call.
  std::unique_ptr<TestSite> serve(const net::test::TestAuthority& authority) {
    net::TlsServerSettings settings;
    const auto certificate = authority.issue_server();
    settings.certificate_chain = certificate.certificate;
    settings.private_key = certificate.key;
    settings.request_client_certificate = settings.demand_client_certificate = true;
    settings.client_authorities = own.pem();
    settings.identify = [](ByteView) { return std::make_shared<const std::string>("caller"); };
    return std::make_unique<TestSite>(net::ServerSettings{}, system_clock(),
                                      net::TlsServer::create(settings, system_clock()).value());
  }
  void register_at(std::uint16_t port) { endpoints.set({kInterface, port, {}, "test"}); }
  std::unique_ptr<RpcCaller> caller(std::uint16_t mapper_port) {
    net::ClientSettings settings;
    settings.tls.certificate_chain = operator_leaf.certificate;
    settings.tls.private_key = operator_leaf.key;
    RpcCaller::Target target{{"127.0.0.1", mapper_port}, {kInterface, "test"}};
    const auto verify = [this](ByteView, std::span<const Bytes>,
                               const std::string& host) -> Result<void> {
      hosts.push_back(host);
      if (!on_impostor) return {};
      std::exchange(on_impostor, nullptr)();
      return fail(net::kUntrustedPeer, "an impostor");
    };
    return std::make_unique<RpcCaller>(target, settings, verify, system_clock());
  }
  static std::string ask(RpcCaller& caller) {
    net::ClientRequest request;
    request.url = "/who";
    const auto response = caller.send(request);
    return response ? response->body : response.error().text();
  }

  const net::test::TestAuthority own;
  const net::test::Issued operator_leaf = own.issue("operator");
  EndpointList endpoints;
  SeededRandom random{1};
  std::unique_ptr<EndpointMapper> mapper =
      EndpointMapper::start("127.0.0.1", 0, endpoints, random, system_clock()).value();
  std::vector<std::string> hosts;
  std::function<void()> on_impostor;  // set: the next one to be judged is an impostor
};

TEST_F(RpcCallerTest, AsksTheMapperAndDialsWhatItSays) {
  const auto site = serve(own);
  register_at(site->port);
  const auto calls = caller(mapper->port());
  EXPECT_EQ(ask(*calls), "127.0.0.1 tls good caller");
  EXPECT_EQ(ask(*calls), "127.0.0.1 tls good caller");
  EXPECT_EQ(hosts, std::vector<std::string>{"127.0.0.1"});
}

TEST_F(RpcCallerTest, FindsAnInterfaceThatMovedAgain) {
  auto site = serve(own);
  register_at(site->port);
  const auto calls = caller(mapper->port());
  EXPECT_EQ(ask(*calls), "127.0.0.1 tls good caller");
  const std::uint16_t before = site->port;
  auto moved = serve(own);
  ASSERT_NE(moved->port, before);
  site.reset();
  register_at(moved->port);
  EXPECT_EQ(ask(*calls), "127.0.0.1 tls good caller");
}

TEST_F(RpcCallerTest, FindsAnInterfaceBehindWhosePortSomebodyElseIsNow) {
  const auto impostor = serve(own);
  const auto moved = serve(own);
  register_at(impostor->port);
  on_impostor = [&] { register_at(moved->port); };
  const auto calls = caller(mapper->port());
  EXPECT_EQ(ask(*calls), "127.0.0.1 tls good caller");
  EXPECT_EQ(impostor->server->counters().requests, 0u);
}

TEST_F(RpcCallerTest, TellsAnImpostorNothingWhenTheMapperInsistsOnHim) {
  const auto impostor = serve(own);
  register_at(impostor->port);
  on_impostor = [] {};
  const auto calls = caller(mapper->port());
  EXPECT_NE(ask(*calls).find("an impostor"), std::string::npos);
  EXPECT_EQ(impostor->server->counters().requests, 0u);
}

TEST_F(RpcCallerTest, SaysTheCauseWhenTheInterfaceIsStillWhereItDoesNotAnswer) {
  auto site = serve(own);
  register_at(site->port);
  const auto calls = caller(mapper->port());
  EXPECT_EQ(ask(*calls), "127.0.0.1 tls good caller");
  site.reset();
  net::ClientRequest request;
  request.url = "/who";
  EXPECT_TRUE(calls->send(request).error().is(net::kConnectFailed));
}

TEST_F(RpcCallerTest, NamesAnInterfaceThatIsNotRegistered) {
  const auto calls = caller(mapper->port());
  net::ClientRequest request;
  request.url = "/who";
  const auto response = calls->send(request);
  ASSERT_FALSE(response.has_value());
  EXPECT_TRUE(response.error().is(kNotRegistered));
  EXPECT_NE(response.error().text().find("test"), std::string::npos);
}

TEST_F(RpcCallerTest, UsesTheHostThatTheMapperNames) {
  const auto site = serve(own);
  endpoints.set({kInterface, site->port, {127, 0, 0, 2}, "test"});
  // It listens on another address of this host, so it is not found there.
  const auto calls = caller(mapper->port());
  EXPECT_NE(ask(*calls).find("127.0.0.2"), std::string::npos);
}

TEST_F(RpcCallerTest, TakesNothingFromAMapperThatSpeaksSomethingElse) {
  const Bytes nonsense[] = {
      "HTTP/1.1 400 Bad Request\r\n\r\n", Bytes(64, '\0'), "",
      Bytes("\x05\x00\x0c\x03\x10\x00\x00\x00\x10\x00\x00\x00\x01\x00\x00\x00", 16)};
  for (const Bytes& answer : nonsense) {
    RawServer server([&](int fd) { RawServer::send_all(fd, answer); });
    const auto found = ask_mapper({"127.0.0.1", server.port()}, {kInterface, "test"},
                                  std::chrono::seconds(20), system_clock());
    ASSERT_FALSE(found.has_value());
    EXPECT_TRUE(found.error().is(kMapperAnswer) || kNetErrors.holds(found.error().kind()))
        << found.error().text();
  }
}

TEST(MapperUrl, HasTheUsualPortUnlessItSaysAnother) {
  EXPECT_EQ(parse_mapper_url("rpc://host", 7).value(), (HostPort{"host", 7}));
  EXPECT_EQ(parse_mapper_url("rpc://host:8", 7).value(), (HostPort{"host", 8}));
  EXPECT_EQ(parse_mapper_url("rpc://[2001:db8::1]", 7).value(), (HostPort{"2001:db8::1", 7}));
  EXPECT_EQ(parse_mapper_url("rpc://[2001:db8::1]:8", 7).value(), (HostPort{"2001:db8::1", 8}));
  for (const char* bad : {"rpc://", "rpc://host/path", "https://host", "rpc://host:0", "rpc:/host"})
    EXPECT_TRUE(parse_mapper_url(bad, 7).error().is(net::kBadUrl)) << bad;
}

}  // namespace
}  // namespace muster::transport
