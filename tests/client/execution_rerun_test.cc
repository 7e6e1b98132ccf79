// Schedules, reruns, ends and requests: the matrix of what a program's end means for its next time.
#include <gtest/gtest.h>

#include "roles/client/software/errors.h"
#include "tests/client/machine_driver.h"

namespace muster::client {
namespace {

using model::Rerun;
using std::chrono::hours;
using std::chrono::minutes;

constexpr Duration kDay = hours(24);

// Required, due at noon every day; the driver's clock starts in the evening.
Deployment daily(Rerun rerun) {
  Deployment out = MachineDriver::deployment();
  out.schedules = {model::parse_schedule("2023-11-01T12:00Z", "FREQ=DAILY").value()};
  out.rerun = rerun;
  return out;
}

struct Driver : MachineDriver {
  // Everything goes well up to the program's start; its report is taken.
  void settle() {
    on(DownloadDone{key()});
    on(ReportTaken{key()});
  }
  void next_noon() {
    pass(kDay);
    settle();
  }
};

enum class End { Success, Failure, Reboot, Killed, PowerLoss };

void end(Driver& driver, End how) {
  ASSERT_EQ(driver.phase(), Phase::Running);
  switch (how) {
    case End::Success:
      driver.on(ProgramEnded{driver.key(), Ending::Exited, 0, {}});
      break;
    case End::Failure:
      driver.on(ProgramEnded{driver.key(), Ending::Exited, 7, {}});
      break;
    case End::Reboot:
      driver.on(ProgramEnded{driver.key(), Ending::Exited, 3010, {}});
      break;
    case End::Killed:
      driver.on(ProgramEnded{driver.key(), Ending::Signalled, 9, {}});
      break;
    case End::PowerLoss:
      driver.restart("boot-after-power-loss");
      ASSERT_EQ(driver.sought.size(), 1u);
      driver.on(OutcomeUnknown{driver.key()});
      break;
  }
  driver.on(ReportTaken{driver.key()});
  ASSERT_EQ(driver.phase(), Phase::Done);
}

struct Case {
  Rerun rerun;
  End end;
  bool again;
};

class RerunMatrix : public testing::TestWithParam<Case> {};

TEST_P(RerunMatrix, RunsAgainAtItsNextTimeOrNot) {
  const auto [rerun, how, again] = GetParam();
  for (const bool restarted : {false, true}) {
    Driver driver;
    Deployment deployment = daily(rerun);
    deployment.program.reboot_codes = {3010};
    driver.policy({deployment});
    driver.settle();
    const std::string first_run = driver.runs.at(0);
    end(driver, how);
    const int starts = driver.starts;
    // The same time does not come twice, however often the client looks or is started.
    driver.pass(minutes(5));
    driver.policy({deployment});
    if (restarted) driver.restart("boot-after-that");
    driver.policy({deployment});
    driver.on(ReportTaken{driver.key()});
    EXPECT_EQ(driver.phase(), Phase::Done);
    const int before = restarted ? 0 : starts;
    EXPECT_EQ(driver.starts, before);
    driver.next_noon();
    EXPECT_EQ(driver.starts, before + (again ? 1 : 0)) << "restarted: " << restarted;
    if (!again) continue;
    EXPECT_NE(driver.runs.back(), first_run) << "two runs in one folder";
    EXPECT_EQ(driver.phase(), Phase::Running);
  }
}

INSTANTIATE_TEST_SUITE_P(
    AllEnds, RerunMatrix,
    testing::Values(
        Case{Rerun::Never, End::Success, false}, Case{Rerun::Never, End::Failure, false},
        Case{Rerun::Never, End::Reboot, false}, Case{Rerun::Never, End::Killed, false},
        Case{Rerun::Never, End::PowerLoss, false}, Case{Rerun::Always, End::Success, true},
        Case{Rerun::Always, End::Failure, true}, Case{Rerun::Always, End::Reboot, true},
        Case{Rerun::Always, End::Killed, true}, Case{Rerun::Always, End::PowerLoss, true},
        Case{Rerun::IfFailed, End::Success, false}, Case{Rerun::IfFailed, End::Failure, true},
        Case{Rerun::IfFailed, End::Reboot, false}, Case{Rerun::IfFailed, End::Killed, true},
        Case{Rerun::IfFailed, End::PowerLoss, true}, Case{Rerun::IfSucceeded, End::Success, true},
        Case{Rerun::IfSucceeded, End::Failure, false}, Case{Rerun::IfSucceeded, End::Reboot, true},
        Case{Rerun::IfSucceeded, End::Killed, false},
        Case{Rerun::IfSucceeded, End::PowerLoss, false}));

TEST(ExecutionSchedule, AMissedTimeIsMadeUpForOnce) {
  Driver driver;
  driver.policy({daily(Rerun::Always)});
  driver.settle();
  end(driver, End::Success);
  driver.pass(5 * kDay);
  driver.settle();
  EXPECT_EQ(driver.starts, 2);
  end(driver, End::Success);
  driver.pass(hours(1));
  EXPECT_EQ(driver.starts, 2);
}

TEST(ExecutionSchedule, WaitsForItsFirstTimeAndSaysWhen) {
  Driver driver;
  Deployment deployment = daily(Rerun::Never);
  deployment.start = driver.now;
  driver.policy({deployment});
  driver.on(DownloadDone{driver.key()});  // content is there before its time
  EXPECT_EQ(driver.phase(), Phase::WaitingForDeadline);
  const auto next = driver.machine->next_time();
  ASSERT_TRUE(next);
  EXPECT_EQ(to_text(*next), "2023-11-15T12:00:00Z");
  driver.pass(*next - driver.now - Duration(1));
  EXPECT_EQ(driver.starts, 0);
  driver.pass(Duration(1));
  EXPECT_EQ(driver.starts, 1);
}

TEST(ExecutionSchedule, ARunThatNeverStartedIsTriedForTheSameTimeAgain) {
  Driver driver;
  driver.policy({daily(Rerun::Always)});
  driver.settle();
  end(driver, End::Success);
  driver.answer_start = false;
  driver.next_noon();
  ASSERT_EQ(driver.phase(), Phase::Starting);
  driver.restart("boot-2");  // between intent and start
  driver.policy({daily(Rerun::Always)});
  driver.answer_start = true;
  driver.on(NeverStarted{driver.key(), fail(kProgramNotStarted, "no folder").value()});
  driver.settle();
  EXPECT_EQ(driver.starts, 1);
  end(driver, End::Success);
  driver.pass(minutes(1));
  EXPECT_EQ(driver.starts, 1);
}

TEST(ExecutionSchedule, NothingStartsFromTheEndOn) {
  Driver driver;
  Deployment deployment = daily(Rerun::Always);
  deployment.expires = driver.now + hours(20);
  driver.policy({deployment});
  driver.settle();
  end(driver, End::Success);
  driver.next_noon();
  EXPECT_EQ(driver.starts, 1);

  Driver late;
  deployment.expires = late.now;
  late.policy({deployment});
  EXPECT_EQ(late.phase(), Phase::Expired);
  EXPECT_EQ(late.downloads, 0);
  deployment.expires = late.now + hours(1);
  late.policy({deployment});
  late.settle();
  EXPECT_EQ(late.starts, 1) << "an end that is put off lifts it";
}

TEST(ExecutionSchedule, RunsAtAnEvent) {
  Driver driver;
  Deployment deployment = MachineDriver::deployment();
  deployment.events = {model::DeploymentEvent::Logon};
  deployment.rerun = Rerun::Always;
  driver.policy({deployment});
  driver.settle();
  EXPECT_EQ(driver.phase(), Phase::WaitingForDeadline);
  driver.on(EventHappened{model::DeploymentEvent::Idle});
  EXPECT_EQ(driver.starts, 0);
  driver.on(EventHappened{model::DeploymentEvent::Logon});
  EXPECT_EQ(driver.starts, 1);
  end(driver, End::Success);
  driver.pass(minutes(1));
  EXPECT_EQ(driver.starts, 1);
  driver.on(EventHappened{model::DeploymentEvent::Logon});
  driver.settle();
  EXPECT_EQ(driver.starts, 2);
}

TEST(ExecutionSchedule, AvailableRunsWhenAskedAndAsOftenAsAsked) {
  Driver driver;
  Deployment deployment = MachineDriver::deployment();
  deployment.purpose = Purpose::Available;
  driver.policy({deployment});
  EXPECT_EQ(driver.phase(), Phase::WaitingForRequest);
  for (int run = 1; run <= 3; ++run) {
    driver.on(UserRequested{driver.key().deployment});
    if (run == 2) {
      driver.restart("boot-2");  // what was asked for is not forgotten
      driver.starts = 1;
      driver.policy({deployment});
    }
    driver.settle();
    EXPECT_EQ(driver.starts, run);
    end(driver, run == 1 ? End::Failure : End::Success);
    driver.pass(kDay);
    EXPECT_EQ(driver.starts, run);
  }
  EXPECT_TRUE(driver.refusals.empty());
}

TEST(ExecutionSchedule, ARequestForARequiredOneFollowsItsRerun) {
  Driver driver;
  Deployment deployment = MachineDriver::deployment();
  driver.policy({deployment});
  driver.settle();
  end(driver, End::Success);
  driver.on(UserRequested{driver.key().deployment});
  ASSERT_EQ(driver.refusals.size(), 1u);
  EXPECT_TRUE(driver.refusals[0].is(kAlreadyRan));
  deployment.rerun = Rerun::Always;
  driver.policy({deployment});
  driver.on(UserRequested{driver.key().deployment});
  driver.settle();
  EXPECT_EQ(driver.starts, 2);
}

TEST(ExecutionSchedule, AMachineThatIsIdleAlreadyIsIdleForWhatComesLater) {
  Driver driver;
  driver.policy({});
  driver.on(EventHappened{model::DeploymentEvent::Idle});
  driver.pass(hours(1));
  Deployment deployment = MachineDriver::deployment();
  deployment.events = {model::DeploymentEvent::Idle};
  deployment.deadline.reset();
  deployment.rerun = Rerun::Always;
  driver.policy({deployment});
  driver.settle();
  EXPECT_EQ(driver.starts, 1);
  // Once for this time of rest, whatever else happens in it.
  driver.on(ProgramEnded{driver.key(), Ending::Exited, 0, ""});
  driver.on(ReportTaken{driver.key()});
  driver.policy({deployment});
  driver.pass(hours(5));
  EXPECT_EQ(driver.starts, 1);
  driver.on(IdleEnded{});
  driver.pass(hours(1));
  driver.on(EventHappened{model::DeploymentEvent::Idle});
  driver.settle();
  EXPECT_EQ(driver.starts, 2);

  // Of one whose start comes while the machine rests, and of one that comes too late for that.
  Driver later;
  later.policy({});
  later.on(EventHappened{model::DeploymentEvent::Idle});
  deployment.start = later.now + hours(2);
  later.policy({deployment});
  later.pass(hours(2));
  later.settle();
  EXPECT_EQ(later.starts, 1);
  Driver busy;
  busy.policy({});
  busy.on(EventHappened{model::DeploymentEvent::Idle});
  deployment.start = busy.now + hours(2);
  busy.policy({deployment});
  busy.on(IdleEnded{});
  busy.pass(hours(3));
  busy.settle();
  EXPECT_EQ(busy.starts, 0);
}

// Before a policy says when, and while a part of it is missing that may say so, no window is open:
// neither for programs nor for a restart of the machine.
TEST(ExecutionSchedule, NoWindowIsOpenBeforeOneIsKnown) {
  Driver driver;
  driver.on(TimePassed{});
  EXPECT_FALSE(driver.machine->window_open());
  driver.policy({});
  EXPECT_TRUE(driver.machine->window_open()) << "without windows any time will do";
  driver.on(PolicyArrived{.deployments = {}, .expires = driver.now + kDay, .windows_known = false});
  EXPECT_FALSE(driver.machine->window_open());
}

TEST(ExecutionSchedule, WindowsBindWhatDoesNotSayOtherwise) {
  Driver driver;
  const model::MaintenanceWindow tomorrow{
      "tomorrow", {driver.now.ms + kDay.count(), model::ScheduleZone::Utc, {}}, hours(4)};
  Deployment deployment = MachineDriver::deployment();
  deployment.program.max_runtime = minutes(30);
  driver.policy({deployment}, {tomorrow});
  driver.settle();
  EXPECT_EQ(driver.phase(), Phase::WaitingForWindow);
  deployment.ignore_windows = true;
  driver.policy({deployment}, {tomorrow});
  driver.settle();
  EXPECT_EQ(driver.starts, 1);
}

}  // namespace
}  // namespace muster::client
