#include <gtest/gtest.h>

#include "net/http_client.h"
#include "tests/net/test_server.h"

namespace muster::net::test {
namespace {

using std::chrono::seconds;

std::string post(const std::string& path, const std::string& body, const std::string& fields = "") {
  return fmt::format("POST {} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n{}\r\n{}", path,
                     body.size(), fields, body);
}
bool is_status(const std::string& response, int status) {
  return response.starts_with(fmt::format("HTTP/1.1 {} ", status));
}

TEST(HttpServer, AnswersRequestsInTurnOnOneConnection) {
  TestSite site;
  RawConnection connection(site.port);
  for (const char* path : {"/hello", "/pool", "/hello", "/pool"}) {
    connection.send(get(path));
    const std::string response = connection.read_response();
    EXPECT_TRUE(is_status(response, 200));
    EXPECT_TRUE(response.ends_with(std::string(path + 1) + "\n")) << response;
    EXPECT_EQ(response.find("Server"), std::string::npos);
    EXPECT_EQ(response.find("Connection"), std::string::npos);
    EXPECT_NE(response.find("\r\nDate: "), std::string::npos);
  }
  EXPECT_EQ(site.server->counters().requests, 4u);
  EXPECT_EQ(site.server->counters().connections_accepted, 1u);
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  TestSite site;
  RawConnection connection(site.port);
  std::string requests;
  for (int i = 0; i < 500; ++i)
    requests += i % 3 == 0   ? get("/hello")
                : i % 3 == 1 ? post("/echo", std::to_string(i))
                             : get("/pool");
  std::thread writer([&] { connection.send(requests); });
  writer.join();
  for (int i = 0; i < 500; ++i) {
    const std::string wanted = i % 3 == 0 ? "hello\n" : i % 3 == 1 ? std::to_string(i) : "pool\n";
    const std::string response = connection.read_response();
    ASSERT_TRUE(response.ends_with("\r\n\r\n" + wanted)) << i << response;
  }
}

TEST(HttpServer, TakesARequestThatComesByteByByte) {
  TestSite site;
  RawConnection connection(site.port);
  for (char c : post("/echo", "body", "X: y\r\n")) connection.send({&c, 1});
  EXPECT_TRUE(connection.read_response().ends_with("\r\n\r\nbody"));
  for (char c : std::string("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n"))
    connection.send({&c, 1});
  EXPECT_TRUE(connection.read_response().ends_with("\r\n\r\nabcde"));
}

TEST(HttpServer, ClosesWithoutAnAnswerWhenTheRequestIsCutOffAtAnyByte) {
  TestSite site;
  const std::string whole = post("/echo", "body");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    RawConnection connection(site.port);
    connection.send(ByteView(whole).substr(0, size));
    connection.end_writing();
    EXPECT_TRUE(connection.is_closed()) << size;
  }
  RawConnection connection(site.port);
  connection.send(whole);
  connection.end_writing();
  EXPECT_TRUE(connection.read_to_end().ends_with("\r\n\r\nbody"));
}

TEST(HttpServer, RefusesMalformedRequestsAndCloses) {
  TestSite site;
  const std::pair<int, std::string> requests[] = {
      {400,
       "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\n\r\n"},
      {400, "GET /../etc/passwd HTTP/1.1\r\nHost: h\r\n\r\n"},
      {400, "GET / HTTP/1.1\nHost: h\n\n"},
      {400, "\x16\x03\x01\x02\x01"},
      {400, "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"},
      {413, "POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n"},
      {413, "POST /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n"},
      {413, "POST /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n"},
      {414, "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"},
      {417, "GET /hello HTTP/1.1\r\nHost: h\r\nExpect: miracles\r\n\r\n"},
      {431, "GET /hello HTTP/1.1\r\nHost: h\r\nX: " + std::string(17000, 'a')},
      {505, "GET /hello HTTP/2.0\r\nHost: h\r\n\r\n"},
  };
  for (const auto& [status, request] : requests) {
    RawConnection connection(site.port);
    // What is smuggled behind a refused request must never be looked at.
    connection.send(request + get("/hello"));
    const std::string response = connection.read_to_end();
    EXPECT_TRUE(is_status(response, status)) << response;
    EXPECT_NE(response.find("Content-Length: "), std::string::npos);
    EXPECT_NE(response.find("Connection: close"), std::string::npos);
    EXPECT_EQ(response.find("hello"), std::string::npos);
  }
  EXPECT_EQ(site.server->counters().requests_refused, std::size(requests));
}

TEST(HttpServer, KeepsTheConnectionAfterARefusalByTheRoutesWithoutABody) {
  TestSite site;
  RawConnection connection(site.port);
  connection.send(get("/unknown"));
  EXPECT_TRUE(is_status(connection.read_response(), 404));
  connection.send(get("/hello"));
  EXPECT_TRUE(is_status(connection.read_response(), 200));
  connection.send(post("/unknown", "unread"));
  EXPECT_TRUE(is_status(connection.read_to_end(), 404));
}

TEST(HttpServer, AnswersHeadWithTheLengthAndNoBody) {
  TestSite site;
  RawConnection connection(site.port);
  for (const auto& [path, size] :
       {std::pair{"/file", "300000"}, {"/memory", "300000"}, {"/hello", "6"}}) {
    connection.send(fmt::format("HEAD {} HTTP/1.1\r\nHost: h\r\n\r\n", path));
    const std::string head = connection.read_until("\r\n\r\n");
    EXPECT_NE(head.find(fmt::format("Content-Length: {}\r\n", size)), std::string::npos) << head;
  }
  connection.send(get("/empty"));
  const std::string empty = connection.read_until("\r\n\r\n");
  EXPECT_TRUE(is_status(empty, 204));
  EXPECT_EQ(empty.find("Content-Length"), std::string::npos);
  connection.send(get("/hello"));
  EXPECT_TRUE(connection.read_response().ends_with("\r\n\r\nhello\n"));
}

TEST(HttpServer, SendsFilesAndMemoryWhole) {
  TestSite site;
  RawConnection connection(site.port);
  for (const char* path : {"/file", "/memory"}) {
    connection.send(get(path));
    const std::string response = connection.read_response();
    EXPECT_EQ(response.substr(response.find("\r\n\r\n") + 4), site.content);
  }
  connection.send(get("/file", "Range: bytes=100-199\r\n"));
  const std::string part = connection.read_response();
  EXPECT_TRUE(is_status(part, 206));
  EXPECT_NE(part.find("Content-Range: bytes 100-199/300000\r\n"), std::string::npos);
  EXPECT_EQ(part.substr(part.find("\r\n\r\n") + 4), site.content.substr(100, 100));
  connection.send(get("/file", "Range: bytes=300000-\r\n"));
  const std::string outside = connection.read_response();
  EXPECT_TRUE(is_status(outside, 416));
  EXPECT_NE(outside.find("Content-Range: bytes */300000\r\n"), std::string::npos);
  connection.send(get("/file", "If-None-Match: \"v1\"\r\n"));
  const std::string unchanged = connection.read_until("\r\n\r\n");
  EXPECT_TRUE(is_status(unchanged, 304));
  EXPECT_NE(unchanged.find("ETag: \"v1\"\r\n"), std::string::npos);
  connection.send(get("/hello"));
  EXPECT_TRUE(is_status(connection.read_response(), 200));
}

TEST(HttpServer, WritesUploadsToAFileThatGoesWithTheRequest) {
  TestSite site;
  const Bytes body = [] {
    Bytes bytes(3'000'000, '\0');
    SeededRandom(3).fill(bytes.data(), bytes.size());
    return bytes;
  }();
  RawConnection connection(site.port);
  connection.send(post("/upload", body) + get("/hello"));
  const std::string response = connection.read_response();
  const std::string hash = sha256_hex(body);
  EXPECT_TRUE(response.ends_with(fmt::format("3000000 {} {}", hash, hash))) << response;
  EXPECT_TRUE(connection.read_response().ends_with("hello\n"));
  EXPECT_TRUE(site.uploads.becomes_empty());

  std::string chunked = "POST /upload HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < body.size(); at += 100'000)
    chunked += fmt::format("{:x}\r\n", 100'000) + body.substr(at, 100'000) + "\r\n";
  connection.send(chunked + "0\r\n\r\n");
  EXPECT_TRUE(connection.read_response().ends_with(fmt::format("3000000 {} {}", hash, hash)));

  connection.send(post("/upload", ""));
  EXPECT_TRUE(connection.read_response().ends_with(fmt::format("0 {0} {0}", sha256_hex(""))));
  EXPECT_TRUE(site.uploads.becomes_empty());
}

TEST(HttpServer, RemovesTheFileOfAnUploadThatBreaksOff) {
  TestSite site;
  {
    RawConnection connection(site.port);
    connection.send("POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n" +
                    std::string(1'000'000, 'x'));
    connection.end_writing();
    EXPECT_TRUE(connection.is_closed());
  }
  site.server->stop(seconds(10));
  EXPECT_EQ(site.uploads.files(), 0u);
}

TEST(HttpServer, Says507WhenAnUploadCannotBeStored) {
  TestSite site;
  RawConnection connection(site.port);
  connection.send(post("/nowhere", "x"));
  EXPECT_TRUE(is_status(connection.read_to_end(), 507));
}

TEST(HttpServer, AsksForTheBodyOnlyOfRequestsThatItTakes) {
  TestSite site;
  const std::string expecting = "Host: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
  RawConnection taken(site.port);
  taken.send("POST /echo HTTP/1.1\r\n" + expecting);
  EXPECT_EQ(taken.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  taken.send("body");
  EXPECT_TRUE(taken.read_response().ends_with("\r\n\r\nbody"));
  RawConnection refused(site.port);
  refused.send("POST /unknown HTTP/1.1\r\n" + expecting);
  EXPECT_TRUE(is_status(refused.read_to_end(), 404));
}

TEST(HttpServer, NeverSendsAHeaderFieldThatWasInjected) {
  TestSite site;
  RawConnection connection(site.port);
  connection.send(get("/injection"));
  const std::string response = connection.read_response();
  EXPECT_TRUE(is_status(response, 500));
  EXPECT_EQ(response.find("Set-Cookie"), std::string::npos);
  connection.send(get("/throws"));
  EXPECT_TRUE(is_status(connection.read_response(), 500));
}

TEST(HttpServer, Says503WhenItsPoolIsFull) {
  ServerSettings settings;
  settings.pool_threads = 1;
  settings.pool_queue_limit = 1;
  TestSite site(settings);
  RawConnection first(site.port);
  RawConnection second(site.port);
  RawConnection third(site.port);
  first.send(get("/gate"));
  site.gate.wait_for(1);
  second.send(get("/gate"));
  second.send(get("/hello"));  // waits behind the one before
  // Asked until the second has taken the queue's only place.
  std::string response;
  do {
    third.send(get("/pool"));
    response = third.read_response();
    if (is_status(response, 200)) ADD_FAILURE() << "a full pool answered";
  } while (!is_status(response, 503));
  EXPECT_NE(response.find("Retry-After: 1\r\n"), std::string::npos);
  third.send(get("/hello"));
  EXPECT_TRUE(is_status(third.read_response(), 200));
  site.gate.open();
  EXPECT_TRUE(first.read_response().ends_with("through\n"));
  EXPECT_TRUE(second.read_response().ends_with("through\n"));
  EXPECT_TRUE(second.read_response().ends_with("hello\n"));
}

TEST(HttpServer, ClosesConnectionsOverItsLimits) {
  ServerSettings settings;
  settings.limits.connections_per_address = 2;
  settings.limits.requests_per_connection = 3;
  TestSite site(settings);
  RawConnection first(site.port);
  first.send(get("/hello"));
  first.read_response();
  {
    RawConnection second(site.port);
    second.send(get("/hello"));
    second.read_response();
    RawConnection third(site.port);
    EXPECT_TRUE(third.is_closed());
  }
  EXPECT_EQ(site.server->counters().connections_refused, 1u);
  first.send(get("/hello"));
  first.read_response();
  first.send(get("/hello") + get("/hello"));
  const std::string last = first.read_to_end();
  EXPECT_NE(last.find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(last.find("HTTP/1.1", 1), std::string::npos);
}

TEST(HttpServer, ClosesWhenTheClientAsksForIt) {
  TestSite site;
  RawConnection connection(site.port);
  connection.send(get("/hello", "Connection: close\r\n"));
  EXPECT_NE(connection.read_to_end().find("Connection: close\r\n"), std::string::npos);
  RawConnection old(site.port);
  old.send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(old.read_to_end().ends_with("hello\n"));
}

// One connection per kind of slowness; the clock jumps past its deadline.
TEST(HttpServer, GivesUpOnSlowClients) {
  SteppedClock clock;
  TestSite site({}, clock);
  RawConnection idle(site.port);
  idle.send(get("/hello"));
  idle.read_response();
  RawConnection head(site.port);
  head.send(get("/hello"));
  head.read_response();
  head.send("GET /hello HTTP/1.1\r\nHo");
  RawConnection body(site.port);
  body.send(get("/hello"));
  body.read_response();
  body.send("POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n");
  body.read_until("\r\n\r\n");
  body.send("slow");
  // A request on the same loop shows that the partial ones have been read.
  idle.send(get("/hello"));
  idle.read_response();
  clock.advance(seconds(11));
  EXPECT_TRUE(is_status(head.read_to_end(), 408));
  EXPECT_TRUE(is_status(body.read_to_end(), 408));
  idle.send(get("/hello"));
  EXPECT_TRUE(is_status(idle.read_response(), 200));
  clock.advance(seconds(76));
  EXPECT_TRUE(idle.is_closed());
}

TEST(HttpServer, ClosesAConnectionWhoseClientDoesNotReadItsAnswer) {
  SteppedClock clock;
  TestSite site({}, clock);
  RawConnection watcher(site.port);
  RawConnection connection(site.port);
  const int small = 4096;
  ::setsockopt(connection.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += get("/memory");
  connection.send(requests);
  watcher.send(get("/hello"));
  watcher.read_response();
  // Two intervals: the first may have moved what fits the socket's buffers.
  while (site.server->counters().connections_open > 1) {
    clock.advance(seconds(11));
    watcher.send(get("/hello"));
    ASSERT_TRUE(is_status(watcher.read_response(), 200));
  }
}

TEST(HttpServer, KeepsASlowBodyThatMovesFastEnough) {
  SteppedClock clock;
  TestSite site({}, clock);
  RawConnection connection(site.port);
  RawConnection watcher(site.port);
  connection.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 30000\r\n\r\n");
  for (int i = 0; i < 5; ++i) {
    connection.send(std::string(6000, 'x'));
    for (int j = 0; j < 3; ++j) {
      watcher.send(get("/hello"));
      watcher.read_response();
    }
    if (i < 4) clock.advance(seconds(10));
  }
  EXPECT_TRUE(is_status(connection.read_response(), 200));
}

TEST(HttpServer, LetsRunningRequestsEndWhenItStops) {
  TestSite site;
  RawConnection running(site.port);
  RawConnection idle(site.port);
  idle.send(get("/hello"));
  idle.read_response();
  running.send(get("/gate"));
  site.gate.wait_for(1);
  std::thread stopper([&] { site.server->stop(seconds(20)); });
  EXPECT_TRUE(idle.is_closed());
  EXPECT_FALSE(
      connect_tcp("127.0.0.1", site.port, Deadline(system_clock(), seconds(5), seconds(5))));
  site.gate.open();
  const std::string last = running.read_to_end();
  EXPECT_TRUE(last.ends_with("through\n"));
  EXPECT_NE(last.find("Connection: close\r\n"), std::string::npos);
  stopper.join();
  EXPECT_EQ(site.server->counters().connections_open, 0u);
}

TEST(HttpServer, CutsConnectionsWhenTheTimeToStopIsOver) {
  TestSite site;
  RawConnection running(site.port);
  running.send(get("/gate"));
  site.gate.wait_for(1);
  std::thread stopper([&] { site.server->stop(Duration(0)); });
  EXPECT_TRUE(running.is_closed());
  site.gate.open();
  stopper.join();
}

TEST(HttpServer, SaysWhichAddressIsTaken) {
  TestSite site;
  const auto second = site.server->listen("127.0.0.1", site.port, nullptr,
                                          [](const RequestHead&) { return Response(); });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind().number, 1201);
  EXPECT_NE(second.error().detail().find(std::to_string(site.port)), std::string::npos);
  EXPECT_FALSE(
      site.server->listen("localhost", 0, nullptr, [](const RequestHead&) { return Response(); }));
}

TEST(HttpServer, ServesIpv4ClientsOnADualStackListener) {
  TestSite site;
  const auto port = site.server->listen("::", 0, nullptr, [](const RequestHead& head) {
    return text_response(200, head.peer.address);
  });
  if (!port) GTEST_SKIP() << "no IPv6 here";
  RawConnection connection(*port);
  connection.send(get("/"));
  EXPECT_TRUE(connection.read_response().ends_with("\r\n\r\n127.0.0.1"));
}

TEST(HttpServer, ServesManyConnectionsOnSeveralLoops) {
  ServerSettings settings;
  settings.loop_threads = 3;
  TestSite site(settings);
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        RawConnection connection(site.port);
        for (const char* path : {"/hello", "/pool", "/memory", "/file"}) {
          connection.send(get(path));
          if (is_status(connection.read_response(), 200)) ++good;
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 8 * 20 * 4);
}

}  // namespace
}  // namespace muster::net::test
