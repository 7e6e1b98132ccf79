#include "net/datagram_server.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "net/errors.h"
#include "tests/net/test_socket.h"

namespace muster::net::test {
namespace {

// A UDP socket that talks to one port of this host.
class Talker {
 public:
  explicit Talker(std::uint16_t port, const std::string& own = "127.0.0.1")
      : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const SocketAddress from = parse_address(own, 0).value();
    EXPECT_EQ(::bind(fd_.get(), from.get(), from.size), 0);
    const SocketAddress to = parse_address("127.0.0.1", port).value();
    EXPECT_EQ(::connect(fd_.get(), to.get(), to.size), 0);
  }
  void send(ByteView text) { (void)::send(fd_.get(), text.data(), text.size(), 0); }
  std::string receive() {
    pollfd wait{fd_.get(), POLLIN, 0};
    if (::poll(&wait, 1, 20'000) != 1) return "nothing came";
    char text[256];
    const ssize_t size = ::recv(fd_.get(), text, sizeof text, 0);
    return size < 0 ? "error" : std::string(text, static_cast<std::size_t>(size));
  }

 private:
  os::Fd fd_;
};

DatagramSettings settings() {
  DatagramSettings out;
  out.address = "127.0.0.1";
  out.answer = [](ByteView text) { return text == "quiet" ? Bytes() : Bytes("to ") + Bytes(text); };
  return out;
}

TEST(DatagramServer, AnswersEachSenderOrNot) {
  const auto server = DatagramServer::start(settings(), system_clock()).value();
  Talker one(server->port());
  Talker two(server->port());
  one.send("quiet");
  one.send("one");
  two.send("");
  EXPECT_EQ(one.receive(), "to one");
  EXPECT_EQ(two.receive(), "to ");
}

TEST(DatagramServer, ThrowsAwayWhatIsOverASendersRate) {
  SteppedClock clock;
  DatagramSettings limited = settings();
  limited.rate = {.burst = 2, .per_second = 1};
  const auto server = DatagramServer::start(std::move(limited), clock).value();
  Talker sender(server->port());
  Talker other(server->port(), "127.0.0.2");
  for (const char* text : {"1", "2", "3"}) sender.send(text);
  other.send("other");  // behind the third
  EXPECT_EQ(other.receive(), "to other");
  clock.advance(std::chrono::seconds(10));
  sender.send("4");
  for (const char* text : {"to 1", "to 2", "to 4"}) EXPECT_EQ(sender.receive(), text);
}

TEST(DatagramServer, SaysWhatItCannotListenOn) {
  const auto server = DatagramServer::start(settings(), system_clock()).value();
  DatagramSettings same = settings();
  same.port = server->port();
  const auto other = DatagramServer::start(std::move(same), system_clock());
  ASSERT_FALSE(other.has_value());
  EXPECT_TRUE(other.error().is(kListenFailed));
}

}  // namespace
}  // namespace muster::net::test
