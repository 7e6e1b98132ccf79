// Many callers on one loop: each shows its own certificate, resumes its own session, and is told of
// what became of its requests and of no others.
#include "net/loop_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/errors.h"
#include "tests/net/test_certificates.h"
#include "tests/net/test_server.h"

namespace muster::net::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using Patience = LoopCaller::Patience;

class LoopClientTest : public testing::Test {
 protected:
  void SetUp() override {
    TlsServerSettings made;
    made.certificate_chain = server_certificate_.certificate;
    made.private_key = server_certificate_.key;
    made.request_client_certificate = true;
    made.client_authorities = authority_.pem();
    made.identify = [](ByteView der) {
      return std::make_shared<const std::string>("device " + sha256_hex(der).substr(0, 8));
    };
    made.ticket_keys = {Bytes(32, 'k')};
    const auto tls = TlsServer::create(std::move(made), system_clock()).value();
    site_ = std::make_unique<TestSite>(ServerSettings{}, system_clock(), tls);
    LoopClientSettings settings;
    settings.server = fmt::format("https://127.0.0.1:{}", site_->port);
    settings.tls.authorities = authority_.pem();
    settings.answer_time = milliseconds(500);
    settings.longest_hold = seconds(20);
    settings.connected = [this](Duration, bool resumed) { ++(resumed ? resumed_ : full_); };
    client_ = LoopClient::create(std::move(settings), loop_).value();
  }
  void TearDown() override { site_->gate.open(); }

  std::unique_ptr<LoopCaller> caller(const std::string& name, const std::string& source = {}) {
    const Issued issued = authority_.issue(name);
    names_[name] = "device " + sha256_hex(issued.der).substr(0, 8);
    auto made = client_->caller(name, source);
    EXPECT_TRUE(made->show(issued.certificate, issued.key));
    return made;
  }
  static ClientRequest get(std::string path) {
    ClientRequest request;
    request.url = std::move(path);
    return request;
  }
  // The answers come into `answers_`; with the last one the loop ends.
  LoopCaller::Done note(std::size_t wanted) {
    return [this, wanted](Result<ClientResponse> answer) {
      answers_.push_back(answer ? answer->body : answer.error().text());
      if (answers_.size() == wanted) loop_.quit();
    };
  }

  const TestAuthority authority_;
  const Issued server_certificate_ = authority_.issue_server();
  std::unique_ptr<TestSite> site_;
  EventLoop loop_{system_clock()};
  int full_ = 0, resumed_ = 0;
  std::unique_ptr<LoopClient> client_;
  std::map<std::string, std::string> names_;
  std::vector<std::string> answers_;
};

TEST_F(LoopClientTest, EachCallerShowsItsOwnCertificateFromItsOwnAddress) {
  const auto one = caller("one", "127.0.0.2");
  const auto two = caller("two", "127.0.0.3");
  one->send(get("/who"), Patience::Answer, note(2));
  two->send(get("/who"), Patience::Answer, note(2));
  loop_.run();
  EXPECT_THAT(answers_, testing::UnorderedElementsAre("127.0.0.2 tls good " + names_["one"],
                                                      "127.0.0.3 tls good " + names_["two"]));
  EXPECT_EQ(full_, 2);
}

TEST_F(LoopClientTest, KeepsTheConnectionAndResumesTheSessionBehindIt) {
  const auto one = caller("one");
  one->send(get("/who"), Patience::Answer, [&](Result<ClientResponse> first) {
    EXPECT_FALSE(first.value().reused_connection);
    one->send(get("/who"), Patience::Answer, [&](Result<ClientResponse> second) {
      EXPECT_TRUE(second.value().reused_connection);
      one->drop_connections();
      one->send(get("/who"), Patience::Answer, [&](Result<ClientResponse> third) {
        EXPECT_FALSE(third.value().reused_connection);
        EXPECT_TRUE(third.value().resumed_session);
        EXPECT_EQ(third->body, "127.0.0.1 tls good " + names_["one"]);
        loop_.quit();
      });
    });
  });
  loop_.run();
  EXPECT_EQ(full_, 1);
  EXPECT_EQ(resumed_, 1);
}

TEST_F(LoopClientTest, OnlyConnectionsThatAreIdleAreClosedAsSuch) {
  const auto one = caller("one");
  one->send(get("/gate"), Patience::Hold, note(1));
  one->send(get("/who"), Patience::Answer, [&](const Result<ClientResponse>& first) {
    EXPECT_TRUE(first);
    one->close_idle();
    one->send(get("/who"), Patience::Answer, [&](const Result<ClientResponse>& second) {
      EXPECT_FALSE(second.value().reused_connection);
      EXPECT_TRUE(second.value().resumed_session);
      site_->gate.open();
    });
  });
  loop_.run();
  EXPECT_EQ(answers_, std::vector<std::string>{"through\n"});
}

