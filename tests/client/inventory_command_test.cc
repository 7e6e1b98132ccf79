// Commands of declared classes on this machine: within their limits, and only programs that nobody
// else can have put there.
#include "roles/client/platform/inventory_command.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/os/system.h"
#include "roles/client/inventory/errors.h"
#include "tests/client/temporary_folder.h"

namespace muster::client {
namespace {

namespace fs = std::filesystem;

class InventoryCommandTest : public testing::Test {
 protected:
  Result<Bytes> run(const std::string& script, Duration longest = std::chrono::seconds(20),
                    std::uint64_t limit = 1000) {
    model::CommandCollector command;
    command.argv = {"/bin/sh", "-c", script};
    command.max_runtime = longest;
    command.output_bytes = limit;
    return InventoryCommand(clock_, [this] { return goes_on_; }).run(command);
  }
  os::SystemClock clock_;
  bool goes_on_ = true;
};

TEST_F(InventoryCommandTest, AnswersWithWhatItWritesToItsStandardOutput) {
  EXPECT_EQ(run("echo one; echo two >&2; echo three").value(), "one\nthree\n");
  EXPECT_EQ(run("exec 1>&-; sleep 0.2").value(), "");
}

TEST_F(InventoryCommandTest, HasNothingOfTheClientsOwn) {
  ::setenv("MUSTER_SECRET_OF_THE_TEST", "x", 1);
  EXPECT_EQ(run("echo $MUSTER_SECRET_OF_THE_TEST$HOME; cat").value(), "/\n");
  ::unsetenv("MUSTER_SECRET_OF_THE_TEST");
}

TEST_F(InventoryCommandTest, FailsWithTheProgramsCodeOrSignal) {
  EXPECT_TRUE(run("exit 3").error().is(kCommandFailed));
  EXPECT_NE(run("exit 3").error().text().find("ended with 3"), std::string::npos);
  EXPECT_NE(run("kill -9 $$").error().text().find("signal 9"), std::string::npos);
}

TEST_F(InventoryCommandTest, EndsAtItsTimeWithAllThatItStarted) {
  const auto slow = run("sleep 600 & echo $!; sleep 600", std::chrono::seconds(1));
  ASSERT_FALSE(slow);
  EXPECT_NE(slow.error().text().find("ran over"), std::string::npos);
  const auto left = run("sleep 600 & echo $!");
  ASSERT_TRUE(left);
  const pid_t pid = std::stoi(*left);
  for (int i = 0; i < 200 && ::kill(pid, 0) == 0; ++i) {
    std::ifstream state(fmt::format("/proc/{}/stat", pid));
    std::string text((std::istreambuf_iterator<char>(state)), {});
    if (text.find(") Z") != std::string::npos) return;
    ::usleep(10'000);
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST_F(InventoryCommandTest, EndsWhenItWritesTooMuchOrTheClientStops) {
  const auto loud = run("while :; do echo xxxxxxxxxxxxxxxx; done");
  ASSERT_FALSE(loud);
  EXPECT_NE(loud.error().text().find("over 1000 bytes"), std::string::npos);
  goes_on_ = false;
  EXPECT_NE(run("sleep 600").error().text().find("the client stops"), std::string::npos);
}

TEST_F(InventoryCommandTest, RefusesAccountsThatAreNotThere) {
  model::CommandCollector command;
  command.argv = {"/bin/sh", "-c", "id -un"};
  command.account = "no-such-account";
  InventoryCommand runner(clock_, [] { return true; });
  EXPECT_TRUE(runner.run(command).error().is(kNoAccount));
  command.account = "nobody";
  if (::geteuid() == 0)
    EXPECT_EQ(runner.run(command).value(), "nobody\n");
  else
    EXPECT_TRUE(runner.run(command).error().is(kNoAccount));
}

TEST(TrustedProgram, FollowsLinksThatRootMade) {
  const auto found = trusted_program("/bin/sh");
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_TRUE(fs::is_regular_file(*found));
  EXPECT_TRUE(trusted_program("/bin/no-such-program").error().is(kFactMissing));
  EXPECT_TRUE(trusted_program("/bin").error().is(kCommandUntrusted));
  EXPECT_TRUE(trusted_program("/bin/sh/x").error().is(kCommandUntrusted));
}

// /tmp itself can be written by everybody, so the folder of this test is somewhere else.
TEST(TrustedProgram, RefusesWhatOthersCanWrite) {
  EXPECT_TRUE(trusted_program("/tmp/x").error().is(kCommandUntrusted));
  if (::geteuid() != 0) GTEST_SKIP() << "only root has a folder that is root's alone";
  const fs::path folder = fmt::format("/var/lib/muster-test-{}", ::getpid());
  fs::create_directory(folder);
  const fs::path program = folder / "program";
  std::ofstream(program) << "#!/bin/sh\n";
  ::chmod(program.c_str(), 0755);
  EXPECT_EQ(trusted_program(program).value(), program);
  ::chmod(program.c_str(), 0775);
  EXPECT_TRUE(trusted_program(program).error().is(kCommandUntrusted));
  ::chmod(program.c_str(), 0755);
  ASSERT_EQ(::chown(program.c_str(), 65534, 0), 0);
  EXPECT_TRUE(trusted_program(program).error().is(kCommandUntrusted));
  ASSERT_EQ(::chown(program.c_str(), 0, 0), 0);
  ::chmod(folder.c_str(), 0777);
  EXPECT_TRUE(trusted_program(program).error().is(kCommandUntrusted));
  ::chmod(folder.c_str(), 0755);
  fs::create_symlink("/tmp/elsewhere", folder / "link");
  EXPECT_TRUE(trusted_program(folder / "link").error().is(kCommandUntrusted));
  fs::create_symlink("loop", folder / "loop");
  EXPECT_TRUE(trusted_program(folder / "loop").error().is(kCommandUntrusted));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace muster::client
