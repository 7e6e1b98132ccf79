// The execution log's records and their bytes: what must survive a power cut so that no program
// runs twice and no result is lost. Format: docs/client.md, "Execution log".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "roles/client/software/deployment.h"

namespace muster::client {

enum class RecordKind : std::uint8_t {
  Received = 1,   // the deployment was reported as received
  Requested = 2,  // a person asked for it
  Waiting = 3,    // an attempt failed, the next one is due later
  Intent = 4,     // the program is about to start
  Result = 5,     // how it ended; the newest counts
  Reported = 6,   // the result is in the queue of messages
  Happened = 7,   // an event that it runs at
  ClockSet = 8,   // back, behind times of earlier records; of no deployment
};

enum class WaitReason : std::uint8_t { Download = 0, Mismatch = 1, CacheRoom = 2, Local = 3 };
inline constexpr std::size_t kWaitReasons = 4;

// Succeeded, waiting for a restart, failed, and failed only because this client is unprivileged.
enum class Outcome : std::uint8_t { Succeeded = 1, PendingRestart = 2, Failed = 3, NeedsRoot = 4 };

// How a program ended; NeverRan: the attempt ended before any program was started.
enum class Ending : std::uint8_t {
  Exited = 1,
  Signalled = 2,
  TimedOut = 3,
  Interrupted = 4,
  NeverRan = 5
};

struct Waiting {
  WaitReason reason = WaitReason::Local;
  std::uint32_t count = 0;
  Timestamp next;
  bool ran = false;  // the run that it closes may have run
  friend bool operator==(const Waiting&, const Waiting&) = default;
};

// Carries what judging the result needs, since the policy may be gone by then.
struct Intent {
  std::string run;
  std::uint32_t attempt = 1;
  bool repeatable = false;
  std::vector<std::int64_t> success_codes;
  std::vector<std::int64_t> reboot_codes;
  // The time that had come for the program, and the first attempt for it: attempts go on counting
  // when a program runs again, because each names its run.
  Timestamp due;
  std::uint32_t first_attempt = 1;
  friend bool operator==(const Intent&, const Intent&) = default;
};

struct ExecutionResult {
  Outcome outcome = Outcome::Failed;
  Ending ending = Ending::NeverRan;
  std::int64_t code = 0;  // exit code, or the signal's number
  std::uint16_t error = 0;
  std::string detail;
  std::string boot;  // the boot in which it ended
  friend bool operator==(const ExecutionResult&, const ExecutionResult&) = default;
};

struct ExecutionRecord {
  RecordKind kind = RecordKind::Received;
  ExecutionKey key;
  Timestamp at;
  std::optional<Waiting> waiting;
  std::optional<Intent> intent;
  std::optional<ExecutionResult> result;
  friend bool operator==(const ExecutionRecord&, const ExecutionRecord&) = default;
};

inline constexpr std::size_t kLongestRecord = 64u << 10;
inline constexpr std::size_t kLongestDetail = 1024;
inline constexpr std::size_t kLargestLog = 64u << 20;

// Whether the program of the intent before it ran, as far as this record says.
bool shows_run(const ExecutionRecord& record);

Bytes encode_record(const ExecutionRecord& record);

struct LogReplay {
  std::vector<ExecutionRecord> records;
  std::size_t good_bytes = 0;  // the file is cut to this length before the next append
};

// Every record of the log. A torn last record, or zeros after the last one, are left out: its
// append was never acknowledged. Damage with a record behind it is kLogDamaged, because skipping
// it might run a program twice.
Result<LogReplay> replay_log(ByteView log);

// The fewest records with the same meaning, in an order that replays alike.
std::vector<ExecutionRecord> compact_records(const std::vector<ExecutionRecord>& records);

std::uint32_t crc32(ByteView bytes);

}  // namespace muster::client
