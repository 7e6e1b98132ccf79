// Names and sentences of the execution machine, for lists and reports.
#include "roles/client/software/errors.h"
#include "roles/client/software/execution_machine.h"

namespace muster::client {

std::string_view to_text(Phase phase) {
  switch (phase) {
    case Phase::WaitingForStart:
      return "waiting for the start time";
    case Phase::WaitingForRequest:
      return "waiting for a request";
    case Phase::WaitingToDownload:
      return "waiting to download";
    case Phase::Downloading:
      return "downloading";
    case Phase::WaitingForDeadline:
      return "waiting for its time";
    case Phase::WaitingForWindow:
      return "waiting for a maintenance window";
    case Phase::WaitingForSplay:
      return "waiting for its random start";
    case Phase::WaitingForRequirements:
      return "requirements not met";
    case Phase::WaitingForProgram:
      return "waiting for a program that runs first";
    case Phase::Held:
      return "held: a program that runs first failed";
    case Phase::WaitingForUser:
      return "waiting for its users";
    case Phase::WaitingForTurn:
      return "waiting for another program";
    case Phase::WaitingToRetry:
      return "waiting to retry";
    case Phase::PolicyExpired:
      return "waiting for a new policy";
    case Phase::Expired:
      return "past its end";
    case Phase::Preparing:
    case Phase::RecordingIntent:
    case Phase::Starting:
      return "starting";
    case Phase::Running:
      return "running";
    case Phase::Resolving:
      return "finding out how it ended";
    case Phase::RecordingResult:
    case Phase::WaitingToRecord:
      return "recording the result";
    case Phase::Done:
      return "done";
  }
  return "";
}

std::string_view to_text(DeploymentStatus status) {
  switch (status) {
    case DeploymentStatus::Received:
      return "received";
    case DeploymentStatus::Waiting:
      return "waiting";
    case DeploymentStatus::RequirementsUnmet:
      return "requirements-unmet";
    case DeploymentStatus::WaitingForProgram:
      return "waiting-for-program";
    case DeploymentStatus::Held:
      return "held";
    case DeploymentStatus::Downloading:
      return "downloading";
    case DeploymentStatus::Retrying:
      return "retrying";
    case DeploymentStatus::Running:
      return "running";
    case DeploymentStatus::Succeeded:
      return "succeeded";
    case DeploymentStatus::PendingRestart:
      return "pending-restart";
    case DeploymentStatus::Failed:
      return "failed";
    case DeploymentStatus::NeedsRoot:
      return "needs-root";
  }
  return "";
}

Error result_error(const ExecutionKey& key, const ExecutionResult& result) {
  std::string what = to_text(key);
  switch (result.ending) {
    case Ending::Exited:
      what += fmt::format(": exit code {}", result.code);
      break;
    case Ending::Signalled:
      what += fmt::format(": ended by signal {}", result.code);
      break;
    case Ending::TimedOut:
      what += ": stopped after its longest running time";
      break;
    case Ending::Interrupted:
      what += ": unknown: interrupted";
      break;
    case Ending::NeverRan:
      break;
  }
  if (!result.detail.empty()) what += ": " + result.detail;
  return Error(software_error(result.error), std::move(what));
}

}  // namespace muster::client
