#include "net/unix_socket.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <thread>

#include "net/errors.h"
#include "tests/net/test_process.h"
#include "tests/net/test_server.h"
#include "tests/net/test_socket.h"

namespace muster::net::test {
namespace {

using std::chrono::seconds;

class UnixSocketTest : public testing::Test {
 protected:
  UnixServerSettings settings() {
    UnixServerSettings made;
    made.path = path;
    made.request_limit_bytes = 1000;
    made.admit = [this](const PeerCredentials& peer) {
      seen_uid = peer.uid;
      seen_pid = peer.pid;
      return admits.load();
    };
    made.answer = [](const PeerCredentials&, ByteView request) {
      return fmt::format("<{}>", request);
    };
    return made;
  }
  std::unique_ptr<UnixServer> start(UnixServerSettings wanted) {
    return UnixServer::start(std::move(wanted), system_clock()).value();
  }
  UnixClient connect() { return UnixClient::connect(path, seconds(10), system_clock()).value(); }

  // A raw connection that sends these bytes; returns what comes back until the end.
  std::string exchange_raw(ByteView bytes) {
    const os::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy_n(path.c_str(), path.native().size(), address.sun_path);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    RawServer::send_all(fd.get(), bytes);
    ::shutdown(fd.get(), SHUT_WR);
    std::string got;
    char c;
    while (::recv(fd.get(), &c, 1, 0) == 1) got += c;
    return got;
  }

  TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "socket";
  std::atomic<bool> admits{true};
  std::atomic<uid_t> seen_uid{12345};
  std::atomic<pid_t> seen_pid{0};
};

TEST_F(UnixSocketTest, AnswersCallsAndKnowsTheCaller) {
  const auto server = start(settings());
  UnixClient client = connect();
  EXPECT_EQ(client.call("one", seconds(10)).value(), "<one>");
  EXPECT_EQ(client.call("", seconds(10)).value(), "<>");
  EXPECT_EQ(client.call(std::string(1000, 'x'), seconds(10)).value().size(), 1002u);
  EXPECT_EQ(seen_uid, ::getuid());
  EXPECT_EQ(seen_pid, ::getpid());
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(UnixSocketTest, ClosesConnectionsOfUsersThatItDoesNotServe) {
  admits = false;
  const auto server = start(settings());
  UnixClient client = connect();
  const auto answer = client.call("one", seconds(10));
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().is(kConnectionLost));
}

TEST_F(UnixSocketTest, RefusesFramesOverTheLimitOfEitherSide) {
  const auto server = start(settings());
  UnixClient client = connect();
  EXPECT_FALSE(client.call(std::string(1001, 'x'), seconds(10)));
  EXPECT_TRUE(client.call("again", seconds(10)).error().is(kConnectionLost));
  UnixClient other = connect();
  EXPECT_TRUE(other.call("12345", seconds(10), 6).error().is(kMessageTooLarge));
  EXPECT_EQ(exchange_raw("\xff\xff\xff\xff"), "");
}

TEST_F(UnixSocketTest, GivesNoAnswerToAFrameThatIsCutOffAtAnyByte) {
  const auto server = start(settings());
  const std::string whole("\0\0\0\3abc", 7);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(exchange_raw(whole.substr(0, size)), "") << size;
  EXPECT_EQ(exchange_raw(whole), std::string("\0\0\0\5<abc>", 9));
}

TEST_F(UnixSocketTest, BoundsItsConnections) {
  UnixServerSettings few = settings();
  few.connections = 2;
  const auto server = start(few);
  UnixClient first = connect();
  UnixClient second = connect();
  EXPECT_TRUE(first.call("a", seconds(10)));
  EXPECT_TRUE(second.call("a", seconds(10)));
  UnixClient third = connect();
  EXPECT_FALSE(third.call("a", seconds(10)));
  EXPECT_TRUE(first.call("a", seconds(10)));
}

TEST_F(UnixSocketTest, BoundsTheConnectionsOfOneUser) {
  UnixServerSettings few = settings();
  few.connections_per_user = 1;
  const auto server = start(few);
  UnixClient first = connect();
  EXPECT_TRUE(first.call("a", seconds(10)));
  UnixClient second = connect();
  EXPECT_FALSE(second.call("a", seconds(10)));
  EXPECT_TRUE(first.call("a", seconds(10)));
}

TEST_F(UnixSocketTest, HasADeadlineForEachCall) {
  Gate gate;
  UnixServerSettings slow = settings();
  slow.answer = [&](const PeerCredentials&, ByteView) {
    gate.pass();
    return Bytes("late");
  };
  const auto server = start(slow);
  UnixClient client = connect();
  const auto answer = client.call("one", Duration(20));
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().is(kDeadlinePassed));
  gate.open();
}

TEST_F(UnixSocketTest, CutsAPeerThatIsSlowWithinAFrame) {
  UnixServerSettings quick = settings();
  quick.frame_time = Duration(20);
  const auto server = start(quick);
  const os::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy_n(path.c_str(), path.native().size(), address.sun_path);
  ASSERT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  RawServer::send_all(fd.get(), std::string("\0\0\0\3a", 5));
  char c;
  EXPECT_LE(::recv(fd.get(), &c, 1, 0), 0);
}

TEST_F(UnixSocketTest, ReplacesADeadSocketButNotALivingOne) {
  {
    const os::Fd dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy_n(path.c_str(), path.native().size(), address.sun_path);
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  const auto server = start(settings());
  EXPECT_TRUE(connect().call("a", seconds(10)));
  const auto second = UnixServer::start(settings(), system_clock());
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().is(kListenFailed));
  EXPECT_TRUE(connect().call("a", seconds(10)));
  server->stop();
  EXPECT_FALSE(std::filesystem::exists(path));
  folder.file("socket", "not a socket");
  EXPECT_FALSE(UnixServer::start(settings(), system_clock()));
  UnixServerSettings long_path = settings();
  long_path.path = folder.path() / std::string(200, 'x');
  EXPECT_TRUE(UnixServer::start(long_path, system_clock()).error().is(kListenFailed));
}

TEST_F(UnixSocketTest, StopsWhileClientsAreConnected) {
  auto server = start(settings());
  UnixClient idle = connect();
  ASSERT_TRUE(idle.call("a", seconds(10)));
  server->stop();
  EXPECT_FALSE(idle.call("a", seconds(10)));
  EXPECT_TRUE(UnixClient::connect(path, seconds(10), system_clock()).error().is(kConnectFailed));
}

TEST_F(UnixSocketTest, ServesClientsSideBySide) {
  const auto server = start(settings());
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      UnixClient client = connect();
      for (int i = 0; i < 200; ++i) {
        const std::string text = fmt::format("{} {}", t, i);
        if (client.call(text, seconds(10)).value_or("") == fmt::format("<{}>", text)) ++good;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 1600);
}

}  // namespace
}  // namespace muster::net::test
