// What goes into the execution machine and what comes out of it.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "model/maintenance_window.h"
#include "roles/client/software/deployment.h"
#include "roles/client/software/execution_record.h"

namespace muster::client {

enum class DownloadFailure { Transient, Mismatch, CacheRoom };
enum class PrepareFailure { ContentChanged, ContentMissing, Local };

// The verified deployments of the policy in force: all of them, each time.
struct PolicyArrived {
  std::vector<Deployment> deployments;
  Timestamp expires;  // of the signed policy header
  // Of all collections that this machine is in; without any, programs may start at any time.
  std::vector<model::MaintenanceWindow> windows{};
  // A part of the policy that could not be read may have had windows: until it is there, nothing
  // starts that heeds them.
  bool windows_known = true;
  // Over which this machine and others spread what starts on all of them.
  Duration splay{0};
  // How long users are told before a program with notice starts.
  Duration countdown{0};
};
// A person asks for a deployment now, or for another try of one whose program never ran.
struct UserRequested {
  std::string deployment;
};
// The users of this machine were told in time, or nobody is logged on.
struct NoticeEnded {
  ExecutionKey key;
};
// Something happened here for which deployments may wait.
struct EventHappened {
  model::DeploymentEvent event = model::DeploymentEvent::Logon;
  std::optional<Timestamp> at{};  // now, where it does not say
};
// Until now this machine has been idle since the event.
struct IdleEnded {};
struct DownloadDone {
  ExecutionKey key;
};
struct DownloadFailed {
  ExecutionKey key;
  DownloadFailure failure = DownloadFailure::Transient;
  Error error;
};
// The run's folder holds every file, each verified while it was copied.
struct Prepared {
  ExecutionKey key;
};
struct PrepareFailed {
  ExecutionKey key;
  PrepareFailure failure = PrepareFailure::Local;
  Error error;
};
struct RecordWritten {
  ExecutionKey key;
  RecordKind kind = RecordKind::Intent;
};
struct RecordFailed {
  ExecutionKey key;
  RecordKind kind = RecordKind::Intent;
  Error error;
};
// The supervisor is alive and holds the run's lock.
struct SupervisorStarted {
  ExecutionKey key;
};
// Proven: this run's program was not started and never will be.
struct NeverStarted {
  ExecutionKey key;
  Error error;
};
struct ProgramEnded {
  ExecutionKey key;
  Ending ending = Ending::Exited;
  std::int64_t code = 0;
  std::string detail;  // why it could not run, or the end of its output
};
// The run's program was started, and nobody lives who knows how it ended.
struct OutcomeUnknown {
  ExecutionKey key;
};
// The final report is durably in the queue of messages.
struct ReportTaken {
  ExecutionKey key;
};
struct TimePassed {};

using ExecutionEvent =
    std::variant<PolicyArrived, UserRequested, NoticeEnded, EventHappened, IdleEnded, DownloadDone,
                 DownloadFailed, Prepared, PrepareFailed, RecordWritten, RecordFailed,
                 SupervisorStarted, NeverStarted, ProgramEnded, OutcomeUnknown, ReportTaken,
                 TimePassed>;

// Answered by DownloadDone or DownloadFailed. Files that the cache already holds cost nothing.
struct Download {
  Deployment deployment;
};
// These files of the cache are not what was signed.
struct DiscardContent {
  ExecutionKey key;
  std::vector<ContentFile> files;
};
// Answered by Prepared or PrepareFailed.
struct Prepare {
  Deployment deployment;
  std::string run;
};
// Answered by RecordWritten once the record is durable, or by RecordFailed.
struct WriteRecord {
  ExecutionRecord record;
};
// Answered by SupervisorStarted, or by NeverStarted; later by ProgramEnded or OutcomeUnknown.
struct StartProgram {
  Deployment deployment;
  std::string run;
};
// After a restart of the client. Answered by SupervisorStarted (it still runs), ProgramEnded,
// NeverStarted or OutcomeUnknown.
struct FindOutcome {
  ExecutionKey key;
  std::string run;
};
struct RemoveRun {
  ExecutionKey key;
  std::string run;
};

enum class DeploymentStatus {
  Received,
  Waiting,  // for a maintenance window
  RequirementsUnmet,
  WaitingForProgram,  // that runs first, or for the restart that it wants
  Held,               // by a program that should have run first and failed
  Downloading,
  Retrying,
  Running,
  Succeeded,
  PendingRestart,
  Failed,
  NeedsRoot
};
std::string_view to_text(DeploymentStatus status);

struct DeploymentReport {
  DeploymentReport(ExecutionKey about, DeploymentStatus now) : key(std::move(about)), status(now) {}

  ExecutionKey key;
  DeploymentStatus status;
  std::optional<unsigned> status_id;  // of a status message
  std::optional<unsigned> state;      // of a state message of model::kTopicEnforcement
  std::optional<Error> error;
  std::string detail{};  // where there is no error
  std::optional<std::int64_t> exit_code;
  std::optional<Timestamp> next_attempt;
  Timestamp at;
  // What it is about, the same when a restart makes the report again: the run, the result's time.
  std::string occasion;
  bool final = false;  // wants ReportTaken
};
struct Report {
  DeploymentReport report;
};
// Once per policy that runs out.
struct ReportPolicyExpired {
  Error error;
  Timestamp at;
};
struct RefuseRequest {
  std::string deployment;
  Error error;
};

using ExecutionAction =
    std::variant<Download, DiscardContent, Prepare, WriteRecord, StartProgram, FindOutcome,
                 RemoveRun, Report, ReportPolicyExpired, RefuseRequest>;

}  // namespace muster::client
