#include "net/stream_server.h"

#include <gtest/gtest.h>

#include "net/errors.h"
#include "tests/net/test_socket.h"

namespace muster::net::test {
namespace {

using std::chrono::seconds;

// Answers each line with itself, "size N" with N bytes, and ends at "end".
class LineSession final : public StreamSession {
 public:
  bool receive(ByteView bytes, Bytes& answer) override {
    input_ += bytes;
    for (std::size_t end; (end = input_.find('\n')) != std::string::npos;
         input_.erase(0, end + 1)) {
      const std::string line = input_.substr(0, end);
      if (line.starts_with("size ")) answer.append(std::stoul(line.substr(5)), 'x');
      answer += line + "\n";
      if (line == "end") return false;
    }
    return true;
  }

 private:
  std::string input_;
};

std::unique_ptr<StreamServer> serve(StreamLimits limits = {}, const Clock& clock = system_clock()) {
  return StreamServer::start(
             "127.0.0.1", 0, limits,
             [](const StreamEnds&) { return std::make_unique<LineSession>(); }, clock)
      .value();
}

TEST(StreamServer, AnswersEachConnectionBySessionsOfTheirOwn) {
  const auto server = serve();
  RawConnection one(server->port());
  RawConnection two(server->port());
  one.send("first ");
  two.send("second\n");
  EXPECT_EQ(two.read_until("\n"), "second\n");
  one.send("half\n");
  EXPECT_EQ(one.read_until("\n"), "first half\n");
  EXPECT_EQ(server->counters().accepted, 2u);
}

TEST(StreamServer, EndsAConnectionBehindItsLastAnswer) {
  const auto server = serve();
  RawConnection connection(server->port());
  connection.send("one\nend\n");
  EXPECT_EQ(connection.read_to_end(), "one\nend\n");
}

TEST(StreamServer, SendsMoreThanFitsAtOnceAndReadsOnBehindIt) {
  const auto server = serve();
  RawConnection connection(server->port());
  connection.send("size 8000000\nnext\n");
  EXPECT_EQ(connection.read_until("size 8000000\n").size(), 8'000'000u + 13);
  EXPECT_EQ(connection.read_until("next\n"), "next\n");
}

TEST(StreamServer, AnswersWhoHasEndedHisSide) {
  const auto server = serve();
  RawConnection connection(server->port());
  connection.send("last words\n");
  connection.end_writing();
  EXPECT_EQ(connection.read_to_end(), "last words\n");
}

TEST(StreamServer, TellsTheSessionBothEnds) {
  std::string ends;
  const auto server =
      StreamServer::start(
          "127.0.0.1", 0, {},
          [&](const StreamEnds& of) {
            ends = fmt::format("{} {}:{}", of.peer.text(), of.own.text(), of.own.port());
            return std::make_unique<LineSession>();
          },
          system_clock())
          .value();
  RawConnection connection(server->port());
  connection.send("seen\n");
  connection.read_until("\n");
  server->stop();
  EXPECT_EQ(ends, fmt::format("127.0.0.1 127.0.0.1:{}", server->port()));
}

TEST(StreamServer, RefusesMoreConnectionsOfAnAddressThanItsLimit) {
  StreamLimits limits;
  limits.connections_per_address = 2;
  const auto server = serve(limits);
  RawConnection one(server->port());
  one.send("1\n");
  EXPECT_EQ(one.read_until("\n"), "1\n");
  {
    RawConnection two(server->port());
    two.send("2\n");
    EXPECT_EQ(two.read_until("\n"), "2\n");
    RawConnection three(server->port());
    EXPECT_TRUE(three.is_closed());
    EXPECT_EQ(server->counters().refused, 1u);
    two.send("end\n");
    EXPECT_EQ(two.read_to_end(), "end\n");
  }
  RawConnection again(server->port());
  again.send("4\n");
  EXPECT_EQ(again.read_until("\n"), "4\n");
}

TEST(StreamServer, KeepsNobodyWhoSendsOnlyAByteNowAndThen) {
  SteppedClock clock;
  StreamLimits limits;
  limits.answer_time = seconds(60);
  const auto server = serve(limits, clock);
  RawConnection slow(server->port());
  RawConnection busy(server->port());
  for (int i = 0; i < 3; ++i) {
    slow.send("x");
    busy.send("line\n");
    EXPECT_EQ(busy.read_until("\n"), "line\n");
    clock.advance(seconds(25));
  }
  EXPECT_TRUE(slow.is_closed());
  busy.send("line\n");
  EXPECT_EQ(busy.read_until("\n"), "line\n");
}

TEST(StreamServer, CutsItsConnectionsWhenItStops) {
  const auto server = serve();
  RawConnection connection(server->port());
  connection.send("up\n");
  EXPECT_EQ(connection.read_until("\n"), "up\n");
  server->stop();
  EXPECT_TRUE(connection.is_closed());
}

TEST(StreamServer, SaysWhatItCannotListenOn) {
  const auto server = serve();
  const auto other = StreamServer::start(
      "127.0.0.1", server->port(), {},
      [](const StreamEnds&) { return std::make_unique<LineSession>(); }, system_clock());
  ASSERT_FALSE(other.has_value());
  EXPECT_TRUE(other.error().is(kListenFailed));
}

}  // namespace
}  // namespace muster::net::test
