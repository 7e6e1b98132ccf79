// Clocks that were wrong and events that a restart of the client falls between: what ran before
// what, and what is still to run.
#include <gtest/gtest.h>

#include "roles/client/software/errors.h"
#include "tests/client/machine_driver.h"

namespace muster::client {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr Duration kDay = hours(24);
constexpr Duration kWrong = 4 * 365 * kDay;

struct Driver : MachineDriver {
  // Content comes and programs succeed, until nothing happens any more.
  void work(int most = 20) {
    for (int i = 0; i < most; ++i) {
      const auto before = prepares.size();
      for (const auto& each : machine->overview())
        if (each.phase == Phase::Downloading) on(DownloadDone{each.key});
      for (const auto& each : machine->overview()) {
        if (each.phase == Phase::Running) on(ProgramEnded{each.key, Ending::Exited, code, {}});
        on(ReportTaken{each.key});
      }
      pass(Duration(1));
      if (prepares.size() == before && i > 2) return;
    }
  }
  std::int64_t code = 0;
};

Deployment daily() {
  Deployment out = MachineDriver::deployment();
  out.schedules = {model::parse_schedule("2023-11-01T12:00Z", "FREQ=DAILY").value()};
  out.rerun = model::Rerun::Always;
  return out;
}

Deployment at_logon() {
  Deployment out = MachineDriver::deployment();
  out.events = {model::DeploymentEvent::Logon};
  out.rerun = model::Rerun::Always;
  return out;
}

FirstProgram each_time() {
  FirstProgram out;
  out.key = first_key(MachineDriver::key().deployment, "runtime", "1.0", "install");
  out.program = MachineDriver::deployment().program;
  out.every_time = true;
  return out;
}

TEST(ExecutionClock, WhatRunsFirstRunsOnceEachTimeThoughTheClockWasAhead) {
  for (const bool restarted : {false, true}) {
    Driver driver;
    Deployment deployment = daily();
    deployment.first = {each_time()};
    driver.now = driver.now + kWrong;
    driver.policy({deployment});
    driver.work();
    ASSERT_EQ(driver.prepares, (std::vector{each_time().key, driver.key()}));
    driver.now = driver.now - kWrong;
    if (restarted) driver.restart("boot-2");
    driver.policy({deployment});
    driver.pass(kDay);
    driver.work();
    EXPECT_EQ(driver.prepares,
              (std::vector{each_time().key, driver.key(), each_time().key, driver.key()}))
        << "restarted: " << restarted;
  }
}

TEST(ExecutionClock, AFailureBeforeARequestOfTheFutureIsTriedOnceForIt) {
  Driver driver;
  Deployment deployment = MachineDriver::deployment();
  deployment.purpose = Purpose::Available;
  deployment.first = {each_time()};
  driver.policy({deployment});
  driver.code = 7;
  driver.now = driver.now + kWrong;
  driver.policy({deployment});
  driver.on(UserRequested{driver.key().deployment});
  driver.now = driver.now - kWrong;
  driver.work();
  EXPECT_EQ(driver.prepares, (std::vector{each_time().key}));
  EXPECT_EQ(driver.phase(), Phase::Held);
  driver.on(UserRequested{driver.key().deployment});
  driver.work();
  EXPECT_EQ(driver.prepares.size(), 2u);
}

TEST(ExecutionClock, EventsAndSchedulesGoOnAfterTheClockWasSetBack) {
  for (const bool restarted : {false, true}) {
    Driver driver;
    driver.policy({at_logon()});
    driver.work();
    driver.now = driver.now + kWrong;
    driver.policy({at_logon()});
    driver.on(EventHappened{model::DeploymentEvent::Logon});
    driver.work();
    ASSERT_EQ(driver.prepares.size(), 1u);
    driver.now = driver.now - kWrong;
    if (restarted) driver.restart("boot-2");
    driver.policy({at_logon()});
    driver.work();
    EXPECT_EQ(driver.prepares.size(), 1u) << "the same event twice";
    driver.on(EventHappened{model::DeploymentEvent::Logon});
    driver.work();
    EXPECT_EQ(driver.prepares.size(), 2u) << "restarted: " << restarted;
  }
}

TEST(ExecutionClock, AnEventThatWaitsForItsRunDoesSoAfterTheClockWasSetBack) {
  for (const bool restarted : {false, true}) {
    Driver driver;
    driver.now = driver.now + kWrong;
    driver.policy({at_logon()});
    driver.on(EventHappened{model::DeploymentEvent::Logon});
    driver.work();
    ASSERT_EQ(driver.prepares.size(), 1u);
    PolicyArrived closed{.deployments = {at_logon()}, .expires = driver.now + kDay};
    closed.windows_known = false;
    driver.on(closed);
    driver.on(EventHappened{model::DeploymentEvent::Logon});
    driver.work();
    ASSERT_EQ(driver.prepares.size(), 1u);
    driver.now = driver.now - kWrong;
    driver.on(TimePassed{});
    if (restarted) driver.restart("boot-2");
    driver.policy({at_logon()});
    driver.work();
    EXPECT_EQ(driver.prepares.size(), 2u) << "restarted: " << restarted;
  }
}

TEST(ExecutionClock, ATimeThatTheClockShowedEarlyDoesNotComeTwice) {
  for (const bool restarted : {false, true}) {
    Driver driver;
    driver.policy({daily()});
    driver.work();
    ASSERT_EQ(driver.prepares.size(), 1u);
    driver.pass(hours(20));  // over noon
    driver.work();
    ASSERT_EQ(driver.prepares.size(), 2u);
    driver.now = driver.now - hours(20);
    driver.on(TimePassed{});
    if (restarted) driver.restart("boot-2");
    driver.policy({daily()});
    driver.work();
    driver.pass(hours(20));
    driver.work();
    EXPECT_EQ(driver.prepares.size(), 2u) << "restarted: " << restarted;
    driver.pass(kDay);
    driver.work();
    EXPECT_EQ(driver.prepares.size(), 3u) << "the next day is another one";
  }
}

// The client is off at its times: what was set right once is not forgotten at each start.
TEST(ExecutionClock, ATimeThatCameWhileTheMachineWasOffIsMadeUpForAfterTheClockWasSetBack) {
  Driver driver;
  driver.now = driver.now + kWrong;
  driver.policy({daily()});
  driver.work();
  ASSERT_EQ(driver.prepares.size(), 1u);
  driver.now = driver.now - kWrong;
  driver.policy({daily()});
  driver.work();
  ASSERT_EQ(driver.prepares.size(), 1u);
  driver.now = driver.now + kDay;
  driver.restart("boot-2");
  driver.policy({daily()});
  driver.work();
  EXPECT_EQ(driver.prepares.size(), 2u);
}

TEST(ExecutionClock, TheSuccessOfAnotherIsNoNewOneAfterTheClockWasSetBack) {
  Driver driver;
  Deployment other = daily();
  other.key = {"P01-0000FF", "other", "1.0"};
  Deployment then = MachineDriver::deployment();
  then.after = {other.key.deployment};
  then.rerun = model::Rerun::Always;
  driver.now = driver.now + kWrong;
  driver.policy({other, then});
  driver.work();
  ASSERT_EQ(driver.prepares, (std::vector{other.key, then.key}));
  driver.now = driver.now - kWrong;
  driver.policy({other, then});
  driver.work();
  EXPECT_EQ(driver.prepares.size(), 2u) << "the order of success and run was lost";
  driver.pass(kDay);
  driver.work();
  EXPECT_EQ(driver.prepares.size(), 4u) << "its next success is one";
}

TEST(ExecutionClock, AWindowThatOpenedInTheFutureDelaysNoStart) {
  Driver driver;
  PolicyArrived event;
  event.deployments = {daily()};
  event.expires = driver.now + 2 * kWrong;
  event.splay = hours(1);
  driver.now = driver.now + kWrong;
  driver.on(event);  // the window without an end opens
  driver.work();
  driver.now = driver.now - kWrong + kDay;
  driver.on(event);
  driver.pass(hours(1));
  driver.work();
  EXPECT_GE(driver.prepares.size(), 1u);
}

TEST(ExecutionClock, AResultThatCouldNotBeWrittenIsWrittenAfterTheClockWasSetBack) {
  Driver driver;
  driver.now = driver.now + kWrong;
  driver.run_until_started();
  driver.fail_records = true;
  driver.on(ProgramEnded{driver.key(), Ending::Exited, 0, {}});
  ASSERT_EQ(driver.phase(), Phase::WaitingToRecord);
  driver.fail_records = false;
  driver.now = driver.now - kWrong;
  driver.on(TimePassed{});
  driver.pass(driver.settings.longest_pause());
  EXPECT_EQ(driver.phase(), Phase::Done);
}

TEST(ExecutionClock, AReportMadeAgainIsOfTheSameOccasionThoughTheClockWasSetBack) {
  Driver driver;
  driver.now = driver.now + kWrong;
  driver.run_until_started();
  driver.on(ProgramEnded{driver.key(), Ending::Exited, 0, {}});
  const std::string occasion = driver.reports.back().occasion;
  driver.now = driver.now - kWrong;
  driver.on(TimePassed{});
  driver.restart("boot-1");
  ASSERT_EQ(driver.reports.size(), 1u);
  EXPECT_EQ(driver.reports.back().occasion, occasion);
}

// A power cut between the deployment's durable intent and the start of its program.
TEST(ExecutionOrder, WhatRanFirstDoesNotRunAgainForARunThatNeverStarted) {
  for (const bool restarted_again : {false, true}) {
    Driver driver;
    Deployment deployment = MachineDriver::deployment();
    deployment.first = {each_time()};
    driver.policy({deployment});
    driver.on(DownloadDone{driver.key()});
    driver.answer_start = false;
    ASSERT_EQ(driver.prepares, (std::vector{each_time().key}));
    driver.on(SupervisorStarted{each_time().key});
    driver.on(ProgramEnded{each_time().key, Ending::Exited, 0, {}});
    driver.on(ReportTaken{each_time().key});
    ASSERT_EQ(driver.prepares.size(), 2u);
    ASSERT_EQ(driver.phase(), Phase::Starting);
    driver.restart("boot-2");
    driver.answer_start = true;
    driver.on(NeverStarted{driver.key(), fail(kProgramNotStarted, "no supervisor").value()});
    if (restarted_again) driver.restart("boot-3");
    driver.prepares.clear();
    driver.policy({deployment});
    driver.work();
    EXPECT_EQ(driver.prepares, (std::vector{driver.key()}));
  }
}

// As above, behind a run that did take place: shortening the log keeps what it says of that.
TEST(ExecutionOrder, ALaterIntentThatNeverStartedHidesNoRun) {
  Driver driver;
  Deployment deployment = daily();
  deployment.first = {each_time()};
  driver.policy({deployment});
  driver.work();
  ASSERT_EQ(driver.prepares.size(), 2u);
  driver.pass(kDay);
  driver.on(DownloadDone{driver.key()});
  driver.answer_start = false;
  driver.on(SupervisorStarted{each_time().key});
  driver.on(ProgramEnded{each_time().key, Ending::Exited, 0, {}});
  driver.on(ReportTaken{each_time().key});
  ASSERT_EQ(driver.prepares.size(), 4u);
  driver.restart("boot-2");
  driver.on(NeverStarted{driver.key(), fail(kProgramNotStarted, "no supervisor").value()});
  driver.restart("boot-3");
  driver.answer_start = true;
  driver.prepares.clear();
  driver.policy({deployment});
  driver.work();
  EXPECT_EQ(driver.prepares, (std::vector{driver.key()}));
  driver.pass(kDay);
  driver.work();
  EXPECT_EQ(driver.prepares, (std::vector{driver.key(), each_time().key, driver.key()}));
}

TEST(ExecutionOrder, WhatRunsEachTimeRunsAgainBeforeAProgramThatIsRepeated) {
  for (const bool restarted : {false, true}) {
    Driver driver;
    Deployment deployment = MachineDriver::deployment();
    deployment.first = {each_time()};
    deployment.repeatable = true;
    driver.policy({deployment});
    driver.on(DownloadDone{driver.key()});
    driver.on(ProgramEnded{each_time().key, Ending::Exited, 0, {}});
    driver.on(ReportTaken{each_time().key});
    ASSERT_EQ(driver.phase(), Phase::Running);
    driver.restart("boot-2");
    driver.on(OutcomeUnknown{driver.key()});
    if (restarted) driver.restart("boot-3");
    driver.prepares.clear();
    driver.policy({deployment});
    driver.work();
    EXPECT_EQ(driver.prepares, (std::vector{each_time().key, driver.key()}));
  }
}

TEST(ExecutionEvents, ALogonIsNotForgottenWhileItsRunWaits) {
  Driver driver;
  driver.policy({at_logon()});
  driver.work();
  driver.on(EventHappened{model::DeploymentEvent::Logon});
  driver.work();
  ASSERT_EQ(driver.prepares.size(), 1u);
  const model::MaintenanceWindow tomorrow{
      "tomorrow", {driver.now.ms + kDay.count(), model::ScheduleZone::Utc, {}}, kDay};
  driver.policy({at_logon()}, {tomorrow});
  driver.pass(hours(1));
  driver.on(EventHappened{model::DeploymentEvent::Logon});
  driver.work();
  ASSERT_EQ(driver.prepares.size(), 1u);
  driver.restart("boot-2");
  driver.policy({at_logon()}, {tomorrow});
  driver.pass(kDay);
  driver.work();
  EXPECT_EQ(driver.prepares.size(), 2u);
  driver.restart("boot-3");
  driver.policy({at_logon()});
  driver.work();
  EXPECT_EQ(driver.prepares.size(), 2u) << "twice for one logon";
}

TEST(ExecutionEvents, AClientThatStartsAnewOnAnIdleMachineSeesTheSameIdleness) {
  for (const Timestamp since : {Timestamp{0}, Timestamp{1'690'000'000'000}}) {
    Driver driver;
    Deployment deployment = at_logon();
    deployment.events = {model::DeploymentEvent::Idle};
    for (int start = 0; start < 3; ++start) {
      driver.policy({deployment});
      driver.on(EventHappened{model::DeploymentEvent::Idle, since});
      driver.work();
      EXPECT_EQ(driver.prepares.size(), 1u);
      driver.pass(hours(1));
      driver.restart(fmt::format("boot-{}", start));
    }
    driver.policy({deployment});
    driver.on(EventHappened{model::DeploymentEvent::Idle, driver.now});
    driver.work();
    EXPECT_EQ(driver.prepares.size(), 2u) << "another time of rest";
  }
}

}  // namespace
}  // namespace muster::client
