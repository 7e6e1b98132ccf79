// Programs with notice: they wait for their users, and only when they would start by themselves.
#include <gtest/gtest.h>

#include "model/status_ids.h"
#include "tests/client/machine_driver.h"

namespace muster::client {
namespace {

constexpr Duration kCountdown = std::chrono::minutes(5);

struct NoticeDriver : MachineDriver {
  Deployment wanted = deployment();
  std::vector<model::MaintenanceWindow> windows;

  NoticeDriver() {
    wanted.notice = true;
    wanted.files.clear();
    wanted.start = now;
    wanted.deadline = now + std::chrono::hours(1);
  }
  void arrive() {
    on(PolicyArrived{.deployments = {wanted},
                     .expires = now + std::chrono::hours(24 * 30),
                     .windows = windows,
                     .countdown = kCountdown});
  }
};

TEST(ExecutionNotice, HoldsAProgramFromItsDeadlineUntilItsUsersWereTold) {
  NoticeDriver driver;
  driver.arrive();
  EXPECT_EQ(driver.phase(), Phase::WaitingForDeadline);
  const auto before = driver.machine->overview().front();
  EXPECT_EQ(before.next_due, driver.wanted.deadline);
  driver.pass(std::chrono::hours(1));
  EXPECT_EQ(driver.phase(), Phase::WaitingForUser);
  EXPECT_EQ(driver.starts, 0);
  ASSERT_EQ(driver.status_ids().back(), static_cast<int>(model::kStatusWaitingForUser));
  EXPECT_EQ(driver.reports.back().next_attempt, driver.now + kCountdown);
  driver.pass(std::chrono::hours(10));
  EXPECT_EQ(driver.starts, 0);
  driver.on(NoticeEnded{driver.key()});
  EXPECT_EQ(driver.starts, 1);
}

TEST(ExecutionNotice, IsNoMatterForAUserWhoAsksForTheProgram) {
  NoticeDriver driver;
  driver.arrive();
  driver.on(UserRequested{driver.key().deployment});
  EXPECT_EQ(driver.starts, 1);
}

TEST(ExecutionNotice, EndsNothingThatDoesNotWaitForIt) {
  NoticeDriver driver;
  driver.arrive();
  driver.on(NoticeEnded{driver.key()});
  EXPECT_EQ(driver.phase(), Phase::WaitingForDeadline);
  driver.pass(std::chrono::hours(1));
  EXPECT_EQ(driver.phase(), Phase::WaitingForUser);
}

TEST(ExecutionNotice, WantsAWindowThatHoldsTheCountdownAndTheProgram) {
  for (const auto& [spare, phase] : {std::pair(Duration(0), Phase::WaitingForUser),
                                     std::pair(Duration(1), Phase::WaitingForWindow)}) {
    NoticeDriver driver;
    driver.now = Timestamp{1'700'000'000'000 / 60'000 * 60'000};
    driver.wanted.start = driver.now;
    driver.wanted.deadline = driver.now + spare;
    driver.wanted.program.max_runtime = std::chrono::minutes(55);
    const auto opens = model::parse_schedule(to_text(driver.now), "");
    ASSERT_TRUE(opens);
    driver.windows = {{"hour", *opens, std::chrono::hours(1)}};
    driver.arrive();
    driver.pass(spare);
    EXPECT_EQ(driver.phase(), phase);
  }
}

TEST(ExecutionNotice, IsGivenAnewWhenTheProgramsTimeComesAgain) {
  NoticeDriver driver;
  driver.wanted.deadline.reset();
  driver.wanted.rerun = model::Rerun::Always;
  driver.wanted.events = {model::DeploymentEvent::Logon};
  driver.arrive();
  driver.on(EventHappened{model::DeploymentEvent::Logon});
  EXPECT_EQ(driver.phase(), Phase::WaitingForUser);
  driver.on(NoticeEnded{driver.key()});
  EXPECT_EQ(driver.starts, 1);
  driver.on(ProgramEnded{driver.key(), Ending::Exited, 0, ""});
  driver.on(ReportTaken{driver.key()});
  driver.pass(std::chrono::hours(1));
  driver.on(EventHappened{model::DeploymentEvent::Logon});
  EXPECT_EQ(driver.phase(), Phase::WaitingForUser);
  EXPECT_EQ(driver.starts, 1);
}

TEST(ExecutionNotice, BeginsAnewAfterARestartOfTheClient) {
  NoticeDriver driver;
  driver.arrive();
  driver.pass(std::chrono::hours(1));
  driver.restart("boot-1");
  driver.arrive();
  EXPECT_EQ(driver.phase(), Phase::WaitingForUser);
  EXPECT_EQ(driver.starts, 0);
}

}  // namespace
}  // namespace muster::client
