#include "roles/client/notices/pending_restart.h"

#include <gtest/gtest.h>

#include "tests/client/temporary_folder.h"

namespace muster::client {
namespace {

TEST(PendingRestart, ComesBackFromItsBytesAndFromNoOthers) {
  const PendingRestart pending{
      "boot-1", Timestamp{1'790'000'000'000}, {"P01-000001", "P01-000002"}};
  const Bytes bytes = encode_pending_restart(pending);
  EXPECT_EQ(decode_pending_restart(bytes).value(), pending);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_pending_restart(ByteView(bytes).substr(0, size))) << size;
  EXPECT_FALSE(decode_pending_restart(bytes + "x"));
}

TEST(PendingRestart, OutlivesTheClientAndEndsWithTheBoot) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "restart";
  const Timestamp at{1'790'000'000'000};
  {
    auto keeper = RestartKeeper::open(file, "boot-1").value();
    EXPECT_FALSE(keeper.pending());
    ASSERT_TRUE(keeper.ask("P01-000001", at));
    ASSERT_TRUE(keeper.ask("P01-000002", at + std::chrono::hours(1)));
  }
  auto again = RestartKeeper::open(file, "boot-1").value();
  ASSERT_TRUE(again.pending());
  EXPECT_EQ(again.pending()->since, at);
  EXPECT_EQ(again.pending()->causes.size(), 2u);
  EXPECT_FALSE(RestartKeeper::open(file, "boot-2").value().pending());
}

TEST(PendingRestart, IsNotPutOffForYearsByAClockThatWasWrong) {
  const TemporaryFolder folder;
  auto keeper = RestartKeeper::open(folder.path() / "restart", "boot-1").value();
  const Timestamp wrong{4'000'000'000'000}, right{1'790'000'000'000};
  ASSERT_TRUE(keeper.ask("P01-000001", wrong));
  keeper.mend_clock(right);
  EXPECT_EQ(keeper.pending()->since, right);
}

TEST(PendingRestart, OfAFileThatCannotBeReadIsNone) {
  const TemporaryFolder folder;
  folder.write("restart", "rubbish");
  auto keeper = RestartKeeper::open(folder.path() / "restart", "boot-1");
  ASSERT_TRUE(keeper);
  EXPECT_FALSE(keeper->pending());
  EXPECT_TRUE(keeper->ask("P01-000001", Timestamp{1}));
}

}  // namespace
}  // namespace muster::client
