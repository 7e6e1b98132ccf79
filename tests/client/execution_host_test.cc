// The machine, the log, the cache and the executor together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "base/os/file.h"
#include "base/os/system.h"
#include "base/sha256.h"
#include "roles/client/software/errors.h"
#include "tests/client/killed_client.h"
#include "tests/client/temporary_folder.h"

namespace muster::client {
namespace {

struct HostTest : testing::Test {
  TemporaryFolder folder;
  os::SystemClock clock;
  std::unique_ptr<TestClient> client;
  Deployment deployment;

  void SetUp() override {
    deployment = line_deployment(folder.path() / "lines");
    open();
  }
  void open() {
    client.reset();
    auto opened = open_test_client(folder.path(), clock.now());
    ASSERT_TRUE(opened) << opened.error().text();
    client = *std::move(opened);
  }
  void put_into_cache(const std::string& bytes, const std::string& name) {
    const std::string hash = sha256_hex(bytes);
    const auto partial = client->cache->begin(hash, bytes.size(), clock.now());
    ASSERT_TRUE(partial);
    ASSERT_TRUE(os::write_all(partial->fd.get(), bytes, name));
    ASSERT_TRUE(client->cache->finish(hash, bytes.size(), clock.now()));
    deployment.files.push_back({name, 0755, bytes.size(), hash});
  }
  void policy() {
    client->host->on(PolicyArrived{{deployment}, clock.now() + std::chrono::hours(1)}, clock.now());
  }
  const DeploymentReport& final_report() {
    const Duration end = clock.steady() + std::chrono::seconds(60);
    while (clock.steady() < end && !client->reports.back().final) {
      client->host->poll(clock.now());
      ::poll(nullptr, 0, 2);
    }
    return client->reports.back();
  }
  std::string line_count() { return os::read_file(folder.path() / "lines").value_or(""); }
};
using ExecutionHostTest = HostTest;

TEST_F(ExecutionHostTest, RunsAProgramOutOfTheCacheAndCleansUp) {
  put_into_cache(fmt::format("#!/bin/sh\necho \"$1\" >> {}\n", (folder.path() / "lines").string()),
                 "bin/install");
  deployment.program.argv = {"bin/install", "hello"};
  policy();
  EXPECT_EQ(final_report().status, DeploymentStatus::Succeeded);
  EXPECT_EQ(line_count(), "hello\n");
  client->host->on(ReportTaken{deployment.key}, clock.now());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path() / "runs"));

  open();
  policy();
  client->host->poll(clock.now());
  EXPECT_TRUE(client->reports.empty());
  EXPECT_EQ(line_count(), "hello\n");
}

TEST_F(ExecutionHostTest, DiscardsCachedContentThatChangedAndRunsNothing) {
  put_into_cache("#!/bin/sh\nexit 0\n", "install");
  deployment.program.argv = {"install"};
  folder.write("cache/" + deployment.files[0].sha256, "#!/bin/sh\nexit 1\n");
  policy();
  EXPECT_FALSE(client->cache->holds(deployment.files[0].sha256, 17));
  EXPECT_EQ(client->reports.back().status, DeploymentStatus::Retrying);
  EXPECT_FALSE(client->host->runs_program());
}

TEST_F(ExecutionHostTest, ReportsAPackageLargerThanTheWholeCacheWithoutADownload) {
  deployment.files = {{"large", 0644, 2u << 20, std::string(64, 'a')}};
  policy();
  const DeploymentReport& last = client->reports.back();
  EXPECT_EQ(last.status, DeploymentStatus::Retrying);
  EXPECT_EQ(last.status_id, 10050);
  ASSERT_TRUE(last.error);
  EXPECT_TRUE(last.error->is(kCacheTooSmall));
}

TEST_F(ExecutionHostTest, RemovesFoldersThatWerePreparedWithoutAnIntent) {
  folder.write("runs/left-over/files/x", "x");
  open();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path() / "runs"));
}

TEST_F(ExecutionHostTest, ExecutesNothingWithADamagedLog) {
  policy();
  final_report();
  client.reset();
  Bytes log = os::read_file(folder.path() / "execution.log").value();
  log[20] = static_cast<char>(~log[20]);
  folder.write("execution.log", log);
  const auto opened = open_test_client(folder.path(), clock.now());
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().is(kLogDamaged));
}

TEST_F(ExecutionHostTest, IsOneOnly) { EXPECT_FALSE(open_test_client(folder.path(), clock.now())); }

}  // namespace
}  // namespace muster::client