// Else the server would go on to see nobody, or somebody else.
TEST_F(LoopClientTest, ASessionIsNotResumedUnderAnotherCertificate) {
  const auto one = client_->caller("one", "");
  const Issued issued = authority_.issue("one");
  one->send(get("/who"), Patience::Answer, [&](const Result<ClientResponse>& first) {
    EXPECT_EQ(first.value().body, "127.0.0.1 tls none nobody");
    EXPECT_TRUE(one->show(issued.certificate, issued.key));
    one->send(get("/who"), Patience::Answer, note(1));
  });
  loop_.run();
  EXPECT_EQ(answers_.at(0), "127.0.0.1 tls good device " + sha256_hex(issued.der).substr(0, 8));
  EXPECT_EQ(full_, 2);
}

TEST_F(LoopClientTest, BodiesGoBothWaysWhole) {
  const auto one = caller("one");
  ClientRequest request = get("/echo");
  request.method = "POST";
  request.body = site_->content;
  one->send(request, Patience::Answer, note(3));
  one->send(get("/memory"), Patience::Answer, note(3));
  one->send(get("/empty"), Patience::Answer, note(3));
  loop_.run();
  EXPECT_THAT(answers_, testing::UnorderedElementsAre(site_->content, site_->content, ""));
  EXPECT_EQ(full_ + resumed_, 3);  // none of them waited for another
}

TEST_F(LoopClientTest, AHeldRequestMayLastLongerThanAnotherAndIsToldWhenItIsSent) {
  const auto one = caller("one");
  const auto two = caller("two");
  bool sent = false;
  one->send(get("/gate"), Patience::Hold, note(2), [&] { sent = true; });
  two->send(get("/gate"), Patience::Answer, [&](Result<ClientResponse> answer) {
    EXPECT_TRUE(!answer && answer.error().is(kDeadlinePassed));
    EXPECT_TRUE(sent);
    EXPECT_TRUE(answers_.empty());
    site_->gate.open();
    note(2)(std::move(answer));
  });
  loop_.run();
  EXPECT_EQ(answers_.back(), "through\n");
}

TEST_F(LoopClientTest, WhatIsDroppedIsNotTold) {
  const auto one = caller("one");
  const auto two = caller("two");
  one->send(
      get("/gate"), Patience::Hold, [](const Result<ClientResponse>&) { FAIL(); },
      [&] {
        one->drop_connections();
        two->send(get("/hello"), Patience::Answer, note(1));
      });
  loop_.run();
  EXPECT_EQ(answers_.at(0), "hello\n");
}

TEST_F(LoopClientTest, AServerThatEndsIsToldAndAServerOfAnotherSiteRefused) {
  const auto one = caller("one");
  one->send(get("/hello"), Patience::Answer, [&](const Result<ClientResponse>& first) {
    EXPECT_TRUE(first);
    site_->server->stop(milliseconds(0));
    one->send(get("/hello"), Patience::Answer, note(1));
  });
  loop_.run();
  EXPECT_THAT(answers_.at(0), HasSubstr("connect-failed"));

  TestAuthority other;
  const Issued certificate = other.issue_server();
  TlsServerSettings made;
  made.certificate_chain = certificate.certificate;
  made.private_key = certificate.key;
  TestSite foreign({}, system_clock(), TlsServer::create(std::move(made), system_clock()).value());
  EventLoop loop(system_clock());
  LoopClientSettings settings;
  settings.server = fmt::format("https://127.0.0.1:{}", foreign.port);
  settings.tls.authorities = authority_.pem();
  const auto client = LoopClient::create(std::move(settings), loop).value();
  const auto caller = client->caller("x", "");
  bool refused = false;
  caller->send(get("/hello"), Patience::Answer, [&](const Result<ClientResponse>& answer) {
    refused = !answer && answer.error().is(kUntrustedPeer);
    loop.quit();
  });
  loop.run();
  EXPECT_TRUE(refused);
}

TEST_F(LoopClientTest, WrongCertificatesAndRequestsAreRefused) {
  const auto one = client_->caller("one", "");
  const Issued a = authority_.issue("a"), b = authority_.issue("b");
  EXPECT_TRUE(one->show(a.certificate, b.key).error().is(kBadCertificate));
  EXPECT_TRUE(one->show("", "").error().is(kBadCertificate));
  ClientRequest request = get("/hello");
  request.headers.add("X-Bad", "a\r\nb");
  one->send(request, Patience::Answer, note(1));
  EXPECT_TRUE(answers_.empty());  // never from within send()
  loop_.run();
  EXPECT_THAT(answers_.at(0), HasSubstr("bad-request"));
  LoopClientSettings plain;
  plain.server = "http://127.0.0.1:1";
  EXPECT_TRUE(LoopClient::create(plain, loop_).error().is(kBadUrl));
}

}  // namespace
}  // namespace muster::net::test
