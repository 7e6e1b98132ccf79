#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "roles/client/software/errors.h"
#include "tests/client/machine_driver.h"

namespace muster::client {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(ExecutionMachine, RunsARequiredDeploymentOnceAndReportsEachStep) {
  MachineDriver driver;
  driver.policy({driver.deployment()});
  EXPECT_EQ(driver.downloads, 1);
  driver.on(DownloadDone{driver.key()});
  EXPECT_EQ(driver.starts, 1);
  driver.on(ProgramEnded{driver.key(), Ending::Exited, 0, ""});
  EXPECT_THAT(driver.statuses(), ElementsAre("received", "downloading", "running", "succeeded"));
  EXPECT_THAT(driver.status_ids(), ElementsAre(10002, 0, 10005, 10008));
  EXPECT_THAT(driver.states(), ElementsAre(0, 7, 1, 4));
  driver.on(ReportTaken{driver.key()});

  driver.policy({driver.deployment()});
  driver.pass(hours(100));
  EXPECT_EQ(driver.starts, 1);
  EXPECT_EQ(driver.reports.size(), 4u);
}

TEST(ExecutionMachine, StartsNothingBeforeTheIntentIsDurable) {
  MachineDriver driver;
  driver.answer_records = false;
  driver.policy({driver.deployment()});
  driver.on(DownloadDone{driver.key()});
  ASSERT_EQ(driver.phase(), Phase::RecordingIntent);
  EXPECT_EQ(driver.starts, 0);
  driver.on(RecordWritten{driver.key(), RecordKind::Intent});
  EXPECT_EQ(driver.starts, 1);
}

TEST(ExecutionMachine, ReportsAResultOnlyOnceItIsDurable) {
  MachineDriver driver;
  driver.run_until_started();
  driver.answer_records = false;
  driver.on(ProgramEnded{driver.key(), Ending::Exited, 0, ""});
  EXPECT_EQ(driver.phase(), Phase::RecordingResult);
  EXPECT_EQ(driver.statuses().back(), "running");
  EXPECT_EQ(driver.removed_runs, 0);
  driver.on(RecordWritten{driver.key(), RecordKind::Result});
  EXPECT_EQ(driver.statuses().back(), "succeeded");
  EXPECT_EQ(driver.removed_runs, 1);
}

TEST(ExecutionMachine, WaitsForTheStartTime) {
  MachineDriver driver;
  Deployment deployment = driver.deployment();
  deployment.start = driver.now + hours(2);
  driver.policy({deployment});
  EXPECT_EQ(driver.phase(), Phase::WaitingForStart);
  EXPECT_EQ(driver.machine->next_time(), deployment.start);
  driver.pass(hours(2) - Duration(1));
  EXPECT_EQ(driver.downloads, 0);
  driver.pass(Duration(1));
  EXPECT_EQ(driver.downloads, 1);
}

TEST(ExecutionMachine, DownloadsBeforeTheDeadlineAndRunsAtIt) {
  MachineDriver driver;
  Deployment deployment = driver.deployment();
  deployment.deadline = driver.now + hours(5);
  driver.policy({deployment});
  driver.on(DownloadDone{driver.key()});
  EXPECT_EQ(driver.phase(), Phase::WaitingForDeadline);
  EXPECT_EQ(driver.machine->next_time(), *deployment.deadline);
  driver.pass(hours(5));
  EXPECT_EQ(driver.starts, 1);
}

TEST(ExecutionMachine, RunsAnAvailableDeploymentOnlyOnRequest) {
  MachineDriver driver;
  Deployment deployment = driver.deployment();
  deployment.purpose = Purpose::Available;
  driver.policy({deployment});
  driver.pass(hours(1000));
  EXPECT_EQ(driver.downloads, 0);
  driver.policy({deployment});
  driver.on(UserRequested{deployment.key.deployment});
  driver.on(DownloadDone{driver.key()});
  EXPECT_EQ(driver.starts, 1);
  driver.on(ProgramEnded{driver.key(), Ending::Exited, 0, ""});
  driver.pass(hours(1000));
  EXPECT_EQ(driver.starts, 1);
  EXPECT_TRUE(driver.refusals.empty());
}

TEST(ExecutionMachine, RefusesARequestForAnUnknownDeployment) {
  MachineDriver driver;
  driver.policy({});
  driver.on(UserRequested{"P01-000099"});
  ASSERT_EQ(driver.refusals.size(), 1u);
  EXPECT_TRUE(driver.refusals[0].is(kNotRequestable));
}

TEST(ExecutionMachine, RunsTheSameDeploymentAgainForANewPackageVersion) {
  MachineDriver driver;
  driver.run_until_started();
  driver.on(ProgramEnded{driver.key(), Ending::Exited, 0, ""});
  Deployment next = driver.deployment();
  next.key.version = "2.0";
  driver.policy({next});
  driver.on(DownloadDone{next.key});
  EXPECT_EQ(driver.starts, 2);
}

struct EndingCase {
  Ending ending;
  std::int64_t code;
  std::string status;
  int status_id;
  int state;
  std::uint16_t error;
};

TEST(ExecutionMachine, JudgesEveryKindOfEnding) {
  const EndingCase cases[] = {
      {Ending::Exited, 0, "succeeded", 10008, 4, 0},
      {Ending::Exited, 5, "succeeded", 10008, 4, 0},
      {Ending::Exited, 194, "pending-restart", 10009, 5, 0},
      {Ending::Exited, 1, "failed", 10006, 6, kProgramFailed.number},
      {Ending::Signalled, 0, "failed", 10006, 6, kProgramFailed.number},
      {Ending::Signalled, 194, "failed", 10006, 6, kProgramFailed.number},
      {Ending::TimedOut, 0, "failed", 10006, 6, kProgramTooLong.number},
      {Ending::Interrupted, 0, "failed", 10006, 6, kInterrupted.number},
      {Ending::NeverRan, 0, "failed", 10006, 6, kProgramNotStarted.number},
  };
  for (const EndingCase& expected : cases) {
    SCOPED_TRACE(fmt::format("{} {}", static_cast<int>(expected.ending), expected.code));
    MachineDriver driver;
    Deployment deployment = driver.deployment();
    deployment.program.success_codes = {0, 5};
    deployment.program.reboot_codes = {194};
    driver.policy({deployment});
    driver.on(DownloadDone{driver.key()});
    driver.on(ProgramEnded{driver.key(), expected.ending, expected.code, "the\nend\xff"});
    const DeploymentReport& last = driver.reports.back();
    EXPECT_EQ(to_text(last.status), expected.status);
    EXPECT_EQ(last.status_id, expected.status_id);
    EXPECT_EQ(last.state, expected.state);
    EXPECT_TRUE(last.final);
    EXPECT_EQ(last.exit_code.has_value(), expected.ending == Ending::Exited);
    ASSERT_EQ(last.error.has_value(), expected.error != 0);
    if (last.error) {
      EXPECT_EQ(last.error->kind().number, expected.error);
      EXPECT_THAT(last.error->detail(), testing::HasSubstr("the end\xEF\xBF\xBD"));
    }
  }
}

TEST(ExecutionMachine, APendingRestartBecomesSuccessWithTheNextBoot) {
  MachineDriver driver;
  Deployment deployment = driver.deployment();
  deployment.program.reboot_codes = {194};
  driver.policy({deployment});
  driver.on(DownloadDone{driver.key()});
  driver.on(ProgramEnded{driver.key(), Ending::Exited, 194, ""});
  driver.on(ReportTaken{driver.key()});

  driver.restart("boot-1");
  EXPECT_THAT(driver.statuses(), IsEmpty());
  driver.restart("boot-2");
  EXPECT_THAT(driver.statuses(), ElementsAre("succeeded"));
  EXPECT_THAT(driver.states(), ElementsAre(4));
  driver.on(ReportTaken{driver.key()});
  driver.restart("boot-3");
  EXPECT_THAT(driver.statuses(), IsEmpty());
}

TEST(ExecutionMachine, AProgramOfTheSystemEndsAsNeedsRootOnAnUnprivilegedClient) {
  MachineDriver driver;
  driver.settings.privileged = false;
  driver.restart("boot-1");
  Deployment deployment = driver.deployment();
  deployment.program.run_as = RunAs::System;
  driver.policy({deployment});
  EXPECT_EQ(driver.downloads, 0);
  const DeploymentReport& last = driver.reports.back();
  EXPECT_EQ(last.status, DeploymentStatus::NeedsRoot);
  ASSERT_TRUE(last.error);
  EXPECT_TRUE(last.error->is(kNeedsRoot));
  EXPECT_EQ(last.error->kind().advice, kNeedsRoot.advice);
  driver.on(ReportTaken{driver.key()});

  // Nothing ran, so the same client started as root goes on.
  driver.settings.privileged = true;
  driver.restart("boot-1");
  driver.policy({deployment});
  EXPECT_EQ(driver.downloads, 1);
}

TEST(ExecutionMachine, RefusesWhatNoSignerShouldHaveSigned) {
  MachineDriver driver;
  Deployment deployment = driver.deployment();
  deployment.program.argv.clear();
  driver.policy({deployment});
  EXPECT_EQ(driver.downloads, 0);
  ASSERT_TRUE(driver.reports.back().error);
  EXPECT_TRUE(driver.reports.back().error->is(kBadDeployment));
  const std::size_t reports = driver.reports.size();
  driver.policy({deployment});
  EXPECT_EQ(driver.reports.size(), reports);
  // A corrected one of the same version goes on, since nothing ran.
  driver.policy({driver.deployment()});
  EXPECT_EQ(driver.downloads, 1);
}

TEST(ExecutionMachine, StartsNothingNewOnceThePolicyExpiredAndSaysSoOnce) {
  MachineDriver driver;
  Deployment deployment = driver.deployment();
  deployment.deadline = driver.now + hours(48);
  driver.on(PolicyArrived{{deployment}, driver.now + hours(24)});
  driver.on(DownloadDone{driver.key()});
  EXPECT_EQ(driver.machine->next_time(), driver.now + hours(24));
  driver.pass(hours(24));
  driver.pass(hours(24));
  EXPECT_EQ(driver.phase(), Phase::PolicyExpired);
  EXPECT_EQ(driver.starts, 0);
  EXPECT_EQ(driver.expiries, 1);
  driver.on(UserRequested{deployment.key.deployment});
  EXPECT_EQ(driver.starts, 0);
  driver.on(PolicyArrived{{deployment}, driver.now + hours(24)});
  EXPECT_EQ(driver.starts, 1);
}

TEST(ExecutionMachine, AnExpiringPolicyLeavesARunningProgramAlone) {
  MachineDriver driver;
  driver.run_until_started();
  driver.pass(hours(24 * 40));
  EXPECT_EQ(driver.phase(), Phase::Running);
  EXPECT_EQ(driver.expiries, 1);
  driver.on(ProgramEnded{driver.key(), Ending::Exited, 0, ""});
  EXPECT_EQ(driver.statuses().back(), "succeeded");
}

TEST(ExecutionMachine, StartsNothingWithoutAnyPolicy) {
  MachineDriver driver;
  driver.on(TimePassed{});
  EXPECT_EQ(driver.expiries, 0);
  EXPECT_EQ(driver.machine->next_time(), std::nullopt);
}

TEST(ExecutionMachine, APolicyThatExpiresBetweenPreparingAndIntentStopsTheStart) {
  MachineDriver driver;
  driver.answer_prepare = false;
  driver.policy({driver.deployment()});
  driver.on(DownloadDone{driver.key()});
  ASSERT_EQ(driver.phase(), Phase::Preparing);
  driver.now = driver.now + hours(24 * 40);
  driver.on(Prepared{driver.key()});
  EXPECT_EQ(driver.starts, 0);
  EXPECT_EQ(driver.phase(), Phase::PolicyExpired);
  EXPECT_EQ(driver.removed_runs, 1);
}

TEST(ExecutionMachine, AWithdrawnDeploymentIsNotStarted) {
  MachineDriver driver;
  driver.answer_prepare = false;
  driver.policy({driver.deployment()});
  driver.on(DownloadDone{driver.key()});
  driver.policy({});
  driver.on(Prepared{driver.key()});
  EXPECT_EQ(driver.starts, 0);
}

TEST(ExecutionMachine, AWithdrawnDeploymentThatRunsIsReportedAllTheSame) {
  MachineDriver driver;
  driver.run_until_started();
  driver.policy({});
  driver.on(ProgramEnded{driver.key(), Ending::Exited, 0, ""});
  EXPECT_EQ(driver.statuses().back(), "succeeded");
}

TEST(ExecutionMachine, AMaintenanceWindowHoldsWhatWouldNotFitIntoIt) {
  MachineDriver driver;
  Deployment deployment = driver.deployment();
  deployment.program.max_runtime = minutes(30);
  const auto window = [&](Duration starts_in, Duration duration) {
    const model::Schedule once{driver.now.ms + starts_in.count(), model::ScheduleZone::Utc, {}};
    return model::MaintenanceWindow{"night", once, duration};
  };
  driver.policy({deployment}, {window(hours(1), minutes(30) - Duration(1))});
  driver.on(DownloadDone{driver.key()});
  EXPECT_EQ(driver.phase(), Phase::WaitingForWindow);
  EXPECT_EQ(driver.reports.back().state, 10);
  EXPECT_EQ(driver.machine->next_time(), driver.now + hours(1));
  driver.pass(hours(1));
  EXPECT_EQ(driver.starts, 0);
  driver.policy({deployment}, {window(-minutes(30), minutes(60))});
  EXPECT_EQ(driver.starts, 1);
}

TEST(ExecutionMachine, RunsOneProgramAtATimeTheEarliestDeadlineFirst) {
  MachineDriver driver;
  Deployment late = driver.deployment();
  late.key.deployment = "P01-000000";  // sorts first by its id
  late.start = driver.now;
  Deployment early = driver.deployment();
  early.start = driver.now - hours(1);
  driver.answer_prepare = false;
  driver.policy({late, early});
  driver.on(DownloadDone{early.key});
  driver.on(DownloadDone{late.key});
  ASSERT_EQ(driver.prepares.size(), 1u);
  EXPECT_EQ(driver.prepares[0].deployment, early.key.deployment);
  EXPECT_EQ(driver.phase(late.key), Phase::WaitingForTurn);
  driver.answer_prepare = true;
  driver.on(Prepared{early.key});
  driver.on(ProgramEnded{early.key, Ending::Exited, 0, ""});
  EXPECT_EQ(driver.phase(late.key), Phase::Running);
}

TEST(ExecutionMachine, IgnoresAnswersThatComeLateOrForNobody) {
  MachineDriver driver;
  driver.policy({driver.deployment()});
  const std::size_t reports = driver.reports.size();
  const ExecutionKey stranger{"P01-0000FF", "none", "1"};
  const Error error = fail(kContentMissing, "late").value();
  for (const ExecutionKey& key : {driver.key(), stranger}) {
    driver.on(Prepared{key});
    driver.on(PrepareFailed{key, PrepareFailure::Local, error});
    driver.on(RecordWritten{key, RecordKind::Result});
    driver.on(RecordFailed{key, RecordKind::Intent, error});
    driver.on(RecordFailed{key, RecordKind::Result, error});
    driver.on(SupervisorStarted{key});
    driver.on(NeverStarted{key, error});
    driver.on(ProgramEnded{key, Ending::Exited, 0, ""});
    driver.on(OutcomeUnknown{key});
    driver.on(ReportTaken{key});
  }
  driver.on(DownloadDone{stranger});
  driver.on(DownloadFailed{stranger, DownloadFailure::Transient, error});
  EXPECT_EQ(driver.phase(), Phase::Downloading);
  EXPECT_EQ(driver.reports.size(), reports);
  EXPECT_EQ(driver.starts, 0);
}

}  // namespace
}  // namespace muster::client
