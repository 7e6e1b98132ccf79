// Programs that run first, deployments after deployments, requirements and random starts.
#include <gtest/gtest.h>

#include "model/spread.h"
#include "roles/client/software/errors.h"
#include "tests/client/machine_driver.h"

namespace muster::client {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr Duration kDay = hours(24);

enum class Often { Once, EveryTime };

FirstProgram first(const std::string& package, Often often, const std::string& whose = "") {
  FirstProgram out;
  const std::string of = often == Often::Once ? std::string(kWhoseOnce)
                         : whose.empty()      ? MachineDriver::key().deployment
                                              : whose;
  out.key = first_key(of, package, "1.0", "install");
  out.program = MachineDriver::deployment().program;
  out.files = {{"install.sh", 0755, 3, std::string(64, 'b')}};
  out.every_time = often == Often::EveryTime;
  return out;
}

struct Driver : MachineDriver {
  void loaded(const ExecutionKey& of) { on(DownloadDone{of}); }
  void ends(const ExecutionKey& of, std::int64_t code) {
    ASSERT_EQ(phase(of), Phase::Running) << to_text(of);
    on(ProgramEnded{of, Ending::Exited, code, {}});
    on(ReportTaken{of});
  }
  // Reports about the deployment itself, as "status: state".
  std::vector<std::string> told() const {
    std::vector<std::string> out;
    for (const DeploymentReport& report : reports)
      if (report.key == key())
        out.push_back(fmt::format("{} {}", to_text(report.status), report.state.value_or(0)));
    return out;
  }
  const DeploymentReport& last_told() const {
    for (auto at = reports.rbegin(); at != reports.rend(); ++at)
      if (at->key == key()) return *at;
    return reports.at(reports.size());
  }
};

Deployment with(std::vector<FirstProgram> programs) {
  Deployment out = MachineDriver::deployment();
  out.first = std::move(programs);
  return out;
}

TEST(RunFirst, AChainRunsInOrderAndTheDeploymentLast) {
  Driver driver;
  const FirstProgram near = first("runtime", Often::Once), far = first("base", Often::Once);
  driver.policy({with({near, far})});
  driver.settings.downloads_at_once = 3;
  EXPECT_EQ(driver.downloads, 1) << "its own content comes first";
  driver.loaded(driver.key());
  EXPECT_EQ(driver.downloads, 3) << "and that of both programs, at once";
  driver.loaded(near.key);
  EXPECT_EQ(driver.phase(), Phase::WaitingForProgram);
  EXPECT_TRUE(driver.prepares.empty()) << "what runs before it is not there yet";
  driver.loaded(far.key);
  ASSERT_EQ(driver.prepares, (std::vector{far.key}));
  EXPECT_EQ(driver.phase(), Phase::WaitingForProgram);
  EXPECT_EQ(driver.last_told().state, 3);
  EXPECT_NE(driver.last_told().detail.find("install of base 1.0 runs first"), std::string::npos)
      << driver.last_told().detail;
  driver.ends(far.key, 0);
  ASSERT_EQ(driver.prepares, (std::vector{far.key, near.key}));
  driver.ends(near.key, 0);
  ASSERT_EQ(driver.prepares, (std::vector{far.key, near.key, driver.key()}));
  driver.ends(driver.key(), 0);
  EXPECT_EQ(driver.phase(), Phase::Done);
}

Deployment daily(std::vector<FirstProgram> programs) {
  Deployment out = with(std::move(programs));
  out.schedules = {model::parse_schedule("2023-11-01T12:00Z", "FREQ=DAILY").value()};
  out.rerun = model::Rerun::Always;
  return out;
}

TEST(RunFirst, OnceIsEnoughOrItRunsEachTime) {
  for (const Often often : {Often::Once, Often::EveryTime}) {
    for (const bool restarted : {false, true}) {
      Driver driver;
      const FirstProgram before = first("runtime", often);
      const Deployment deployment = daily({before});
      driver.policy({deployment});
      driver.loaded(driver.key());
      driver.loaded(before.key);
      driver.ends(before.key, 0);
      driver.ends(driver.key(), 0);
      ASSERT_EQ(driver.prepares.size(), 2u);
      if (restarted) driver.restart("boot-2");
      driver.policy({deployment});
      driver.pass(kDay);
      driver.loaded(driver.key());
      driver.loaded(before.key);
      ASSERT_EQ(driver.prepares.size(), 3u);
      EXPECT_EQ(driver.prepares.back(), often == Often::Once ? driver.key() : before.key);
      if (often == Often::Once) continue;
      driver.ends(before.key, 0);
      ASSERT_EQ(driver.prepares.size(), 4u);
      EXPECT_EQ(driver.prepares.back(), driver.key());
    }
  }
}

TEST(RunFirst, ARestartOfTheClientBetweenTheTwoRunsNothingTwice) {
  Driver driver;
  const FirstProgram before = first("runtime", Often::EveryTime);
  driver.policy({with({before})});
  driver.loaded(driver.key());
  driver.loaded(before.key);
  driver.answer_prepare = false;  // the client dies before the deployment's own intent
  driver.ends(before.key, 0);
  driver.answer_prepare = true;
  driver.restart("boot-2");
  driver.prepares.clear();
  driver.policy({with({before})});
  driver.loaded(driver.key());
  EXPECT_EQ(driver.prepares, (std::vector{driver.key()}));
}

TEST(RunFirst, AFailureHoldsTheDeploymentUntilItsNextTimeOrARequest) {
  Driver driver;
  const FirstProgram before = first("runtime", Often::Once);
  driver.policy({daily({before})});
  driver.loaded(driver.key());
  driver.loaded(before.key);
  driver.ends(before.key, 7);
  EXPECT_EQ(driver.phase(), Phase::Held);
  EXPECT_EQ(driver.last_told().status_id, 11803);
  EXPECT_EQ(driver.last_told().state, 102);
  ASSERT_TRUE(driver.last_told().error);
  EXPECT_TRUE(driver.last_told().error->is(kFirstProgramFailed));
  EXPECT_NE(driver.last_told().error->text().find("exit code 7"), std::string::npos);
  // Nobody tries it again before something has changed; it is said once.
  const auto told = driver.told().size();
  driver.pass(minutes(5));
  driver.restart("boot-2");
  driver.policy({daily({before})});
  driver.loaded(driver.key());
  EXPECT_EQ(driver.phase(), Phase::Held);
  EXPECT_EQ(driver.prepares.size(), 1u);
  EXPECT_GE(told, 1u);
  // Its time comes anew.
  ASSERT_TRUE(driver.machine->next_time());
  driver.pass(kDay);
  driver.loaded(before.key);
  driver.ends(before.key, 7);
  EXPECT_EQ(driver.prepares.size(), 2u);
  EXPECT_EQ(driver.phase(), Phase::Held);
  // A user asks.
  driver.pass(minutes(1));
  driver.on(UserRequested{driver.key().deployment});
  driver.loaded(before.key);
  driver.ends(before.key, 0);
  EXPECT_EQ(driver.prepares.size(), 4u);
  EXPECT_EQ(driver.prepares.back(), driver.key());
}

TEST(RunFirst, ARestartThatItWantsComesBeforeTheDeployment) {
  Driver driver;
  FirstProgram before = first("runtime", Often::Once);
  before.program.reboot_codes = {3010};
  driver.policy({with({before})});
  driver.loaded(driver.key());
  driver.loaded(before.key);
  driver.ends(before.key, 3010);
  EXPECT_EQ(driver.phase(), Phase::WaitingForProgram);
  EXPECT_EQ(driver.last_told().state, 2);
  driver.restart("boot-2");
  driver.on(ReportTaken{before.key});
  driver.prepares.clear();
  driver.policy({with({before})});
  driver.loaded(driver.key());
  EXPECT_EQ(driver.prepares, (std::vector{driver.key()}));
}

TEST(RunFirst, ItsWindowsAreThoseOfTheDeployment) {
  Driver driver;
  const FirstProgram before = first("runtime", Often::Once);
  model::MaintenanceWindow window{.name = "noon"};
  window.schedule = model::parse_schedule("2023-11-01T12:00Z", "FREQ=DAILY").value();
  window.duration = hours(13);
  driver.policy({with({before})}, {window});
  driver.loaded(driver.key());
  driver.loaded(before.key);
  EXPECT_EQ(driver.phase(), Phase::WaitingForWindow);
  EXPECT_TRUE(driver.prepares.empty());
}

TEST(AfterDeployment, ItsTimeComesWithEachSuccessOfTheOther) {
  Driver driver;
  Deployment other = MachineDriver::deployment();
  other.key = {"P01-0000FF", "other", "1.0"};
  other.files.clear();
  other.schedules = {model::parse_schedule("2023-11-01T12:00Z", "FREQ=DAILY").value()};
  other.rerun = model::Rerun::Always;
  Deployment then = MachineDriver::deployment();
  then.after = {other.key.deployment};
  then.rerun = model::Rerun::Always;
  driver.policy({other, then});
  driver.loaded(then.key);
  EXPECT_EQ(driver.prepares, (std::vector{other.key}));
  driver.ends(other.key, 5);
  EXPECT_EQ(driver.phase(then.key), Phase::WaitingForDeadline) << "a failure is no success";
  driver.pass(kDay);
  driver.ends(other.key, 0);
  EXPECT_EQ(driver.prepares.back(), then.key);
  driver.ends(then.key, 0);
  // Neither the look at it nor a restart of the client makes an event of the same success.
  driver.pass(minutes(1));
  driver.restart("boot-2");
  driver.policy({other, then});
  EXPECT_EQ(driver.prepares.size(), 3u);
  driver.pass(kDay);
  driver.ends(other.key, 0);
  driver.loaded(then.key);
  EXPECT_EQ(driver.prepares.back(), then.key);
  EXPECT_EQ(driver.prepares.size(), 5u);
}

TEST(Requirements, HoldAProgramUntilTheyAreMet) {
  Driver driver;
  Surroundings here{{"debian", "12", "amd64"}, 100u << 20};
  driver.settings.surroundings = [&here] { return here; };
  driver.restart("boot-1");
  Deployment deployment = MachineDriver::deployment();
  deployment.program.disk_bytes = 1u << 30;
  deployment.program.platforms = {{"fedora"}, {"debian", "12", "amd64"}};
  driver.policy({deployment});
  EXPECT_EQ(driver.phase(), Phase::WaitingForRequirements);
  EXPECT_EQ(driver.downloads, 0);
  EXPECT_EQ(driver.last_told().state, 101);
  EXPECT_EQ(driver.last_told().status_id, 11802);
  EXPECT_NE(driver.last_told().error->text().find("1 GiB"), std::string::npos);
  const auto told = driver.told().size();
  here.free_disk_bytes += 1 << 20;
  driver.pass(minutes(1));
  EXPECT_EQ(driver.told().size(), told) << "said anew for each megabyte";
  ASSERT_TRUE(driver.machine->next_time());
  EXPECT_LE(*driver.machine->next_time(), driver.now + minutes(5));
  here.free_disk_bytes = 2ull << 30;
  here.platform.version = "11";
  driver.pass(minutes(5));
  EXPECT_EQ(driver.phase(), Phase::WaitingForRequirements);
  EXPECT_NE(driver.last_told().error->text().find("debian 11 amd64"), std::string::npos);
  here.platform.version = "12";
  driver.pass(minutes(5));
  EXPECT_EQ(driver.phase(), Phase::Downloading);
}

TEST(Requirements, PlatformsAreNamedBySystemVersionAndArchitecture) {
  const model::Platform here{"debian", "12.5", "amd64"};
  EXPECT_TRUE(model::runs_on({"debian"}, here));
  EXPECT_TRUE(model::runs_on({"debian", "12"}, here));
  EXPECT_TRUE(model::runs_on({"", "", "amd64"}, here));
  EXPECT_FALSE(model::runs_on({"debian", "1"}, here));
  EXPECT_FALSE(model::runs_on({"debian", "12.50"}, here));
  EXPECT_FALSE(model::runs_on({"ubuntu"}, here));
  EXPECT_FALSE(model::runs_on({"debian", "", "arm64"}, here));
  EXPECT_EQ(model::architecture_name("aarch64"), "arm64");
}

constexpr Duration kSplay = hours(1);

void take_policy(Driver& driver, Deployment deployment,
                 std::vector<model::MaintenanceWindow> windows = {}) {
  PolicyArrived event;
  event.deployments = {std::move(deployment)};
  event.expires = driver.now + 30 * kDay;
  event.windows = std::move(windows);
  event.splay = kSplay;
  driver.on(event);
}

TEST(RandomStart, IsTheSameAfterARestartAndNotForAUser) {
  Driver driver;
  driver.settings.device = "device-1";
  driver.restart("boot-1");
  const Duration offset = model::start_offset("device-1", driver.key().deployment, kSplay);
  ASSERT_GT(offset, minutes(1));
  Deployment deployment = MachineDriver::deployment();
  deployment.start = driver.now;
  const Timestamp begin = driver.now + offset;
  take_policy(driver, deployment);
  EXPECT_EQ(driver.phase(), Phase::WaitingForSplay);
  EXPECT_EQ(driver.machine->next_time(), begin);
  driver.pass(minutes(1));
  driver.restart("boot-2");
  take_policy(driver, deployment);
  EXPECT_EQ(driver.machine->next_time(), begin);
  driver.pass(begin - driver.now);
  EXPECT_EQ(driver.phase(), Phase::Downloading);
  driver.loaded(driver.key());
  EXPECT_EQ(driver.phase(), Phase::Running) << "drawn once, not for content and program each";

  Driver asked;
  asked.settings.device = "device-1";
  asked.restart("boot-1");
  deployment.start = asked.now;
  take_policy(asked, deployment);
  asked.on(UserRequested{asked.key().deployment});
  EXPECT_EQ(asked.phase(), Phase::Downloading);
}

TEST(RandomStart, NeverPushesARunPastItsEndItsNextTimeOrItsWindow) {
  for (int device = 0; device < 50; ++device) {
    Driver driver;
    driver.settings.device = fmt::format("device-{}", device);
    driver.restart("boot-1");
    Deployment deployment = MachineDriver::deployment();
    deployment.program.max_runtime = minutes(30);
    deployment.start = driver.now;
    deployment.expires = driver.now + minutes(10);
    take_policy(driver, deployment);
    ASSERT_TRUE(driver.machine->next_time());
    EXPECT_LT(*driver.machine->next_time(), *deployment.expires);

    // The window is open for 40 more minutes, the program wants 30 of them.
    deployment.expires.reset();
    model::MaintenanceWindow window{.name = "now"};
    const Timestamp opened = driver.now - minutes(20);
    window.schedule = model::parse_schedule(to_text(opened).substr(0, 16) + "Z", "").value();
    window.duration = hours(1);
    take_policy(driver, deployment, {window});
    if (driver.phase() == Phase::WaitingForSplay) {
      ASSERT_LE(*driver.machine->next_time(), driver.now + minutes(10));
      driver.pass(*driver.machine->next_time() - driver.now);
    }
    driver.loaded(driver.key());
    EXPECT_EQ(driver.phase(), Phase::Running);
  }
}

TEST(RandomStart, SpreadsAFleetEvenly) {
  int counts[10] = {};
  for (int device = 0; device < 10'000; ++device)
    ++counts[model::start_offset(fmt::format("device-{}", device), "P01-000001", kSplay) /
             (kSplay / 10)];
  for (const int count : counts) {
    EXPECT_GT(count, 850);
    EXPECT_LT(count, 1150);
  }
}

}  // namespace
}  // namespace muster::client
