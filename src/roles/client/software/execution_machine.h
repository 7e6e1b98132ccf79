// Executes deployments: decides what is downloaded, prepared, started, recorded and reported, and
// when. It does no I/O; platform/execution_host.h carries its actions out.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "roles/client/software/execution_events.h"
#include "roles/client/software/requirements.h"
#include "roles/client/software/retry.h"

namespace muster::client {

struct ExecutionSettings {
  bool privileged = false;  // may run programs as the system
  std::string boot;         // changes with each start of the machine
  model::OffsetAt offset_at = [](Timestamp) { return Duration(0); };  // of this machine's clock
  std::string device;  // its id, by which its random starts are drawn
  // What programs' requirements are measured by, asked for when one has any.
  std::function<Surroundings()> surroundings = [] { return Surroundings(); };
  Duration look_again = std::chrono::minutes(5);  // after requirements that were not met
  std::size_t downloads_at_once = 2;
  RetryRule download{std::chrono::minutes(1), std::chrono::hours(4), 20};
  RetryRule mismatch{std::chrono::minutes(1), std::chrono::hours(1), 3};
  RetryRule cache_room{std::chrono::hours(4), std::chrono::hours(4), 18};
  RetryRule local{std::chrono::minutes(1), std::chrono::hours(1), 10};
  std::uint32_t attempt_limit = 10;  // intents per key whose program was never started
  std::uint32_t repeat_limit = 3;    // of a repeatable program after interruptions

  Duration longest_pause() const {
    return std::max({download.longest, mismatch.longest, cache_room.longest, local.longest});
  }
};

enum class Phase {
  WaitingForStart,
  WaitingForRequest,
  WaitingToDownload,
  Downloading,
  WaitingForDeadline,
  WaitingForWindow,
  WaitingForSplay,
  WaitingForRequirements,
  WaitingForProgram,
  Held,
  WaitingForUser,
  WaitingForTurn,
  WaitingToRetry,
  PolicyExpired,
  Expired,
  Preparing,
  RecordingIntent,
  Starting,
  Running,
  Resolving,
  RecordingResult,
  WaitingToRecord,
  Done
};
std::string_view to_text(Phase phase);

// The error that a failed result reports.
Error result_error(const ExecutionKey& key, const ExecutionResult& result);

class ExecutionMachine {
 public:
  // `records` are those of the execution log; start() must be the first call.
  ExecutionMachine(ExecutionSettings settings, const std::vector<ExecutionRecord>& records);

  // Finds the outcomes of runs that were under way and repeats reports that were not taken.
  std::vector<ExecutionAction> start(Timestamp now);
  // Events about a key that waits for no such event are ignored: they are late answers.
  std::vector<ExecutionAction> on(const ExecutionEvent& event, Timestamp now);

  // When TimePassed would change something; nothing while all wait for other events.
  std::optional<Timestamp> next_time() const;

  struct Overview {
    ExecutionKey key;
    Phase phase;
    std::optional<ExecutionResult> result;
    std::optional<Timestamp> next_attempt;
    // When it is to run by itself, as far as that has come and as far as it will come.
    std::optional<Timestamp> due{};
    std::optional<Timestamp> next_due{};
    Timestamp result_at{};
  };
  std::vector<Overview> overview() const;
  const model::WindowCalendar::State& window() const { return window_; }
  // Whether a maintenance window is open, as far as a policy has said so.
  bool window_open() const { return windows_known_ && window_.open; }

 private:
  struct Item {
    std::optional<Deployment> deployment;  // absent once it left the policy
    Phase phase = Phase::WaitingForStart;
    bool received = false;
    bool requested = false;
    bool content_ready = false;
    bool window_reported = false;
    bool notice_reported = false;
    std::optional<Timestamp> noticed;  // the due time before which users were told
    bool report_taken = false;
    std::array<std::uint32_t, kWaitReasons> failures{};
    std::optional<Timestamp> next;
    std::optional<Error> refusal;         // of check_deployment
    std::optional<Intent> intent;         // of the attempt under way
    std::vector<std::string> stale_runs;  // whose folders go once a record closes them
    std::uint32_t attempts = 0;           // of all runs: each names its folder
    std::uint32_t first_attempt = 1;      // of the run that is wanted or under way
    // When it is to run by itself, as far as that has come and as far as it will come.
    std::vector<model::Occurrences> schedules;
    std::optional<Timestamp> happened;  // the latest of its events
    bool spreads = false;               // its time comes on other machines, too
    std::optional<Timestamp> due;
    std::optional<Timestamp> next_due;
    std::optional<Timestamp> ran_for;  // the time that had come for the newest run
    std::optional<Timestamp> ran_due;  // the same, whatever the clock has said since
    // Places in the log, by which it is known what came before what, whatever the clock said.
    std::uint64_t intent_place = 0;     // of the intent under way
    std::uint64_t ran_place = 0;        // of the newest intent whose program ran
    std::uint64_t result_place = 0;     // of the newest result
    std::uint64_t requested_place = 0;  // of the newest request
    // Programs that run first, and what waits for them (execution_first.cc).
    bool runs_first = false;
    std::string told;                     // what it was last said to wait for
    std::optional<Timestamp> look_again;  // at its requirements, or when its random start comes
    std::optional<ExecutionResult> result;
    Timestamp result_at;
    Timestamp result_stamp;  // of its record: a result reported again is known by it
    std::uint32_t result_write_failures = 0;
  };
  using Items = std::map<ExecutionKey, Item>;

