// What users see: a real terminal, and a real notification service on a real bus.
#include "roles/client/platform/user_message.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/os/fd.h"
#include "base/os/file.h"
#include "roles/client/notices/errors.h"
#include "roles/client/platform/bus_call.h"
#include "tests/client/temporary_folder.h"

namespace muster::client {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Terminal {
  os::Fd master, slave;
  std::string line;

  Terminal() {
    int m = -1, s = -1;
    char name[128] = {};
    EXPECT_EQ(::openpty(&m, &s, name, nullptr, nullptr), 0);
    master = os::Fd(m);
    slave = os::Fd(s);
    line = std::string(name).substr(5);  // below /dev
  }
  std::string seen() const {
    std::string out;
    pollfd ready{master.get(), POLLIN, 0};
    while (::poll(&ready, 1, 50) > 0 && (ready.revents & POLLIN) != 0) {
      char part[4096];
      const ssize_t got = ::read(master.get(), part, sizeof part);
      if (got <= 0) break;
      out.append(part, static_cast<std::size_t>(got));
    }
    return out;
  }
};

std::string own_name() {
  const passwd* found = ::getpwuid(::geteuid());
  return found == nullptr ? "root" : found->pw_name;
}

// Which group the bus sees: not the user's number taken for one.
TEST(BusCalls, AreMadeWithTheUsersOwnGroup) {
  passwd* other = nullptr;
  ::setpwent();
  do {
    other = ::getpwent();
  } while (other != nullptr && (other->pw_uid == 0 || other->pw_uid == other->pw_gid));
  const auto uid = other == nullptr ? 0 : other->pw_uid;
  const auto gid = other == nullptr ? 0 : other->pw_gid;
  ::endpwent();
  if (::geteuid() != 0 || uid == 0 || ::access("/usr/bin/busctl", X_OK) != 0)
    GTEST_SKIP() << "wants root, busctl, and a user whose group has another number";
  TemporaryFolder folder;
  const std::string path = (folder.path() / "bus").string();
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  const os::Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  ucred peer{};
  std::thread bus([&] {
    pollfd ready{listener.get(), POLLIN, 0};
    if (::poll(&ready, 1, 20'000) != 1) return;
    const os::Fd caller(::accept(listener.get(), nullptr, nullptr));
    socklen_t size = sizeof peer;
    ::getsockopt(caller.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size);
  });
  BusCall call;
  call.address = "unix:path=" + path;
  call.uid = uid;
  call.destination = call.interface = "org.example";
  call.path = "/org/example";
  call.member = "Call";
  EXPECT_FALSE(make_bus_call(call)) << "nobody speaks D-Bus there";
  bus.join();
  EXPECT_EQ(peer.uid, uid);
  EXPECT_EQ(peer.gid, gid);
  call.uid = 4'000'000'001;
  const auto unknown = make_bus_call(call);
  ASSERT_FALSE(unknown);
  EXPECT_TRUE(unknown.error().is(kBusCallFailed));
}

struct UserMessageTest : testing::Test {
  TemporaryFolder folder;
  MessagePlaces places{"/dev", folder.path() / "run"};
};

TEST_F(UserMessageTest, ReachesATerminalWithoutAnythingThatMovesItsCursor) {
  const Terminal terminal;
  const auto told = tell_users({{own_name(), terminal.line}},
                               "restart\x1b[2J\x07\r\n\xc2\x9b"
                               "31m \x7f soon",
                               places);
  EXPECT_EQ(told.terminals, 1u);
  const std::string seen = terminal.seen();
  EXPECT_THAT(seen, HasSubstr("*** muster: restart"));
  EXPECT_THAT(seen, HasSubstr("soon"));
  EXPECT_THAT(seen, Not(HasSubstr("\x1b")));
  EXPECT_THAT(seen, Not(HasSubstr("\xc2\x9b")));
  EXPECT_THAT(seen, Not(HasSubstr("\x7f")));
}

TEST_F(UserMessageTest, WritesToNothingButATerminalOfTheUser) {
  const Terminal terminal;
  // The line was given to another user since; a line that is a file; one outside of /dev.
  EXPECT_EQ(tell_users({{"nobody", terminal.line}}, "text", places).terminals, 0u);
  EXPECT_EQ(terminal.seen(), "");
  places.terminals = folder.path();
  folder.write("tty1", "as it was");
  for (const char* line : {"tty1", "../tty1", "/etc/passwd", ":0", "", "not-there"})
    EXPECT_EQ(tell_users({{own_name(), line}}, "text", places).terminals, 0u) << line;
  EXPECT_EQ(os::read_file(folder.path() / "tty1").value(), "as it was");
  EXPECT_EQ(tell_users({{"no-such-user", "tty1"}}, "text", places).terminals, 0u);
}

TEST_F(UserMessageTest, IsNotHeldUpByATerminalThatNobodyReads) {
  const Terminal terminal;
  ASSERT_EQ(::fcntl(terminal.slave.get(), F_SETFL, O_NONBLOCK), 0);
  const std::string much(4096, 'x');
  // Full is what stays so: the kernel moves what was written on to the reader's side a while later.
  pollfd room{terminal.slave.get(), POLLOUT, 0};
  do {
    while (::write(terminal.slave.get(), much.data(), much.size()) > 0) continue;
  } while (::poll(&room, 1, 200) > 0);
  EXPECT_EQ(tell_users({{own_name(), terminal.line}}, "text", places).terminals, 0u);
}

// bus_judge.py in a process group of its own, with the bus that it starts.
struct Judge {
  pid_t pid = -1;
  std::filesystem::path calls;

  Judge(const std::filesystem::path& socket, std::filesystem::path calls_file)
      : calls(std::move(calls_file)) {
    int out[2];
    EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
    const os::Fd from(out[0]);
    os::Fd to(out[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to.get(), 1);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::string script = MUSTER_SOURCE_DIR "/tests/client/bus_judge.py";
    std::string python = "/usr/bin/python3", at = socket.string(), file = calls.string();
    char* arguments[] = {python.data(), script.data(), at.data(), file.data(), nullptr};
    EXPECT_EQ(::posix_spawn(&pid, python.c_str(), &actions, &attributes, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    to.reset();
    std::string line;  // the end of the line may come by itself
    pollfd ready{from.get(), POLLIN, 0};
    char one = 0;
    while (one != '\n' && ::poll(&ready, 1, 60'000) > 0 && ::read(from.get(), &one, 1) == 1)
      line += one;
    EXPECT_EQ(line, "ready\n");
  }
  ~Judge() {
    if (pid < 0) return;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  std::string received() const { return os::read_file(calls).value_or(""); }
};

bool has_judge() {
  return std::system("/usr/bin/python3 -c 'import dbus, gi' 2>/dev/null") == 0 &&
         ::access("/usr/bin/busctl", X_OK) == 0 && ::access("/usr/bin/dbus-daemon", X_OK) == 0;
}

TEST_F(UserMessageTest, ReachesTheNotificationServiceOfTheUsersBus) {
  if (!has_judge()) GTEST_SKIP() << "no dbus-daemon, busctl or python3-dbus";
  const auto runtime = places.runtime / std::to_string(::geteuid());
  std::filesystem::create_directories(runtime);
  const Judge judge(runtime / "bus", folder.path() / "calls");
  const auto told = tell_users({{own_name(), ":0"}}, "--a text; $(id) \x1b[2J", places);
  EXPECT_EQ(told.desktops, 1u);
  EXPECT_EQ(judge.received(),
            fmt::format("Notify | {} | muster | 0 | This machine is managed | --a text; $(id)  [2J "
                        "| 0 | 2 | 0\n",
                        ::geteuid()));
}

TEST_F(UserMessageTest, IsNoDesktopWhereTheSocketIsAnothersOrALink) {
  const auto runtime = places.runtime / std::to_string(::geteuid());
  std::filesystem::create_directories(runtime);
  std::filesystem::create_symlink("/nowhere", runtime / "bus");
  EXPECT_EQ(tell_users({{own_name(), ":0"}}, "text", places).desktops, 0u);
}

TEST_F(UserMessageTest, ARestartIsAskedOfTheLoginServiceInItsOwnWords) {
  if (!has_judge()) GTEST_SKIP() << "no dbus-daemon, busctl or python3-dbus";
  const auto socket = folder.path() / "system-bus";
  const Judge judge(socket, folder.path() / "calls");
  BusCall call{.address = "unix:path=" + socket.string(),
               .destination = "org.freedesktop.login1",
               .path = "/org/freedesktop/login1",
               .interface = "org.freedesktop.login1.Manager",
               .member = "Reboot",
               .arguments = {"b", "false"}};
  const auto asked = make_bus_call(call);
  ASSERT_TRUE(asked) << asked.error().text();
  EXPECT_EQ(judge.received(), fmt::format("Reboot | {}\n", ::geteuid()));
  call.arguments = {"b", "true"};
  const auto refused = make_bus_call(call);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kBusCallFailed));
  EXPECT_THAT(refused.error().text(), HasSubstr("nobody is there to be asked"));
  call.address = "unix:path=/nowhere/bus";
  EXPECT_FALSE(make_bus_call(call));
}

}  // namespace
}  // namespace muster::client
