// What the machine does where it does not know all, or where what it waits for will not come.
#include <gtest/gtest.h>

#include "roles/client/errors.h"
#include "tests/client/machine_driver.h"

namespace muster::client {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

TEST(ExecutionSafety, StartsNothingThatHeedsWindowsWhileTheyAreNotKnown) {
  MachineDriver driver;
  Deployment deployment = MachineDriver::deployment();
  const auto policy = [&](bool known) {
    driver.on(PolicyArrived{.deployments = {deployment},
                            .expires = driver.now + hours(24),
                            .windows = {},
                            .windows_known = known});
    driver.on(DownloadDone{driver.key()});
    driver.on(ReportTaken{driver.key()});
  };
  policy(false);
  EXPECT_EQ(driver.phase(), Phase::WaitingForWindow);
  EXPECT_EQ(driver.starts, 0);
  policy(true);
  EXPECT_EQ(driver.starts, 1);

  MachineDriver heedless;
  deployment.ignore_windows = true;
  heedless.on(PolicyArrived{{deployment}, heedless.now + hours(24), {}, false});
  heedless.on(DownloadDone{heedless.key()});
  heedless.on(ReportTaken{heedless.key()});
  EXPECT_EQ(heedless.starts, 1);
}

// A time in the past to wait for would make its client look again and again without a pause.
TEST(ExecutionSafety, WaitsForNoTimeThatIsOver) {
  MachineDriver retry;
  Deployment deployment = MachineDriver::deployment();
  deployment.expires = retry.now + minutes(1);
  retry.policy({deployment});
  retry.on(
      DownloadFailed{retry.key(), DownloadFailure::Transient, fail(kBodyAltered, "x").value()});
  ASSERT_EQ(retry.phase(), Phase::WaitingToRetry);
  retry.pass(minutes(1));
  EXPECT_EQ(retry.phase(), Phase::Expired);
  EXPECT_TRUE(!retry.machine->next_time() || *retry.machine->next_time() > retry.now);

  MachineDriver aged;
  deployment.start = aged.now + minutes(90);
  deployment.expires = aged.now + hours(2);
  aged.on(PolicyArrived{{deployment}, aged.now + hours(1)});
  aged.pass(hours(1));
  ASSERT_EQ(aged.phase(), Phase::PolicyExpired);
  aged.pass(hours(1));
  EXPECT_EQ(aged.phase(), Phase::Expired);
  EXPECT_TRUE(!aged.machine->next_time() || *aged.machine->next_time() > aged.now);
}

}  // namespace
}  // namespace muster::client
