// The agent's socket under callers who ask without end, and who lose their right to ask.
#include "roles/client/platform/control_port.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/os/system.h"
#include "roles/client/notices/errors.h"
#include "tests/client/temporary_folder.h"

namespace muster::client {
namespace {

constexpr Duration kLong = std::chrono::seconds(30);

struct ControlPortTest : testing::Test {
  TemporaryFolder folder;
  os::SystemClock clock;
  std::atomic<bool> admits{true};
  std::unique_ptr<ControlPort> port;

  ControlPortSettings settings() {
    return {.path = folder.path() / "socket", .admit = [this](auto) { return admits.load(); }};
  }
  void open(ControlPortSettings wanted) {
    port = ControlPort::open(std::move(wanted), clock).value();
  }
  Result<contract::ControlAnswer> ask() {
    return ask_agent(folder.path() / "socket", {.verb = "notices", .argument = {}}, kLong, clock);
  }
  void wait_for_call() {
    while (!port->waiting()) std::this_thread::yield();
  }
};

// As many callers as there are connections, each with its next call ready when one is answered.
TEST_F(ControlPortTest, AnswersWhatWaitedWhenItBeganAndNoMore) {
  open(settings());
  std::atomic<bool> over{false};
  std::vector<std::thread> callers;
  for (int i = 0; i < 15; ++i)
    callers.emplace_back([&] {
      while (!over) static_cast<void>(ask());
    });
  wait_for_call();
  int answered = 0;
  port->serve([&](const auto&, auto) {
    // Who was answered asks again while the next one is answered.
    if (answered > 0 && answered < 100) wait_for_call();
    ++answered;
    return contract::ControlAnswer{};
  });
  EXPECT_LE(answered, 15);
  over = true;
  std::atomic<bool> joined{false};
  std::thread last([&] {
    while (!joined) port->serve([](const auto&, auto) { return contract::ControlAnswer{}; });
  });
  for (std::thread& caller : callers) caller.join();
  joined = true;
  last.join();
}

TEST_F(ControlPortTest, MakesAUserWaitBetweenCalls) {
  ControlPortSettings slow = settings();
  slow.pause = std::chrono::milliseconds(200);
  open(std::move(slow));
  std::atomic<int> asked{0};
  std::thread caller([&] {
    for (; asked < 4; ++asked) static_cast<void>(ask());
  });
  const Duration before = clock.steady();
  while (asked < 4)
    port->serve([](const auto&, std::uint32_t user) {
      EXPECT_EQ(user, ::getuid());
      return contract::ControlAnswer{};
    });
  caller.join();
  EXPECT_GE(clock.steady() - before, 3 * std::chrono::milliseconds(200));
}

// Admitted when it connected: the right ends with the session, not with the connection.
TEST_F(ControlPortTest, AsksAtEachCallWhetherTheUserMayAsk) {
  int admitted = 0;
  ControlPortSettings once = settings();
  once.admit = [&admitted](auto) { return ++admitted == 1; };
  open(std::move(once));
  const auto answer = ask();
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_NE(answer->error.find(fmt::format("M{}", kNoLongerServed.number)), std::string::npos)
      << answer->error;
  EXPECT_FALSE(port->waiting());
}

}  // namespace
}  // namespace muster::client
