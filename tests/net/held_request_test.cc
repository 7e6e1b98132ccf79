#include "net/held_request.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "net/errors.h"
#include "net/http_client.h"
#include "tests/net/test_certificates.h"
#include "tests/net/test_server.h"

namespace muster::net::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What became of the requests that a server holds.
class Board {
 public:
  class Request final : public HeldRequest {
   public:
    explicit Request(Board& board) : board_(&board) {}

   private:
    Response run_out(bool server_stops) override {
      return text_response(200, server_stops ? "stops" : "nothing");
    }
    void ended(bool answered) override { board_->note(answered); }
    Board* board_;
  };

  std::shared_ptr<Request> add() {
    auto made = std::make_shared<Request>(*this);
    const std::lock_guard lock(mutex_);
    held.push_back(made);
    changed_.notify_all();
    return made;
  }
  void note(bool answered) {
    const std::lock_guard lock(mutex_);
    ++(answered ? answered_ : lost_);
    changed_.notify_all();
  }
  void wait_for(std::size_t held_now, int answered, int lost) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(
        lock, seconds(20),
        [&] { return held.size() >= held_now && answered_ >= answered && lost_ >= lost; }))
        << held.size() << " held, " << answered_ << " answered, " << lost_ << " lost";
  }
  void wait_until_over(int requests) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(
        changed_.wait_for(lock, seconds(20), [&] { return answered_ + lost_ == requests; }));
  }

  std::vector<std::shared_ptr<Request>> held;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int answered_ = 0;
  int lost_ = 0;
};

class HoldingSite {
 public:
  explicit HoldingSite(HttpLimits limits = {}, const Clock& clock = system_clock(),
                       std::shared_ptr<TlsServer> tls = nullptr) {
    ServerSettings settings;
    settings.limits = limits;
    settings.loop_threads = 1;
    server = std::make_unique<Server>(settings, clock);
    port = server
               ->listen("127.0.0.1", 0, std::move(tls),
                        [this](const RequestHead& head) { return resolve(head); })
               .value();
  }
  std::string url(const std::string& path) const {
    return fmt::format("http://127.0.0.1:{}{}", port, path);
  }

  Board board;
  std::unique_ptr<Server> server;  // behind what its connections speak of
  std::uint16_t port = 0;

 private:
  Resolved resolve(const RequestHead& head) {
    Route route;
    route.where = Where::Loop;
    if (head.path == "/hold") route.hold = [this](Request&) -> Holding { return board.add(); };
    if (head.path == "/now")
      route.hold = [](Request&) -> Holding { return text_response(200, "at once"); };
    if (head.path == "/early")
      route.hold = [this](Request&) -> Holding {
        auto request = board.add();
        request->answer(text_response(200, "early"));
        return request;
      };
    if (!route.hold) route.handler = [](Request&) { return text_response(200, "plain"); };
    return route;
  }
};

// Carries bytes to a server until it is told to cut the connection, without a word of TLS.
class CuttingRelay {
 public:
  explicit CuttingRelay(std::uint16_t to)
      : server_([this, to](int near) {
          RawConnection far(to);
          pollfd ends[] = {{near, POLLIN, 0}, {far.fd(), POLLIN, 0}};
          char part[16384];
          while (!cut_.exchange(false)) {
            if (::poll(ends, 2, 5) <= 0) continue;
            for (int i = 0; i < 2; ++i) {
              if (ends[i].revents == 0) continue;
              const ssize_t got = ::read(ends[i].fd, part, sizeof part);
              if (got <= 0) return;
              RawServer::send_all(ends[1 - i].fd, {part, static_cast<std::size_t>(got)});
            }
          }
        }) {}
  std::uint16_t port() const { return server_.port(); }
  void cut() { cut_ = true; }

 private:
  std::atomic<bool> cut_{false};
  RawServer server_;
};

bool ends_with(const std::string& response, std::string_view text) {
  return response.ends_with("\r\n\r\n" + std::string(text));
}

