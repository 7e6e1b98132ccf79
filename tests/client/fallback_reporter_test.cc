// What waits for the fallback status point, on disk.
#include "roles/client/status/fallback_reporter.h"

#include <gtest/gtest.h>

#include "base/os/file.h"
#include "base/os/system.h"
#include "model/client_states.h"
#include "tests/client/temporary_folder.h"

namespace muster::client {
namespace {

TEST(FallbackReporter, SetsADamagedQueueAsideAndGoesOn) {
  TemporaryFolder folder;
  const os::SystemClock clock;
  os::SystemRandom random;
  FallbackSettings settings;
  settings.file = folder.path() / "fallback";
  settings.point = "http://127.0.0.1:1";
  settings.host_name = "pc-1";
  settings.repeat = std::chrono::hours(1);
  const auto device = model::DeviceId::from_bytes(Bytes(16, 'd'));
  const auto open = [&] { return FallbackReporter::open(settings, *device, clock, random); };
  ASSERT_TRUE(open());
  const Bytes whole = *os::read_file(settings.file);
  ASSERT_GT(whole.size(), 100u);
  for (std::size_t size = 0; size < whole.size(); size += 29) {
    const Bytes cut = whole.substr(0, size);
    ASSERT_TRUE(os::replace_file(settings.file, cut, os::FileMode::Private));
    const auto reporter = open();
    ASSERT_TRUE(reporter) << size;
    EXPECT_FALSE((*reporter)->next()) << size;
    EXPECT_EQ(*os::read_file(settings.file.string() + ".damaged"), cut);
    (*reporter)->report(model::kTopicCommunication, model::kStateReachesNobody, 1200);
    EXPECT_TRUE((*(*open())).next()) << size;
  }
}

}  // namespace
}  // namespace muster::client
