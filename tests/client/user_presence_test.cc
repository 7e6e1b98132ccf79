#include "roles/client/platform/user_presence.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <utmpx.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/client/temporary_folder.h"

namespace muster::client {
namespace {

using model::DeploymentEvent;
using Events = std::vector<DeploymentEvent>;

class UserPresenceTest : public testing::Test {
 protected:
  void log_on(const char* user, const char* line, int pid) {
    add(USER_PROCESS, user, line, pid);
    if (!std::string_view(line).starts_with("..")) type_at(line, now_);
  }
  void add(short type, const char* user, const char* line, int pid) {
    utmpx entry{};
    entry.ut_type = type;
    entry.ut_tv.tv_sec = static_cast<decltype(entry.ut_tv.tv_sec)>(now_.ms / 1000);
    entry.ut_pid = pid;
    std::strncpy(entry.ut_user, user, sizeof entry.ut_user);
    std::strncpy(entry.ut_line, line, sizeof entry.ut_line);
    std::ofstream(places_.sessions, std::ios::binary | std::ios::app)
        .write(reinterpret_cast<const char*>(&entry), sizeof entry);
  }
  void log_off_all() { std::filesystem::resize_file(places_.sessions, 0); }
  void type_at(const char* line, Timestamp when) {
    const std::filesystem::path path = places_.terminals / line;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path).put('x');
    const timespec moment{when.ms / 1000, 0};
    const timespec times[2] = {moment, moment};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }
  Events look(Duration later) {
    now_ = now_ + later;
    Events events;
    for (const PresenceEvent& event : presence_.look(now_)) {
      events.push_back(event.event);
      last_at_ = event.at;
    }
    return events;
  }

  TemporaryFolder folder_;
  UserPresencePlaces places_{folder_.path() / "utmp", folder_.path() / "dev"};
  UserPresence presence_{places_};
  Timestamp now_{1'700'000'000'000};
  Timestamp last_at_{};
};

constexpr Duration kMinute = std::chrono::minutes(1);

TEST_F(UserPresenceTest, AMachineWithoutUsersIsIdleOnce) {
  EXPECT_EQ(look(kMinute), Events{DeploymentEvent::Idle});
  EXPECT_EQ(look(kMinute), Events{});
}

TEST_F(UserPresenceTest, TellsALogonOnceAndIdlenessAfterAQuarterOfAnHour) {
  log_on("ada", "tty1", 1);
  EXPECT_EQ(look(kMinute), Events{}) << "who is there at the start is not new";
  log_on("grace", "pts/0", 2);
  EXPECT_EQ(look(kMinute), Events{DeploymentEvent::Logon});
  EXPECT_EQ(look(kMinute), Events{});
  EXPECT_EQ(look(12 * kMinute), Events{}) << "grace typed at her logon, 14 minutes ago";
  EXPECT_EQ(look(kMinute), Events{DeploymentEvent::Idle});
  EXPECT_EQ(look(kMinute), Events{});
  type_at("tty1", now_);
  EXPECT_EQ(look(kMinute), Events{});
  EXPECT_EQ(look(15 * kMinute), Events{DeploymentEvent::Idle}) << "idle again";
  log_off_all();
  log_on("ada", "tty1", 3);
  EXPECT_EQ(look(kMinute), Events{DeploymentEvent::Logon}) << "the same user, another session";
}

TEST_F(UserPresenceTest, AtItsStartTheMachineIsIdleSinceItsUsersDidSomethingLast) {
  EXPECT_EQ(look(kMinute), Events{DeploymentEvent::Idle});
  EXPECT_EQ(last_at_, Timestamp{0}) << "nobody was ever there";

  log_on("ada", "tty1", 1);
  const Timestamp typed = now_;
  for (const Duration later : {60 * kMinute, 60 * kMinute}) {
    presence_ = UserPresence(places_);  // the client starts anew
    EXPECT_EQ(look(later), Events{DeploymentEvent::Idle});
    EXPECT_EQ(last_at_, typed + UserPresence::kIdleAfter);
  }
  type_at("tty1", now_);
  EXPECT_EQ(look(kMinute), Events{});
  EXPECT_EQ(look(20 * kMinute), Events{DeploymentEvent::Idle});
  EXPECT_EQ(last_at_, now_) << "as it was seen";
  log_off_all();
  add(DEAD_PROCESS, "", "tty1", 1);
  const Timestamp left = now_;
  presence_ = UserPresence(places_);
  EXPECT_EQ(look(60 * kMinute), Events{DeploymentEvent::Idle});
  EXPECT_EQ(last_at_, left);
}

TEST_F(UserPresenceTest, ASessionWithoutATerminalIsBusyAndNoPathLeavesTheFolder) {
  log_on("ada", "tty1", 1);
  std::filesystem::remove(places_.terminals / "tty1");
  EXPECT_EQ(look(60 * kMinute), Events{});
  log_off_all();
  log_on("eve", "../utmp", 2);
  EXPECT_EQ(look(600 * kMinute), Events{DeploymentEvent::Logon});
}

}  // namespace
}  // namespace muster::client
