#include "roles/client/platform/executor.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/errors.h"
#include "base/os/file.h"
#include "base/os/system.h"
#include "base/sha256.h"
#include "roles/client/software/errors.h"
#include "tests/client/temporary_folder.h"

namespace muster::client {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct ExecutorTest : testing::Test {
  TemporaryFolder folder;
  ExecutorSettings settings;
  std::map<std::string, std::string> content;  // what open_content hands out, by path
  Deployment deployment;

  void SetUp() override {
    fs::permissions(folder.path(), fs::perms(0711));
    settings.folder = folder.path() / "runs";
    settings.kill_grace = Duration(300);
    deployment.key = {"P01-00001A", "editor", "1.0"};
    deployment.program.name = "install";
    deployment.program.run_as = is_privileged() ? RunAs::System : RunAs::User;
  }

  void add_file(const std::string& path, std::string bytes, std::uint32_t mode = 0755) {
    deployment.files.push_back({path, mode, bytes.size(), sha256_hex(bytes)});
    content[path] = std::move(bytes);
  }
  void shell(std::string script) { deployment.program.argv = {"/bin/sh", "-c", std::move(script)}; }
  Executor open() {
    auto executor = Executor::open(settings);
    EXPECT_TRUE(executor) << executor.error().text();
    return *std::move(executor);
  }
  Result<void> prepare(const Executor& executor) {
    return executor.prepare(deployment, "run", [this](const ContentFile& file) -> Result<os::Fd> {
      const fs::path path = folder.write("content", content[file.path]);
      return os::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    });
  }
  RunState run(const Executor& executor) {
    const auto prepared = prepare(executor);
    EXPECT_TRUE(prepared) << prepared.error().text();
    const auto started = executor.start("run");
    EXPECT_TRUE(started) << started.error().text();
    return wait(executor);
  }
  RunState wait(const Executor& executor) {
    const os::SystemClock clock;
    const Duration end = clock.steady() + std::chrono::seconds(60);
    RunState state;
    do {
      state = executor.state("run");
      ::poll(nullptr, 0, 5);
    } while (state.kind == RunState::Kind::Running && clock.steady() < end);
    return state;
  }
  std::string output(const Executor& executor) { return executor.output("run").value(); }
};

TEST_F(ExecutorTest, RunsAProgramOfThePackageInItsFolder) {
  add_file("install.sh", "#!/bin/sh\ncat data/name; pwd; echo $# \"$1\"; exit 3\n");
  add_file("data/name", "content\n", 0644);
  deployment.program.argv = {"install.sh", "two words; $(id)"};
  const Executor executor = open();
  const RunState state = run(executor);
  ASSERT_EQ(state.kind, RunState::Kind::Ended);
  EXPECT_EQ(state.result.ending, Ending::Exited);
  EXPECT_EQ(state.result.code, 3);
  EXPECT_EQ(output(executor),
            "content\n" + (settings.folder / "run/files").string() + "\n1 two words; $(id)\n");
  EXPECT_EQ(state.result.detail, output(executor));
}

TEST_F(ExecutorTest, ReportsExitCodesAndSignals) {
  const Executor executor = open();
  shell("exit 194");
  EXPECT_EQ(run(executor).result, (RunResult{Ending::Exited, 194, ""}));
  shell("kill -SEGV $$");
  EXPECT_EQ(run(executor).result, (RunResult{Ending::Signalled, SIGSEGV, ""}));
}

TEST_F(ExecutorTest, GivesTheProgramACleanEnvironmentAndNothingElse) {
  ::setenv("MUSTER_TEST_SECRET", "secret", 1);
  const os::Fd leaked(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC
  const Executor executor = open();
  shell("env | sort; umask; ls /proc/self/fd | wc -l; read line || echo no input");
  const RunState state = run(executor);
  ::unsetenv("MUSTER_TEST_SECRET");
  ASSERT_EQ(state.kind, RunState::Kind::Ended);
  const std::string text = output(executor);
  EXPECT_THAT(text, HasSubstr("MUSTER_CONTENT=" + (settings.folder / "run/files").string()));
  EXPECT_THAT(text, HasSubstr("MUSTER_DEPLOYMENT=P01-00001A\nMUSTER_PACKAGE=editor\n"
                              "MUSTER_VERSION=1.0\n"));
  EXPECT_THAT(text, HasSubstr("PATH=" + settings.path + "\n"));
  EXPECT_THAT(text, HasSubstr("LANG=C.UTF-8\n"));
  EXPECT_THAT(text, HasSubstr("HOME=/"));
  EXPECT_THAT(text, testing::Not(HasSubstr("secret")));
  // The three standard ones, and the one that ls itself opens.
  EXPECT_THAT(text, HasSubstr("0022\n4\nno input\n"));
}

TEST_F(ExecutorTest, GivesTheProgramItsVariablesAndTheValuesOfMaskedOnesFromTheirFiles) {
  settings.secrets = folder.path() / "secrets";
  fs::create_directory(settings.secrets);
  const fs::path file = settings.secrets / "licence";
  std::ofstream(file) << "key; of $(two) words\n";
  fs::permissions(file, fs::perms(0600));
  deployment.variables = {{"SERVER", "lic1"}, {.name = "KEY", .secret = "licence"}};
  const Executor executor = open();
  shell("env | grep ^MUSTER_VAR_ | sort");
  const RunState state = run(executor);
  ASSERT_EQ(state.kind, RunState::Kind::Ended);
  EXPECT_EQ(output(executor), "MUSTER_VAR_KEY=key; of $(two) words\nMUSTER_VAR_SERVER=lic1\n");
  EXPECT_EQ(fs::status(settings.folder / "run/plan").permissions(), fs::perms(0600));
}

// A power cut may leave the run's folder as it is, for whoever takes the disk or a backup of it.
TEST_F(ExecutorTest, WritesNoSecretIntoARunsFolder) {
  settings.secrets = folder.path() / "secrets";
  fs::create_directory(settings.secrets);
  const fs::path file = settings.secrets / "licence";
  std::ofstream(file) << "hidden-4711\n";
  fs::permissions(file, fs::perms(0600));
  deployment.variables = {{.name = "KEY", .secret = "licence"}};
  shell("test ${#MUSTER_VAR_KEY} = 11");
  const Executor executor = open();
  EXPECT_EQ(run(executor).result, (RunResult{Ending::Exited, 0, ""}));
  std::size_t files = 0;
  for (const auto& each : fs::recursive_directory_iterator(settings.folder)) {
    if (!each.is_regular_file()) continue;
    ++files;
    EXPECT_THAT(os::read_file(each.path()).value(), testing::Not(HasSubstr("hidden-4711")))
        << each.path();
  }
  EXPECT_GE(files, 3u);
}

// The secret was taken away between the two: nothing was started, and it is tried again.
TEST_F(ExecutorTest, StartsNothingWhoseSecretIsGone) {
  settings.secrets = folder.path() / "secrets";
  fs::create_directory(settings.secrets);
  const fs::path file = settings.secrets / "licence";
  std::ofstream(file) << "hidden";
  fs::permissions(file, fs::perms(0600));
  deployment.variables = {{.name = "KEY", .secret = "licence"}};
  shell("true");
  const Executor executor = open();
  ASSERT_TRUE(prepare(executor));
  fs::remove(file);
  ASSERT_TRUE(executor.start("run"));
  while (executor.state("run").kind == RunState::Kind::Running) ::poll(nullptr, 0, 5);
  EXPECT_EQ(executor.state("run").kind, RunState::Kind::NeverStarted);
}

TEST_F(ExecutorTest, RefusesASecretThatOthersCouldReadOrPutThere) {
  settings.secrets = folder.path() / "secrets";
  fs::create_directory(settings.secrets);
  const fs::path file = settings.secrets / "licence";
  deployment.variables = {{.name = "KEY", .secret = "licence"}};
  shell("true");
  const Executor executor = open();
  const auto refused = [&](const char* why) {
    const auto prepared = prepare(executor);
    ASSERT_FALSE(prepared) << why;
    EXPECT_TRUE(prepared.error().is(kSecretUnreadable)) << why;
    EXPECT_THAT(prepared.error().text(), testing::Not(HasSubstr("hidden"))) << why;
  };
  refused("missing");
  std::ofstream(file) << "hidden";
  fs::permissions(file, fs::perms(0640));
  refused("readable by the group");
  fs::permissions(file, fs::perms(0600));
  EXPECT_TRUE(prepare(executor));
  std::ofstream(file) << std::string(5000, 'a');
  refused("too long");
  fs::rename(file, settings.secrets / "other");
  fs::create_symlink(settings.secrets / "other", file);
  refused("a link");
  fs::remove(file);
  fs::create_directory(file);
  refused("a folder");
}

TEST_F(ExecutorTest, LeadsASessionOfItsOwn) {
  const Executor executor = open();
  shell("read -r all < /proc/self/stat; set -- $all; echo $1 $5 $6");
  run(executor);
  std::istringstream words(output(executor));
  int pid = 0, group = 1, session = 2;
  words >> pid >> group >> session;
  EXPECT_EQ(group, session);
  EXPECT_NE(session, ::getsid(0));
}

TEST_F(ExecutorTest, KeepsTheFolderPrivateAndTheFilesUnwritableForOthers) {
  add_file("a/b/run", "x", 0777);
  shell("true");
  const Executor executor = open();
  ASSERT_TRUE(prepare(executor));
  struct stat info {};
  for (const char* name : {"run", "run/files", "run/files/a", "run/files/a/b"}) {
    ASSERT_EQ(::stat((settings.folder / name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0700u) << name;
  }
  ASSERT_EQ(::stat((settings.folder / "run/files/a/b/run").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0755u);
}

TEST_F(ExecutorTest, RefusesContentThatIsNotWhatWasSigned) {
  const Executor executor = open();
  add_file("install.sh", "#!/bin/sh\nexit 0\n");
  deployment.program.argv = {"install.sh"};
  const std::string good = content["install.sh"];
  for (const std::string& bad :
       {std::string("#!/bin/sh\nexit 1\n"), good + " ", good.substr(1), std::string()}) {
    content["install.sh"] = bad;
    const auto prepared = prepare(executor);
    ASSERT_FALSE(prepared);
    EXPECT_TRUE(prepared.error().is(kContentChanged)) << prepared.error().text();
    EXPECT_FALSE(executor.start("run"));
  }
  content["install.sh"] = good;
  EXPECT_EQ(run(executor).result.code, 0);
}

TEST_F(ExecutorTest, ExecutesTheBytesThatWereHashedAlsoWhenTheCacheChangesLater) {
  const Executor executor = open();
  add_file("install.sh", "#!/bin/sh\necho signed\n");
  deployment.program.argv = {"install.sh"};
  ASSERT_TRUE(prepare(executor));
  folder.write("content", "#!/bin/sh\necho forged\n");
  ASSERT_TRUE(executor.start("run"));
  wait(executor);
  EXPECT_EQ(output(executor), "signed\n");
}

TEST_F(ExecutorTest, RefusesPathsThatLeaveTheFolder) {
  const Executor executor = open();
  shell("true");
  for (const char* path : {"../evil", "/etc/evil", "a/../../evil", "a//b", ".", "", "a\\b"}) {
    deployment.files.clear();
    add_file(path, "x");
    const auto prepared = prepare(executor);
    ASSERT_FALSE(prepared) << path;
    EXPECT_TRUE(prepared.error().is(kBadDeployment)) << path;
  }
}

TEST_F(ExecutorTest, SaysWhenAProgramCannotBeExecuted) {
  const Executor executor = open();
  add_file("plain", "no program", 0644);
  for (const char* command : {"plain", "./missing", "no-such-program-of-muster", "/"}) {
    deployment.program.argv = {command};
    const RunState state = run(executor);
    ASSERT_EQ(state.kind, RunState::Kind::Ended) << command;
    EXPECT_EQ(state.result.ending, Ending::NeverRan) << command;
    EXPECT_THAT(state.result.detail, HasSubstr("exec")) << command;
  }
}

TEST_F(ExecutorTest, UsesNoShellForAFileWithoutAnInterpreter) {
  const Executor executor = open();
  add_file("script", "echo a shell ran this\n");
  deployment.program.argv = {"script"};
  const RunState state = run(executor);
  EXPECT_EQ(state.result.ending, Ending::NeverRan);
  EXPECT_EQ(output(executor), "");
}

TEST_F(ExecutorTest, StopsAProgramAfterItsLongestRunningTime) {
  const Executor executor = open();
  deployment.program.max_runtime = Duration(200);
  shell("trap 'echo stopping; exit 0' TERM; echo started; while :; do sleep 0.01; done");
  const RunState state = run(executor);
  ASSERT_EQ(state.kind, RunState::Kind::Ended);
  EXPECT_EQ(state.result.ending, Ending::TimedOut);
  // The shell may say "Terminated" about its own child in between.
  EXPECT_TRUE(output(executor).starts_with("started\n"));
  EXPECT_TRUE(output(executor).ends_with("stopping\n"));
}

// A grandchild that ignores SIGTERM and left its session and process group.
TEST_F(ExecutorTest, KillsGrandchildrenThatLeftTheSessionAndIgnoreTheRequest) {
  const Executor executor = open();
  deployment.program.max_runtime = Duration(500);
  const fs::path pids = folder.path() / "pids";
  shell(
      fmt::format("trap '' TERM; (setsid sh -c 'trap \"\" TERM; echo $$ >> {0}; "
                  "while :; do sleep 0.05; done' & ) ; "
                  "echo $$ >> {0}; while :; do sleep 0.05; done",
                  pids.string()));
  const RunState state = run(executor);
  ASSERT_EQ(state.kind, RunState::Kind::Ended);
  EXPECT_EQ(state.result, (RunResult{Ending::TimedOut, SIGKILL, ""}));
  std::ifstream in(pids);
  int pid = 0, found = 0;
  while (in >> pid) {
    ++found;
    EXPECT_EQ(::kill(pid, 0), -1) << pid;
  }
  EXPECT_EQ(found, 2);
}

TEST_F(ExecutorTest, DoesNotWaitForADaemonThatTheProgramLeftBehind) {
  const Executor executor = open();
  const fs::path pid_file = folder.path() / "pid";
  shell(fmt::format("setsid sleep 300 & echo $! > {}; echo done", pid_file.string()));
  const RunState state = run(executor);
  EXPECT_EQ(state.result, (RunResult{Ending::Exited, 0, "done\n"}));
  int pid = 0;
  std::ifstream(pid_file) >> pid;
  ASSERT_GT(pid, 0);
  EXPECT_EQ(::kill(pid, SIGKILL), 0);
}

TEST_F(ExecutorTest, BoundsTheOutputAndKeepsItsBeginningAndEnd) {
  settings.output_limit_bytes = 20'000;
  const Executor executor = open();
  shell(
      "echo begin; i=0; while [ $i -lt 20000 ]; do echo 0123456789012345678; i=$((i+1)); done;"
      " echo end");
  const RunState state = run(executor);
  EXPECT_EQ(state.result.code, 0);
  const std::string text = output(executor);
  EXPECT_LE(text.size(), 20'000u + 40u);
  EXPECT_TRUE(text.starts_with("begin\n"));
  EXPECT_TRUE(text.ends_with("8\nend\n"));
  EXPECT_THAT(text, HasSubstr(fmt::format("[{} bytes left out]", 20'000 * 20 + 10 - 20'000)));
}

TEST_F(ExecutorTest, RefusesAProgramOfTheSystemWithoutRoot) {
  const Executor executor = open();
  deployment.program.run_as = RunAs::System;
  shell("true");
  // Root steps down for the moment that matters.
  const uid_t before = ::geteuid();
  ASSERT_TRUE(before != 0 || ::seteuid(65534) == 0);
  const auto prepared = prepare(executor);
  ASSERT_TRUE(before != 0 || ::seteuid(0) == 0);
  ASSERT_FALSE(prepared);
  EXPECT_TRUE(prepared.error().is(kNeedsRoot));
}

TEST_F(ExecutorTest, AsRootRunsAProgramOfTheUserAsThatUser) {
  if (!is_privileged()) GTEST_SKIP() << "only root can become another user";
  deployment.program.run_as = RunAs::User;
  shell(
      "id -un; id -G; grep -c CapEff:.*[1-9a-f] /proc/self/status; cat ../plan 2>/dev/null; "
      "touch made && ls");
  const auto without_user = open().prepare(deployment, "run", {});
  ASSERT_FALSE(without_user);
  EXPECT_TRUE(without_user.error().is(kProgramNotStarted));
  settings.user = "no-such-user";
  EXPECT_FALSE(open().prepare(deployment, "run", {}));

  settings.user = "nobody";
  const Executor executor = open();
  run(executor);
  EXPECT_EQ(output(executor), "nobody\n65534\n0\nmade\n");
}

TEST_F(ExecutorTest, StartsARunOnlyOnce) {
  const Executor executor = open();
  shell("echo once");
  EXPECT_FALSE(executor.start("run"));
  ASSERT_TRUE(prepare(executor));
  EXPECT_EQ(executor.state("run").kind, RunState::Kind::NeverStarted);
  ASSERT_TRUE(executor.start("run"));
  EXPECT_FALSE(executor.start("run"));
  wait(executor);
  EXPECT_FALSE(executor.start("run"));
  EXPECT_EQ(output(executor), "once\n");
}

TEST_F(ExecutorTest, SaysThatNothingRunsWhenTheSupervisorIsMissing) {
  settings.supervisor = {"/no/such/supervisor"};
  const Executor executor = open();
  shell("true");
  ASSERT_TRUE(prepare(executor));
  const auto started = executor.start("run");
  ASSERT_FALSE(started);
  EXPECT_TRUE(started.error().is(kProgramNotStarted));
  EXPECT_EQ(executor.state("run").kind, RunState::Kind::NeverStarted);
}

TEST_F(ExecutorTest, CallsARunUnknownWhenItsFolderOrResultIsGone) {
  const Executor executor = open();
  EXPECT_EQ(executor.state("run").kind, RunState::Kind::Unknown);
  shell("true");
  run(executor);
  fs::remove(settings.folder / "run/result");
  EXPECT_EQ(executor.state("run").kind, RunState::Kind::Unknown);
  folder.write("runs/run/result", "torn");
  EXPECT_EQ(executor.state("run").kind, RunState::Kind::Unknown);
}

TEST_F(ExecutorTest, RemovesARunWithFoldersThatThePackageClosed) {
  const Executor executor = open();
  shell("mkdir -p a/b && touch a/b/c && chmod 0 a/b && ln -s / root");
  run(executor);
  EXPECT_EQ(executor.runs(), std::vector<std::string>{"run"});
  executor.remove("run");
  EXPECT_TRUE(executor.runs().empty());
  EXPECT_TRUE(fs::exists("/etc"));
}

}  // namespace
}  // namespace muster::client