TEST(HeldRequest, IsAnsweredWhenSomebodyHasAnAnswer) {
  HoldingSite site;
  RawConnection connection(site.port);
  connection.send(get("/hold"));
  site.board.wait_for(1, 0, 0);
  // It is counted just behind the route's word that it holds it.
  for (int i = 0; i < 500 && site.server->counters().requests_held == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(site.server->counters().requests_held, 1u);
  EXPECT_TRUE(site.board.held[0]->answer(text_response(200, "look")));
  EXPECT_FALSE(site.board.held[0]->answer(text_response(200, "again"))) << "the first one counts";
  EXPECT_TRUE(ends_with(connection.read_response(), "look"));
  site.board.wait_for(1, 1, 0);
  EXPECT_EQ(site.server->counters().requests_held, 0u);
  // The connection goes on.
  connection.send(get("/plain"));
  EXPECT_TRUE(ends_with(connection.read_response(), "plain"));
  connection.send(get("/hold"));
  site.board.wait_for(2, 1, 0);
  site.board.held[1]->answer(text_response(200, "second"));
  EXPECT_TRUE(ends_with(connection.read_response(), "second"));
}

TEST(HeldRequest, CanBeAnsweredAtOnceAndBeforeItsConnectionIsKnown) {
  HoldingSite site;
  RawConnection connection(site.port);
  connection.send(get("/now"));
  EXPECT_TRUE(ends_with(connection.read_response(), "at once"));
  connection.send(get("/early"));
  EXPECT_TRUE(ends_with(connection.read_response(), "early"));
  site.board.wait_for(1, 1, 0);
  EXPECT_EQ(site.server->counters().requests_held, 0u);
}

TEST(HeldRequest, EndsWithItsConnection) {
  HoldingSite site;
  {
    RawConnection connection(site.port);
    connection.send(get("/hold"));
    site.board.wait_for(1, 0, 0);
  }
  site.board.wait_for(1, 0, 1);
  EXPECT_FALSE(site.board.held[0]->answer(text_response(200, "nobody")));
  EXPECT_EQ(site.server->counters().requests_held, 0u);
}

TEST(HeldRequest, RunsOutBetweenThreeQuartersAndAllOfItsTime) {
  HttpLimits limits;
  limits.hold_time = seconds(100);
  SteppedClock clock;
  HoldingSite site(limits, clock);
  std::vector<std::unique_ptr<RawConnection>> connections;
  for (std::size_t i = 0; i < 32; ++i) {
    connections.push_back(std::make_unique<RawConnection>(site.port));
    connections.back()->send(get("/hold"));
    site.board.wait_for(i + 1, 0, 0);
  }
  const auto step = [&](Duration time) {
    clock.advance(time);
    // A round of the loop, which looks at the deadlines behind its events.
    RawConnection waker(site.port);
    waker.send(get("/plain"));
    waker.read_response();
    waker.send(get("/plain"));
    waker.read_response();
    return site.server->counters().requests_held;
  };
  EXPECT_EQ(step(seconds(75)), 32u);
  const auto half = step(seconds(13));
  EXPECT_GT(half, 8u) << "not all at once";
  EXPECT_LT(half, 24u);
  EXPECT_EQ(step(seconds(12)), 0u);
  for (const auto& connection : connections)
    EXPECT_TRUE(ends_with(connection->read_response(), "nothing"));
}

TEST(HeldRequest, KeepsWhatThePeerSendsBehindItUntilItsAnswer) {
  HoldingSite site;
  RawConnection connection(site.port);
  connection.send(get("/hold") + get("/plain") + get("/plain").substr(0, 7));
  site.board.wait_for(1, 0, 0);
  connection.send(get("/plain").substr(7));
  site.board.held[0]->answer(text_response(200, "look"));
  EXPECT_TRUE(ends_with(connection.read_response(), "look"));
  EXPECT_TRUE(ends_with(connection.read_response(), "plain"));
  EXPECT_TRUE(ends_with(connection.read_response(), "plain"));
}

TEST(HeldRequest, IsAnsweredWhenTheServerStops) {
  HoldingSite site;
  RawConnection connection(site.port);
  connection.send(get("/hold"));
  site.board.wait_for(1, 0, 0);
  site.server->stop(seconds(10));
  const std::string response = connection.read_response();
  EXPECT_TRUE(ends_with(response, "stops"));
  EXPECT_NE(response.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(connection.is_closed());
}

TEST(HeldRequest, OfHeadHasNoBody) {
  HoldingSite site;
  RawConnection connection(site.port);
  connection.send("HEAD /hold HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  site.board.wait_for(1, 0, 0);
  site.board.held[0]->answer(text_response(200, "look"));
  const std::string response = connection.read_to_end();
  EXPECT_TRUE(response.ends_with("\r\n\r\n")) << response;
  EXPECT_NE(response.find("Connection: close"), std::string::npos);
}

TEST(HeldRequest, AnswersOfManyThreadsAndLostConnectionsDoNotMeet) {
  HoldingSite site;
  for (std::size_t round = 0; round < 50; ++round) {
    auto connection = std::make_unique<RawConnection>(site.port);
    connection->send(get("/hold"));
    site.board.wait_for(round + 1, 0, 0);
    const auto request = site.board.held[round];
    std::thread one([&] { request->answer(text_response(200, "a")); });
    std::thread two([&] { request->answer(text_response(200, "b")); });
    if (round % 2 == 0) connection.reset();
    one.join();
    two.join();
    if (!connection) continue;
    const std::string response = connection->read_response();
    EXPECT_TRUE(ends_with(response, "a") || ends_with(response, "b"));
  }
  site.board.wait_until_over(50);
  EXPECT_EQ(site.server->counters().requests_held, 0u);
}

std::unique_ptr<HttpClient> client(ClientSettings settings = {}) {
  return HttpClient::create(std::move(settings), system_clock()).value();
}

TEST(WaitingCall, TakesTheConnectionThatIsThereAndGivesItBack) {
  HoldingSite site;
  const auto one = client();
  ClientRequest request;
  request.url = site.url("/plain");
  ASSERT_TRUE(one->send(request));
  ClientRequest held;
  held.url = site.url("/hold");
  const auto call = one->begin(held).value();
  EXPECT_TRUE(call->reused_connection());
  site.board.wait_for(1, 0, 0);
  EXPECT_FALSE(call->wait(milliseconds(20)));
  // Other calls go on beside it.
  EXPECT_FALSE(one->send(request)->reused_connection);
  site.board.held[0]->answer(text_response(200, "look"));
  EXPECT_TRUE(call->wait(seconds(20)));
  EXPECT_TRUE(call->wait(Duration(0)));
  const auto answer = call->finish();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "look");
  EXPECT_FALSE(call->finish()) << "there is one answer";
  EXPECT_TRUE(one->send(request)->reused_connection);
  EXPECT_EQ(site.server->counters().connections_accepted, 2u);
}

TEST(WaitingCall, SaysThatItsConnectionIsLost) {
  HoldingSite site;
  const auto one = client();
  ClientRequest held;
  held.url = site.url("/hold");
  const auto call = one->begin(held).value();
  site.board.wait_for(1, 0, 0);
  site.server->stop(Duration(0));  // answers, but in a hurry
  EXPECT_TRUE(call->wait(seconds(20)));
  const auto answer = call->finish();
  if (!answer) {
    EXPECT_TRUE(answer.error().is(kConnectionLost)) << answer.error().text();
  }
  EXPECT_TRUE(one->begin(held).error().is(kConnectFailed));
}

TEST(WaitingCall, IsNotMisledBySessionTickets) {
  const TestAuthority authority;
  const Issued certificate = authority.issue_server();
  TlsServerSettings settings;
  settings.certificate_chain = certificate.certificate;
  settings.private_key = certificate.key;
  settings.ticket_keys = {Bytes(32, 'k')};
  HoldingSite site({}, system_clock(), TlsServer::create(settings, system_clock()).value());
  ClientSettings trusting;
  trusting.tls.authorities = authority.pem();
  const auto one = client(trusting);
  ClientRequest held;
  held.url = fmt::format("https://127.0.0.1:{}/hold", site.port);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto call = one->begin(held).value();
    EXPECT_EQ(call->resumed_session(), i > 0);
    site.board.wait_for(i + 1, 0, 0);
    EXPECT_FALSE(call->wait(milliseconds(50))) << "tickets came, no answer";
    site.board.held[i]->answer(text_response(200, "look"));
    EXPECT_TRUE(call->wait(seconds(20)));
    EXPECT_EQ(call->finish()->body, "look");
    one->close_kept_connections();
  }
}

TEST(WaitingCall, ResumesItsSessionBehindAConnectionThatWasCut) {
  const TestAuthority authority;
  const Issued certificate = authority.issue_server();
  TlsServerSettings settings;
  settings.certificate_chain = certificate.certificate;
  settings.private_key = certificate.key;
  settings.ticket_keys = {Bytes(32, 'k')};
  HoldingSite site({}, system_clock(), TlsServer::create(settings, system_clock()).value());
  CuttingRelay relay(site.port);
  ClientSettings trusting;
  trusting.tls.authorities = authority.pem();
  const auto one = client(trusting);
  ClientRequest held;
  held.url = fmt::format("https://127.0.0.1:{}/hold", relay.port());
  for (std::size_t i = 0; i < 3; ++i) {
    const auto call = one->begin(held).value();
    EXPECT_EQ(call->resumed_session(), i > 0) << i;
    site.board.wait_for(i + 1, 0, 0);
    EXPECT_FALSE(call->wait(milliseconds(20)));  // takes the tickets
    relay.cut();
    EXPECT_TRUE(call->wait(seconds(20)));
    EXPECT_TRUE(call->finish().error().is(kConnectionLost));
  }
}

}  // namespace
}  // namespace muster::net::test
