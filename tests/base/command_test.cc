#include "base/os/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"
#include "base/os/account.h"
#include "base/os/file.h"
#include "tests/base/temporary_folder.h"

namespace muster::os {
namespace {

Result<CommandEnd> shell(const std::string& script, const Bytes& input = {},
                         Duration limit = std::chrono::minutes(1)) {
  return run_command({.words = {"/bin/sh", "-c", script}, .input = input, .limit = limit});
}

TEST(RunCommand, GivesWhatTheProgramSaysAndItsExitCode) {
  const auto end = shell("cat; echo wrong >&2; exit 7", Bytes("a\0b\n", 4));
  ASSERT_TRUE(end.has_value()) << end.error().text();
  EXPECT_EQ(end->exit_code, 7);
  EXPECT_EQ(end->output, Bytes("a\0b\n", 4));
  EXPECT_EQ(end->errors, "wrong\n");
}

TEST(RunCommand, HandsOnNothingOfItsOwnEnvironment) {
  ASSERT_EQ(::setenv("PGPASSWORD", "secret", 1), 0);
  const auto end = run_command({.words = {"/usr/bin/env"}});
  ::unsetenv("PGPASSWORD");
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->output, "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLC_ALL=C.UTF-8\n");
}

TEST(RunCommand, SaysBySignalWhatASignalEnded) {
  EXPECT_EQ(shell("kill -TERM $$").value().exit_code, 128 + 15);
}

TEST(RunCommand, DoesNotWaitForWhatTheProgramLeavesBehind) {
  // The child that stays ends when this test closes the other end of its input.
  const TemporaryFolder folder;
  const std::string fifo = (folder.path() / "fifo").string();
  const auto end = shell("mkfifo '" + fifo + "'; cat '" + fifo + "' >/dev/null & echo started");
  ASSERT_TRUE(end.has_value()) << end.error().text();
  EXPECT_EQ(end->output, "started\n");
  EXPECT_EQ(shell("echo done > '" + fifo + "'").value().exit_code, 0);
}

TEST(RunCommand, KillsAtItsLimit) {
  const auto end = shell("exec tail -f /dev/null", {}, std::chrono::milliseconds(20));
  ASSERT_FALSE(end.has_value());
  EXPECT_TRUE(end.error().is(kProcessFailed));
  EXPECT_THAT(end.error().detail(), testing::HasSubstr("/bin/sh: no end within"));
}

TEST(RunCommand, SaysWhichProgramIsNotThere) {
  const auto end = run_command({.words = {"/no/such/program", "x"}});
  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().detail(), "/no/such/program: No such file or directory");
}

TEST(Account, IsKnownByNameAndByItsFiles) {
  EXPECT_EQ(find_account("root").value().uid, 0u);
  const auto nobody = find_account("no-such-account");
  ASSERT_FALSE(nobody.has_value());
  EXPECT_TRUE(nobody.error().is(kNoAccount));
  const TemporaryFolder folder;
  EXPECT_EQ(owner_of(folder.path()).value().uid, ::geteuid());
  EXPECT_TRUE(owner_of(folder.path() / "none").error().is(kFileUnreadable));
}

TEST(ActingAs, GivesBackWhatItTook) {
  const uid_t before = ::geteuid();
  {
    const auto acting = ActingAs::account({::geteuid(), ::getegid()});
    ASSERT_TRUE(acting.has_value());
  }
  EXPECT_EQ(::geteuid(), before);
}

}  // namespace
}  // namespace muster::os
