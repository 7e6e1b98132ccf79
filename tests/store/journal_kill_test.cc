// A process that appends is killed at any moment; every record that it was told is safe must be
// there afterwards.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <set>
#include <thread>

#include "base/os/fd.h"
#include "store/journal.h"
#include "tests/store/store_test.h"

namespace muster::store {
namespace {

constexpr JournalOptions kOptions{16 * 1024, 2000, 4096, 64u << 20};

// Runs in the child: appends from several threads and reports each acknowledged record's number
// through the pipe, until it is killed.
[[noreturn]] void append_until_killed(const std::filesystem::path& folder, int report,
                                      std::uint32_t first) {
  auto journal = Journal::open(folder, kOptions);
  if (!journal) ::_exit(2);
  const auto work = [&](std::uint32_t thread) {
    for (std::uint32_t i = 0;; ++i) {
      const std::uint32_t number = first + i * 4 + thread;
      Bytes payload(reinterpret_cast<const char*>(&number), sizeof number);
      payload.resize(sizeof number + number * 37 % 1900, static_cast<char>(number));
      if (!(*journal)->append(payload)) ::_exit(3);
      if (::write(report, &number, sizeof number) != sizeof number) ::_exit(4);
    }
  };
  std::vector<std::thread> threads;
  for (std::uint32_t t = 1; t < 4; ++t) threads.emplace_back(work, t);
  work(0);
  ::_exit(5);
}

std::uint32_t number_of(const Bytes& payload) {
  std::uint32_t number = 0;
  payload.copy(reinterpret_cast<char*>(&number), sizeof number);
  Bytes wanted(reinterpret_cast<const char*>(&number), sizeof number);
  wanted.resize(sizeof number + number * 37 % 1900, static_cast<char>(number));
  EXPECT_EQ(payload, wanted);
  return number;
}

TEST(Journal, KeepsEveryAcknowledgedRecordAfterKill) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "inbox";
  SeededRandom random(11);
  std::set<std::uint32_t> acknowledged;
  for (std::uint32_t round = 0; round < 25; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) append_until_killed(path, ends[1], round * 1'000'000);
    ::close(ends[1]);
    const os::Fd reports(ends[0]);
    // The moment of the kill is a number of acknowledgements, so it does not depend on speed.
    const std::uint64_t wanted = random.below(60);
    std::uint32_t number = 0;
    for (std::uint64_t seen = 0; seen < wanted; ++seen) {
      ASSERT_EQ(::read(reports.get(), &number, sizeof number), ssize_t{sizeof number});
      acknowledged.insert(number);
    }
    ::kill(child, SIGKILL);
    while (::read(reports.get(), &number, sizeof number) == ssize_t{sizeof number})
      acknowledged.insert(number);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);

    const auto journal = must(Journal::open(path, kOptions));
    std::set<std::uint32_t> found;
    for (JournalPosition at = journal->begin(); at < journal->end();)
      for (const JournalRecord& record : must(journal->read(at, 100'000))) {
        EXPECT_TRUE(found.insert(number_of(record.payload)).second);
        at = record.next;
      }
    for (const std::uint32_t one : acknowledged) ASSERT_EQ(found.count(one), 1u) << one;
  }
  EXPECT_GT(acknowledged.size(), 400u);
}

}  // namespace
}  // namespace muster::store
