#include "net/worker_pool.h"

#include <gtest/gtest.h>

#include <string>

#include "base/os/system.h"
#include "tests/net/test_server.h"

namespace muster::net::test {
namespace {

using std::chrono::milliseconds;

TEST(WorkerPool, RunsWhatMattersMoreBeforeWhatCameEarlier) {
  WorkerPool pool(1, 100, system_clock());
  Gate gate;
  ASSERT_TRUE(pool.post([&] { gate.pass(); }));
  gate.wait_for(1);
  std::string order;  // of the one thread alone
  for (const std::size_t rank : {3u, 1u, 2u, 0u, 1u, 3u})
    ASSERT_TRUE(pool.post([&order, rank] { order += static_cast<char>('0' + rank); }, rank));
  gate.open();
  pool.stop();
  EXPECT_EQ(order, "011233");
}

TEST(WorkerPool, KeepsAThreadForEachEarlierRank) {
  WorkerPool pool(4, 100, system_clock());
  Gate gate;
  std::atomic<int> content{0};
  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(pool.post(
        [&] {
          ++content;
          gate.pass();
        },
        3));
  gate.wait_for(1);
  // Content holds one of four; each earlier rank finds one more.
  for (const std::size_t rank : {2u, 1u, 0u}) {
    ASSERT_TRUE(pool.post([&] { gate.pass(); }, rank));
    gate.wait_for(static_cast<int>(4 - rank));
  }
  EXPECT_EQ(content, 1);
  EXPECT_EQ(pool.load().waiting[3], 9u);
  gate.open();
  pool.stop();
  EXPECT_EQ(content, 10);
}

TEST(WorkerPool, LaterRanksFillTheirPartOfTheQueueAlone) {
  WorkerPool pool(1, 8, system_clock());
  Gate gate;
  ASSERT_TRUE(pool.post([&] { gate.pass(); }));
  gate.wait_for(1);
  const auto fill = [&](std::size_t rank) {
    int taken = 0;
    while (pool.post([] {}, rank)) ++taken;
    return taken;
  };
  EXPECT_EQ(fill(3), 2);
  EXPECT_EQ(fill(2), 2);
  EXPECT_EQ(fill(1), 2);
  EXPECT_EQ(fill(0), 2);
  gate.open();
  pool.stop();
}

TEST(WorkerPool, TellsHowLongTheOldestOfEachRankWaits) {
  ManualClock clock(Timestamp{1'790'000'000'000});
  WorkerPool pool(1, 8, clock);
  Gate gate;
  ASSERT_TRUE(pool.post([&] { gate.pass(); }));
  gate.wait_for(1);
  ASSERT_TRUE(pool.post([] {}, 2));
  clock.advance(milliseconds(700));
  ASSERT_TRUE(pool.post([] {}, 2));
  ASSERT_TRUE(pool.post([] {}, 1));
  clock.advance(milliseconds(300));
  const auto load = pool.load();
  EXPECT_EQ(load.oldest_wait[2], milliseconds(1000));
  EXPECT_EQ(load.oldest_wait[1], milliseconds(300));
  EXPECT_EQ(load.oldest_wait[0], milliseconds(0));
  EXPECT_EQ(load.waiting[2], 2u);
  gate.open();
  pool.stop();
}

TEST(WorkerPool, RunsWhatItTookWhenItStops) {
  std::atomic<int> ran{0};
  for (const unsigned threads : {1u, 2u, 8u}) {
    WorkerPool pool(threads, 1000, system_clock());
    for (std::size_t i = 0; i < 100; ++i) ASSERT_TRUE(pool.post([&] { ++ran; }, i % 4));
    pool.stop();
    EXPECT_FALSE(pool.post([&] { ++ran; }));
  }
  EXPECT_EQ(ran, 300);
}

}  // namespace
}  // namespace muster::net::test
