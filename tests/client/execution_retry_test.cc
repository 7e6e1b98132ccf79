// Every retry has a bound, and every point at which a client can die has a way on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "roles/client/software/errors.h"
#include "tests/client/machine_driver.h"

namespace muster::client {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Error some_error() { return fail(kContentMissing, "something").value(); }

// Lets the attempt fail until the machine gives up; returns how often it was tried again.
int retries_until_given_up(MachineDriver& driver, const std::function<void()>& fail_once) {
  for (int retries = 0; retries < 100; ++retries) {
    fail_once();
    if (driver.phase() == Phase::Done) return retries;
    EXPECT_EQ(driver.phase(), Phase::WaitingToRetry);
    EXPECT_EQ(driver.reports.back().status, DeploymentStatus::Retrying);
    EXPECT_EQ(driver.reports.back().next_attempt, driver.machine->next_time());
    EXPECT_TRUE(driver.reports.back().error);
    const Duration pause = *driver.machine->next_time() - driver.now;
    driver.pass(pause - Duration(1));
    EXPECT_EQ(driver.phase(), Phase::WaitingToRetry);
    driver.pass(Duration(1));
  }
  return -1;
}

void expect_failed(const MachineDriver& driver, const ErrorKind& kind) {
  const DeploymentReport& last = driver.reports.back();
  EXPECT_EQ(last.status, DeploymentStatus::Failed);
  EXPECT_EQ(last.state, 6);
  ASSERT_TRUE(last.error);
  EXPECT_TRUE(last.error->is(kind)) << last.error->text();
}

TEST(ExecutionRetries, OfADownloadAreTwenty) {
  MachineDriver driver;
  driver.policy({driver.deployment()});
  EXPECT_EQ(retries_until_given_up(
                driver,
                [&] {
                  driver.on(DownloadFailed{driver.key(), DownloadFailure::Transient, some_error()});
                }),
            20);
  EXPECT_EQ(driver.downloads, 21);
  EXPECT_EQ(driver.discards, 0);
  expect_failed(driver, kContentUnreachable);
}

TEST(ExecutionRetries, OfContentThatIsNotWhatWasSignedAreThreeAndDiscardIt) {
  MachineDriver driver;
  driver.policy({driver.deployment()});
  EXPECT_EQ(retries_until_given_up(
                driver,
                [&] {
                  driver.on(DownloadFailed{driver.key(), DownloadFailure::Mismatch, some_error()});
                }),
            3);
  EXPECT_EQ(driver.downloads, 4);
  EXPECT_EQ(driver.discards, 4);
  expect_failed(driver, kContentChanged);
}

TEST(ExecutionRetries, OfContentThatChangedInTheCacheFetchItAgainThreeTimes) {
  MachineDriver driver;
  driver.answer_prepare = false;
  driver.policy({driver.deployment()});
  EXPECT_EQ(
      retries_until_given_up(
          driver,
          [&] {
            driver.on(DownloadDone{driver.key()});
            driver.on(PrepareFailed{driver.key(), PrepareFailure::ContentChanged, some_error()});
          }),
      3);
  EXPECT_EQ(driver.downloads, 4);
  EXPECT_EQ(driver.discards, 4);
  EXPECT_EQ(driver.starts, 0);
  expect_failed(driver, kContentChanged);
}

TEST(ExecutionRetries, OfContentThatLeftTheCacheFetchItAgain) {
  MachineDriver driver;
  driver.answer_prepare = false;
  driver.policy({driver.deployment()});
  driver.on(DownloadDone{driver.key()});
  driver.on(PrepareFailed{driver.key(), PrepareFailure::ContentMissing, some_error()});
  driver.pass(minutes(1));
  EXPECT_EQ(driver.downloads, 2);
}

TEST(ExecutionRetries, OfACacheThatIsTooSmallAreEighteenEveryFourHours) {
  MachineDriver driver;
  driver.policy({driver.deployment()});
  const Timestamp begin = driver.now;
  EXPECT_EQ(retries_until_given_up(
                driver,
                [&] {
                  driver.on(DownloadFailed{driver.key(), DownloadFailure::CacheRoom, some_error()});
                  if (driver.phase() != Phase::Done) {
                    EXPECT_EQ(driver.reports.back().status_id, 10050);
                  }
                }),
            18);
  EXPECT_EQ(driver.now - begin, hours(4 * 18));
  expect_failed(driver, kCacheTooSmall);
}

TEST(ExecutionRetries, OfALocalFailureAreTen) {
  MachineDriver driver;
  driver.answer_prepare = false;
  driver.policy({driver.deployment()});
  driver.on(DownloadDone{driver.key()});
  EXPECT_EQ(retries_until_given_up(
                driver,
                [&] {
                  driver.on(PrepareFailed{driver.key(), PrepareFailure::Local, some_error()});
                }),
            10);
  expect_failed(driver, kClientStateFailed);
}

TEST(ExecutionRetries, OfAnIntentThatCannotBeWrittenNeverStartTheProgram) {
  MachineDriver driver;
  driver.policy({driver.deployment()});
  driver.fail_records = true;
  driver.on(DownloadDone{driver.key()});
  for (int i = 0; i < 60; ++i) driver.pass(hours(1));
  EXPECT_EQ(driver.starts, 0);
  // Even the last report comes, though it cannot be recorded.
  EXPECT_EQ(driver.phase(), Phase::Done);
  expect_failed(driver, kClientStateFailed);
  // No two attempts share a folder: the one before may have become durable after all.
  const std::set<std::string> distinct(driver.runs.begin(), driver.runs.end());
  EXPECT_EQ(distinct.size(), driver.runs.size());
}

TEST(ExecutionRetries, OfAResultThatCannotBeWrittenEndWithTheReportAndKeepTheRun) {
  MachineDriver driver;
  driver.run_until_started();
  driver.fail_records = true;
  driver.on(ProgramEnded{driver.key(), Ending::Exited, 0, ""});
  EXPECT_EQ(driver.phase(), Phase::WaitingToRecord);
  int writes = 1;
  while (driver.phase() == Phase::WaitingToRecord && writes < 100) {
    driver.pass(*driver.machine->next_time() - driver.now);
    ++writes;
  }
  EXPECT_EQ(writes, 11);
  EXPECT_EQ(driver.statuses().back(), "succeeded");
  EXPECT_EQ(driver.removed_runs, 0);
  EXPECT_EQ(driver.starts, 1);
  // The next start of the client asks the run again and records it then.
  driver.fail_records = false;
  driver.restart("boot-1");
  EXPECT_EQ(driver.sought, std::vector<std::string>{driver.runs.back()});
}

TEST(ExecutionRetries, OfAProgramThatNeverStartsEndAtTheAttemptLimit) {
  MachineDriver driver;
  driver.settings.attempt_limit = 4;
  driver.restart("boot-1");
  driver.answer_start = false;
  driver.policy({driver.deployment()});
  driver.on(DownloadDone{driver.key()});
  EXPECT_EQ(retries_until_given_up(driver,
                                   [&] {
                                     driver.on(NeverStarted{driver.key(), some_error()});
                                   }),
            3);
  EXPECT_EQ(driver.starts, 4);
  expect_failed(driver, kProgramNotStarted);
}

TEST(ExecutionRetries, KeepTheirCountAndTimeOverARestartOfTheClient) {
  MachineDriver driver;
  driver.policy({driver.deployment()});
  for (int i = 0; i < 18; ++i) {
    driver.on(DownloadFailed{driver.key(), DownloadFailure::CacheRoom, some_error()});
    ASSERT_EQ(driver.phase(), Phase::WaitingToRetry);
    driver.restart("boot-1");
    driver.policy({driver.deployment()});
    EXPECT_EQ(driver.phase(), Phase::WaitingToRetry);
    driver.pass(hours(4));
    EXPECT_EQ(driver.phase(), Phase::Downloading);
  }
  driver.on(DownloadFailed{driver.key(), DownloadFailure::CacheRoom, some_error()});
  expect_failed(driver, kCacheTooSmall);
}

TEST(ExecutionRetries, AreNotHeldForYearsByAClockThatWasWrong) {
  MachineDriver driver;
  driver.now = driver.now + hours(24 * 365 * 10);
  driver.policy({driver.deployment()});
  driver.on(DownloadFailed{driver.key(), DownloadFailure::Transient, some_error()});
  driver.now = driver.now - hours(24 * 365 * 10);
  driver.policy({driver.deployment()});
  driver.pass(hours(4));
  EXPECT_EQ(driver.phase(), Phase::Downloading);
}

TEST(ExecutionRetries, BeginAnewWhenAPersonAsksForAProgramThatNeverRan) {
  MachineDriver driver;
  driver.settings.download.limit = 0;
  driver.restart("boot-1");
  driver.policy({driver.deployment()});
  driver.on(DownloadFailed{driver.key(), DownloadFailure::Transient, some_error()});
  ASSERT_EQ(driver.phase(), Phase::Done);
  driver.pass(hours(1000));
  driver.policy({driver.deployment()});
  EXPECT_EQ(driver.downloads, 1);
  driver.on(UserRequested{driver.key().deployment});
  EXPECT_EQ(driver.downloads, 2);
  driver.restart("boot-1");
  driver.policy({driver.deployment()});
  EXPECT_EQ(driver.downloads, 1);
}

TEST(ExecutionRestart, BeforeTheIntentStartsTheProgramOnce) {
  MachineDriver driver;
  driver.answer_prepare = false;
  driver.policy({driver.deployment()});
  driver.on(DownloadDone{driver.key()});
  driver.answer_prepare = true;
  driver.restart("boot-1");
  EXPECT_TRUE(driver.sought.empty());
  driver.policy({driver.deployment()});
  driver.on(DownloadDone{driver.key()});
  EXPECT_EQ(driver.starts, 1);
  // It was reported as received before.
  EXPECT_EQ(driver.reports[0].status, DeploymentStatus::Downloading);
}

// From here on the log holds an intent.
struct Resumed : testing::Test {
  MachineDriver driver;
  void SetUp() override {
    driver.run_until_started();
    driver.restart("boot-1");
    ASSERT_EQ(driver.sought, std::vector<std::string>{driver.runs.back()});
    ASSERT_EQ(driver.phase(), Phase::Resolving);
  }
};
using ExecutionResumed = Resumed;

TEST_F(ExecutionResumed, StartsNoOtherProgramUntilTheOutcomeIsKnown) {
  Deployment other = driver.deployment();
  other.key.deployment = "P01-000001";
  driver.policy({driver.deployment(), other});
  driver.on(DownloadDone{other.key});
  EXPECT_EQ(driver.starts, 0);
  driver.on(ProgramEnded{driver.key(), Ending::Exited, 0, ""});
  EXPECT_EQ(driver.starts, 1);
}

TEST_F(ExecutionResumed, TakesTheResultOfAProgramThatEndedMeanwhile) {
  driver.on(ProgramEnded{driver.key(), Ending::Exited, 3, ""});
  EXPECT_EQ(driver.reports.back().exit_code, 3);
  driver.policy({driver.deployment()});
  driver.pass(hours(100));
  EXPECT_EQ(driver.starts, 0);
  EXPECT_EQ(driver.downloads, 0);
}

TEST_F(ExecutionResumed, WatchesAProgramThatStillRuns) {
  driver.on(SupervisorStarted{driver.key()});
  EXPECT_EQ(driver.phase(), Phase::Running);
  driver.on(ProgramEnded{driver.key(), Ending::Exited, 0, ""});
  EXPECT_EQ(driver.statuses().back(), "succeeded");
  EXPECT_EQ(driver.starts, 0);
}

TEST_F(ExecutionResumed, StartsAProgramThatProvablyNeverStarted) {
  driver.policy({driver.deployment()});
  const std::string before = driver.runs.back();
  driver.on(NeverStarted{driver.key(), some_error()});
  driver.on(DownloadDone{driver.key()});
  EXPECT_EQ(driver.starts, 1);
  EXPECT_NE(driver.runs.back(), before);
  // A second restart asks about the new run only.
  driver.restart("boot-1");
  EXPECT_EQ(driver.sought, std::vector<std::string>{driver.runs.back()});
}

TEST_F(ExecutionResumed, FailsAProgramOfUnknownOutcomeAndNeverRepeatsIt) {
  driver.on(OutcomeUnknown{driver.key()});
  expect_failed(driver, kInterrupted);
  EXPECT_NE(driver.reports.back().error->detail().find("unknown: interrupted"), std::string::npos);
  driver.on(ReportTaken{driver.key()});
  driver.restart("boot-2");
  driver.policy({driver.deployment()});
  driver.on(UserRequested{driver.key().deployment});
  driver.pass(hours(100));
  EXPECT_EQ(driver.starts, 0);
  EXPECT_TRUE(driver.reports.empty());
  ASSERT_EQ(driver.refusals.size(), 1u);
  EXPECT_TRUE(driver.refusals[0].is(kAlreadyRan));
}

TEST(ExecutionRestart, RepeatsARepeatableProgramOfUnknownOutcomeThreeTimes) {
  MachineDriver driver;
  Deployment deployment = driver.deployment();
  deployment.repeatable = true;
  int starts = 0;
  for (int i = 0; i < 20; ++i) {
    driver.policy({deployment});
    driver.on(DownloadDone{driver.key()});
    starts += driver.starts;
    driver.restart("boot");
    if (driver.sought.empty()) break;
    driver.on(OutcomeUnknown{driver.key()});
  }
  EXPECT_EQ(starts, 4);
  EXPECT_EQ(driver.phase(), Phase::Done);
}

TEST(ExecutionRestart, RepeatsTheFinalReportUntilItWasTaken) {
  MachineDriver driver;
  driver.run_until_started();
  driver.on(ProgramEnded{driver.key(), Ending::Exited, 0, ""});
  for (int i = 0; i < 3; ++i) {
    driver.restart("boot-1");
    EXPECT_THAT(driver.statuses(), testing::ElementsAre("succeeded"));
  }
  driver.on(ReportTaken{driver.key()});
  driver.restart("boot-1");
  EXPECT_THAT(driver.statuses(), testing::IsEmpty());
}

}  // namespace
}  // namespace muster::client