  void replay(const ExecutionRecord& record);
  enum class Ran { No, Perhaps };
  static void close_run(Item& item, Ran ran);

  void handle(const PolicyArrived& event);
  void handle(const UserRequested& event);
  void handle(const NoticeEnded& event);
  void handle(const EventHappened& event);
  void handle(const IdleEnded& event);
  void handle(const DownloadDone& event);
  void handle(const DownloadFailed& event);
  void handle(const Prepared& event);
  void handle(const PrepareFailed& event);
  void handle(const RecordWritten& event);
  void handle(const RecordFailed& event);
  void handle(const SupervisorStarted& event);
  void handle(const NeverStarted& event);
  void handle(const ProgramEnded& event);
  void handle(const OutcomeUnknown& event);
  void handle(const ReportTaken& event);
  void handle(const TimePassed&) {}

  void take(const Deployment& deployment, const std::map<ExecutionKey, Deployment>& before,
            Item& item);
  Item* find(const ExecutionKey& key, Phase phase);
  void advance_all();
  void advance(const ExecutionKey& key, Item& item);
  // False when the item has to wait; its phase then says for what.
  bool may_proceed(const ExecutionKey& key, Item& item);
  void prepare(const ExecutionKey& key, Item& item, Timestamp due);
  bool refused(const ExecutionKey& key, Item& item);
  bool has_content(const ExecutionKey& key, Item& item);
  bool pauses(const Item& item) const { return item.next && now_ < *item.next; }
  // What must be there before it runs (execution_requirements.cc).
  bool meets_requirements(const ExecutionKey& key, Item& item);
  void tell(const ExecutionKey& key, Item& item, DeploymentReport report, std::string what);
  // Programs that run first (execution_first.cc).
  enum class FirstState { Succeeded, Wanted, UnderWay, RestartWanted, Failed };
  static Deployment first_deployment(const FirstProgram& first);
  enum class AfterFailure { Hold, TryAnew };
  FirstState first_state(const FirstProgram& first, const Item& step, std::uint64_t dependent_ran,
                         AfterFailure after) const;
  std::vector<const FirstProgram*> first_missing(const Item& item) const;
  void fetch_first(Item& item);
  bool first_succeeded(const ExecutionKey& key, Item& item);
  void run_first(const ExecutionKey& key, Item& step, const Item& dependent);
  // When it is to run by itself (execution_schedule.cc).
  enum class Stamps { Right, WereAhead };
  Stamps follow_clock(Timestamp now);
  void find_due(Item& item) const;
  std::optional<Timestamp> succeeded_at(const std::string& deployment) const;
  Timestamp spread_start(const Item& item, Timestamp moment) const;
  static bool reruns(const Item& item);
  static bool comes_again(const Item& item);
  static void begin_again(Item& item);
  static void settle(Item& item);
  std::uint32_t tries(const Item& item) const { return item.attempts - item.first_attempt + 1; }
  // `told_before`: how long users are told before it starts.
  bool window_fits(const Deployment& runs, const Deployment& wants,
                   Duration told_before = Duration::zero()) const;
  static bool wants_notice(const Item& item);
  static bool is_idle(Phase phase);
  static void lift(Item& item);
  bool may_lift(const Item& item) const;
  void discard_content(const ExecutionKey& key, Item& item);
  void remove_stale_runs(const ExecutionKey& key, Item& item);
  bool policy_expired() const { return !policy_expires_ || now_ >= *policy_expires_; }
  bool program_under_way() const;
  std::size_t downloads_under_way() const;

  void retry(const ExecutionKey& key, Item& item, WaitReason reason, const Error& error);
  void give_up(const ExecutionKey& key, Item& item, Outcome outcome, const Error& error);
  void try_again_now(const ExecutionKey& key, Item& item, Ran ran);
  void judge(const ExecutionKey& key, Item& item, const ProgramEnded& event);
  void record_result(const ExecutionKey& key, Item& item);
  void finished(const ExecutionKey& key, Item& item);

  void report(DeploymentReport report);
  void report_running(const ExecutionKey& key, const Item& item);
  void report_result(const ExecutionKey& key, const Item& item);
  // Returns the record's place in the log.
  std::uint64_t write(ExecutionRecord record);
  const RetryRule& rule(WaitReason reason) const;

  ExecutionSettings settings_;
  Items items_;
  std::optional<Timestamp> policy_expires_;
  bool expiry_reported_ = false;
  Duration countdown_{0};
  model::WindowCalendar calendar_;
  model::WindowCalendar::State window_;
  bool windows_known_ = false;
  std::optional<Timestamp> idle_since_;
  std::optional<Timestamp> window_opened_;  // as far as this machine saw it happen
  Duration splay_{0};
  std::uint64_t place_ = 0;  // of the newest record
  Timestamp now_;
  std::vector<ExecutionAction> out_;
};

}  // namespace muster::client
