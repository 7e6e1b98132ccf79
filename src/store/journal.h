// An append-only journal on disk: the inbox and the outbox. Many threads append, one fsync
// acknowledges all that came meanwhile, and readers follow from a position of their own.
// The form on disk is docs/formats/journal.md.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/os/fd.h"
#include "base/time.h"
#include "store/errors.h"
#include "store/journal_format.h"

namespace muster::store {

struct JournalOptions {
  std::size_t segment_bytes = 64u << 20;   // a file of the journal; room for it is reserved
  std::size_t record_bytes = 8u << 20;     // the longest payload
  std::size_t group_bytes = 8u << 20;      // the most that waits for one fsync, at least one record
  std::uint64_t limit_bytes = 4ull << 30;  // the whole journal; beyond it kJournalFull
};

struct JournalRecord {
  JournalPosition position;
  JournalPosition next;  // the position behind it: what a reader stores when it is done
  Bytes payload;
};

// What a journal needs of the operating system beside plain files, so that tests can let it fail.
struct JournalDisk {
  std::function<int(int fd)> sync;
  std::function<int(int fd, std::uint64_t offset, std::uint64_t size)> reserve;
  std::function<std::uint64_t()> salt;  // random
  static JournalDisk real();
};

class Journal {
 public:
  // Opens or creates the journal in `folder` (0700) and holds its lock. A tail that was being
  // written when the machine stopped is cut off: nothing in it was acknowledged. Errors:
  // kJournalUnavailable, kJournalCorrupt naming file and offset.
  static Result<std::unique_ptr<Journal>> open(const std::filesystem::path& folder,
                                               const JournalOptions& options = {},
                                               JournalDisk disk = JournalDisk::real());
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Returns when the record is durable. Errors: kRecordTooLarge, kJournalFull (later ones may
  // succeed), kJournalFailed (the disk failed: all further calls fail until it is opened anew).
  Result<JournalPosition> append(ByteView payload);

  // append() in two steps, for several records at once: queue all, then wait for each (only the
  // first wait takes time). Whoever waits does the writing, so queueing alone writes nothing.
  class Ticket;
  Result<Ticket> queue(ByteView payload);
  Result<JournalPosition> wait(const Ticket& ticket);

  // Durable records from `from` on, at least one where there is one, until `most_bytes` of
  // payload. Errors: kBadPosition, kJournalCorrupt.
  Result<std::vector<JournalRecord>> read(JournalPosition from, std::size_t most_bytes) const;
  // Waits until there is a durable record at or behind `from`; false after `timeout` or when
  // wake_readers() was called since.
  bool wait_for(JournalPosition from, Duration timeout) const;
  // Ends all present waits, so that reading threads can stop.
  void wake_readers();

  // Deletes whole segments that lie before `position`.
  Result<void> trim(JournalPosition position);

  // The oldest position that can be read, and the position behind the last durable record.
  JournalPosition begin() const;
  JournalPosition end() const;
  // How many bytes of an unfinished tail were cut off by open().
  std::uint64_t repaired_bytes() const { return repaired_bytes_; }

 private:
  // Records that are written and acknowledged together.
  struct Group {
    JournalPosition start;
    std::vector<std::pair<JournalPosition, Bytes>> records;
    std::uint64_t size = 0;
    bool decided = false;
    std::optional<Error> error;
  };
  struct Segment {
    SegmentHeader header;
    JournalPosition end;  // behind its last durable record
  };

  Journal(std::filesystem::path folder, JournalOptions options, JournalDisk disk);
  Result<void> load();
  Result<void> check_sealed(const Segment& segment) const;
  Result<void> load_last(Segment& segment);
  std::filesystem::path segment_path(JournalPosition base) const;

  Result<Segment> create_segment(JournalPosition base);
  Result<void> write_group(Segment& segment, bool& rolled, const Group& group);
  Result<void> write_records(const Segment& segment, const Group& group);
  void lead(std::unique_lock<std::mutex>& lock);
  void refuse_all(const Error& error);

  Result<void> read_segment(const Segment& segment, JournalPosition from, std::size_t most_bytes,
                            std::vector<JournalRecord>& out) const;

  const std::filesystem::path folder_;
  const JournalOptions options_;
  const JournalDisk disk_;
  os::Fd lock_file_;
  std::uint64_t repaired_bytes_ = 0;

  mutable std::mutex mutex_;
  mutable std::condition_variable written_;   // appenders: a group has been decided
  mutable std::condition_variable readable_;  // readers: the durable end has moved
  std::vector<Segment> segments_;             // by base; the last one is being written
  os::Fd active_;                             // of the last one; used by the leader alone
  bool leading_ = false;                      // somebody is writing, without holding the mutex
  std::deque<std::shared_ptr<Group>> groups_;
  JournalPosition queued_end_ = 0;
  std::optional<Error> failure_;
  std::uint64_t wakes_ = 0;
};

class Journal::Ticket {
 private:
  friend class Journal;
  std::shared_ptr<Group> group_;
  JournalPosition position_ = 0;
};

}  // namespace muster::store
