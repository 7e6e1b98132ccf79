#include "base/os/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <ctime>

#include "base/os/fd.h"

namespace muster::os {
namespace {

TEST(ProcessUse, IsWhatTheSystemSaysOfThisProcess) {
  const ProcessUse before = process_use();
  EXPECT_GT(before.resident_bytes, 1u << 20);
  EXPECT_LT(before.resident_bytes, 4ull << 30);
  EXPECT_GE(before.open_files, 3u);
  EXPECT_GE(before.open_files_limit, before.open_files);
  EXPECT_LE(before.started_s, std::time(nullptr) + 2);
  EXPECT_GE(before.started_s, std::time(nullptr) - 3600);
  const Fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const std::clock_t start = std::clock();
  while (std::clock() - start < CLOCKS_PER_SEC / 50) {
  }
  const ProcessUse after = process_use();
  EXPECT_EQ(after.open_files, before.open_files + 1);
  EXPECT_GE(after.cpu_us, before.cpu_us + 19'000);
}

}  // namespace
}  // namespace muster::os
