// The client's test program is also the programs that its tests start: a run's supervisor, and a
// client that is killed.
#include <gmock/gmock.h>

#include <string_view>

#include "base/os/system.h"
#include "roles/client/platform/supervisor.h"
#include "tests/client/killed_client.h"

int main(int argc, char** argv) {
  const std::string_view mode = argc > 2 ? argv[1] : "";
  if (mode == "--supervise") return muster::client::supervise(argv[2], muster::os::SystemClock());
  if (mode == "--killed-client") return muster::client::killed_client(argv[2]);
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
