#include "roles/client/software/deployment.h"

#include <gtest/gtest.h>

#include <functional>

#include "roles/client/software/errors.h"
#include "tests/client/machine_driver.h"

namespace muster::client {
namespace {

TEST(Deployments, ThatAreWellFormedPass) {
  EXPECT_TRUE(check_deployment(MachineDriver::deployment()));
}

TEST(Deployments, ThatNoSignerShouldHaveSignedAreRefused) {
  const std::string hash(64, 'a');
  const std::function<void(Deployment&)> changes[] = {
      [](Deployment& d) { d.key.deployment.clear(); },
      [](Deployment& d) { d.key.package = std::string(257, 'x'); },
      [](Deployment& d) { d.key.version = std::string("1\0", 2); },
      [](Deployment& d) { d.program.argv.clear(); },
      [](Deployment& d) { d.program.argv = {""}; },
      [](Deployment& d) { d.program.argv.push_back(std::string("a\0b", 3)); },
      [](Deployment& d) { d.program.argv.resize(257); },
      [](Deployment& d) { d.program.argv.push_back(std::string(40'000, 'x')); },
      [](Deployment& d) { d.program.max_runtime = Duration(0); },
      [](Deployment& d) { d.program.max_runtime = Duration(-1); },
      [](Deployment& d) { d.program.success_codes.resize(257); },
      [](Deployment& d) { d.files[0].path = "../install.sh"; },
      [](Deployment& d) { d.files[0].sha256 = std::string(64, 'A'); },
      [](Deployment& d) { d.files[0].sha256.clear(); },
      [](Deployment& d) { d.files[0].mode = 04755; },
      [](Deployment& d) { d.files.push_back(d.files[0]); },
      [&](Deployment& d) {
        d.files.push_back({"install.sh/x", 0644, 1, hash});
      },
      [](Deployment& d) { d.files[0].size_bytes = UINT64_MAX; },
  };
  for (std::size_t i = 0; i < std::size(changes); ++i) {
    Deployment deployment = MachineDriver::deployment();
    changes[i](deployment);
    const auto checked = check_deployment(deployment);
    ASSERT_FALSE(checked) << i;
    EXPECT_TRUE(checked.error().is(kBadDeployment)) << i;
  }
}

TEST(Deployments, PathsAreRelativeAndPlain) {
  for (const char* good : {"a", "a/b", "a.b/..c", "...", "with space"})
    EXPECT_TRUE(is_plain_path(good)) << good;
  for (const char* bad :
       {"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "./a", "a\\b", "c:a"})
    EXPECT_FALSE(is_plain_path(bad)) << bad;
  EXPECT_FALSE(is_plain_path(std::string(256, 'a')));
  EXPECT_FALSE(is_plain_path(std::string_view("a\0b", 3)));
}

TEST(Deployments, GiveEachAttemptAFolderNameOfItsOwn) {
  const ExecutionKey key{"a", "b", "c"};
  EXPECT_EQ(run_name(key, 1).size(), 32u);
  EXPECT_NE(run_name(key, 1), run_name(key, 2));
  EXPECT_NE(run_name({"ab", "c", "d"}, 1), run_name({"a", "bc", "d"}, 1));
}

}  // namespace
}  // namespace muster::client
