#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/os/file.h"
#include "base/os/system.h"
#include "roles/client/software/errors.h"
#include "tests/client/killed_client.h"
#include "tests/client/temporary_folder.h"

namespace muster::client {
namespace {

namespace fs = std::filesystem;

pid_t start_client(const fs::path& folder) {
  const std::string program = fs::read_symlink("/proc/self/exe").string();
  std::string mode = "--killed-client";
  std::string where = folder.string();
  std::string name = program;
  char* arguments[] = {name.data(), mode.data(), where.data(), nullptr};
  char* environment[] = {nullptr};
  pid_t pid = -1;
  EXPECT_EQ(::posix_spawn(&pid, program.c_str(), nullptr, nullptr, arguments, environment), 0);
  return pid;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::size_t lines_in(const fs::path& file) {
  std::ifstream in(file);
  std::size_t out = 0;
  for (std::string line; std::getline(in, line);) ++out;
  return out;
}

void wait_microseconds(std::int64_t us) {
  timespec pause{us / 1'000'000, us % 1'000'000 * 1000};
  ::ppoll(nullptr, 0, &pause, nullptr);
}

// Kills the client twice at seeded moments, then lets one finish.
TEST(Crash, AKilledClientNeitherRepeatsAProgramNorLosesItsResult) {
  int killed = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    TemporaryFolder folder;
    SeededRandom random(seed);
    for (int kill = 0; kill < 2; ++kill) {
      const pid_t pid = start_client(folder.path());
      wait_microseconds(static_cast<std::int64_t>(random.below(90'000)));
      ::kill(pid, SIGKILL);
      if (wait_for(pid) == -SIGKILL) ++killed;
    }
    EXPECT_EQ(wait_for(start_client(folder.path())), 0);
    EXPECT_EQ(lines_in(folder.path() / "lines"), 1u);
  }
  EXPECT_GE(killed, 40);
}

pid_t supervisor_of(const fs::path& folder) {
  const std::string wanted = folder.string();
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto command = os::read_file(entry.path() / "cmdline", 65536);
    if (command && command->find("--supervise") != std::string::npos &&
        command->find(wanted) != std::string::npos)
      return std::stoi(name);
  }
  return -1;
}

bool until(const std::function<bool()>& condition) {
  const os::SystemClock clock;
  for (const Duration end = clock.steady() + std::chrono::seconds(30); clock.steady() < end;) {
    if (condition()) return true;
    ::poll(nullptr, 0, 2);
  }
  return false;
}

Deployment long_deployment(const fs::path& folder, bool repeatable) {
  Deployment deployment = line_deployment(folder / "lines");
  deployment.program.argv[2] =
      fmt::format("echo line >> '{}'; exec sleep 300", (folder / "lines").string());
  deployment.repeatable = repeatable;
  return deployment;
}

// Starts the deployment, then kills client and supervisor as a power cut does.
void run_until_power_cut(const fs::path& folder, const Deployment& deployment) {
  const os::SystemClock clock;
  auto client = open_test_client(folder, clock.now());
  ASSERT_TRUE(client) << client.error().text();
  (*client)->host->on(PolicyArrived{{deployment}, clock.now() + std::chrono::hours(1)},
                      clock.now());
  ASSERT_TRUE(until([&] { return lines_in(folder / "lines") == 1; }));
  const pid_t supervisor = supervisor_of(folder);
  ASSERT_GT(supervisor, 0);
  const auto children = os::read_file(fmt::format("/proc/{0}/task/{0}/children", supervisor), 4096);
  ::kill(supervisor, SIGKILL);
  if (children && !children->empty()) ::kill(std::stoi(*children), SIGKILL);
  ASSERT_TRUE(until([&] { return supervisor_of(folder) < 0; }));
}

TEST(Crash, AProgramOfUnknownOutcomeIsFailedWithItsOwnErrorAndNeverRepeated) {
  TemporaryFolder folder;
  const Deployment deployment = long_deployment(folder.path(), false);
  run_until_power_cut(folder.path(), deployment);
  const os::SystemClock clock;
  std::string occasion;  // of the result: the same at each start, so that the site keeps one report
  for (int start = 0; start < 2; ++start) {
    auto client = open_test_client(folder.path(), clock.now(), "boot-2");
    ASSERT_TRUE(client) << client.error().text();
    (*client)->host->on(PolicyArrived{{deployment}, clock.now() + std::chrono::hours(1)},
                        clock.now());
    (*client)->host->poll(clock.now());
    // Whether the start was reported before the power cut is not known: where it is known that the
    // program had started, that is said again.
    ASSERT_GE((*client)->reports.size(), 1u);
    ASSERT_LE((*client)->reports.size(), start == 0 ? 2u : 1u);
    if ((*client)->reports.size() == 2) {
      EXPECT_EQ((*client)->reports[0].status, DeploymentStatus::Running);
    }
    const DeploymentReport& report = (*client)->reports.back();
    EXPECT_EQ(report.status, DeploymentStatus::Failed);
    ASSERT_TRUE(report.error);
    EXPECT_TRUE(report.error->is(kInterrupted));
    if (start == 0) occasion = report.occasion;
    EXPECT_EQ(report.occasion, occasion);
  }
  EXPECT_EQ(lines_in(folder.path() / "lines"), 1u);
}

TEST(Crash, ARepeatableProgramOfUnknownOutcomeRunsAgain) {
  TemporaryFolder folder;
  const Deployment deployment = long_deployment(folder.path(), true);
  run_until_power_cut(folder.path(), deployment);
  const os::SystemClock clock;
  auto client = open_test_client(folder.path(), clock.now(), "boot-2");
  ASSERT_TRUE(client) << client.error().text();
  (*client)->host->on(PolicyArrived{{deployment}, clock.now() + std::chrono::hours(1)},
                      clock.now());
  (*client)->host->poll(clock.now());
  EXPECT_TRUE(until([&] { return lines_in(folder.path() / "lines") == 2; }));
  const pid_t supervisor = supervisor_of(folder.path());
  ASSERT_GT(supervisor, 0);
  const auto children = os::read_file(fmt::format("/proc/{0}/task/{0}/children", supervisor), 4096);
  if (children && !children->empty()) ::kill(std::stoi(*children), SIGKILL);
  EXPECT_TRUE(until([&] { return supervisor_of(folder.path()) < 0; }));
}

TEST(Crash, AProgramThatRunsOnWithoutItsClientIsWatchedByTheNextOne) {
  TemporaryFolder folder;
  Deployment deployment = line_deployment(folder.path() / "lines", 7);
  deployment.program.argv[2] =
      fmt::format("echo line >> '{0}/lines'; while [ ! -e '{0}/go' ]; do sleep 0.02; done; exit 7",
                  folder.path().string());
  const os::SystemClock clock;
  const Timestamp expires = clock.now() + std::chrono::hours(1);
  {
    auto client = open_test_client(folder.path(), clock.now());
    ASSERT_TRUE(client);
    (*client)->host->on(PolicyArrived{{deployment}, expires}, clock.now());
    ASSERT_TRUE(until([&] { return lines_in(folder.path() / "lines") == 1; }));
  }
  auto client = open_test_client(folder.path(), clock.now());
  ASSERT_TRUE(client);
  (*client)->host->on(PolicyArrived{{deployment}, expires}, clock.now());
  EXPECT_TRUE((*client)->host->runs_program());
  ASSERT_EQ((*client)->reports.size(), 1u);
  EXPECT_EQ((*client)->reports[0].status, DeploymentStatus::Running);
  std::ofstream(folder.path() / "go") << "go";
  EXPECT_TRUE(until([&] {
    (*client)->host->poll(clock.now());
    return (*client)->reports.size() == 2;
  }));
  EXPECT_EQ((*client)->reports[1].status, DeploymentStatus::Failed);
  EXPECT_EQ((*client)->reports[1].exit_code, 7);
  EXPECT_EQ(lines_in(folder.path() / "lines"), 1u);
}

}  // namespace
}  // namespace muster::client
