#include "model/deployment.h"

#include "base/errors.h"
#include "model/object_errors.h"

namespace muster::model {
namespace {

StartTime resolved(const StartTime& time, Timestamp now) {
  return std::holds_alternative<Now>(time) ? StartTime(now) : time;
}

}  // namespace

std::string_view to_text(Purpose purpose) {
  return purpose == Purpose::Required ? "required" : "available";
}

std::optional<Purpose> parse_purpose(std::string_view text) {
  for (const Purpose each : {Purpose::Required, Purpose::Available})
    if (text == to_text(each)) return each;
  return std::nullopt;
}

std::string_view to_text(Rerun rerun) {
  switch (rerun) {
    case Rerun::Never:
      return "never";
    case Rerun::Always:
      return "always";
    case Rerun::IfFailed:
      return "if-failed";
    case Rerun::IfSucceeded:
      break;
  }
  return "if-succeeded";
}

std::optional<Rerun> parse_rerun(std::string_view text) {
  for (const Rerun each : {Rerun::Never, Rerun::Always, Rerun::IfFailed, Rerun::IfSucceeded})
    if (text == to_text(each)) return each;
  return std::nullopt;
}

bool reruns(Rerun rerun, bool failed) {
  switch (rerun) {
    case Rerun::Never:
      return false;
    case Rerun::Always:
      return true;
    case Rerun::IfFailed:
      return failed;
    case Rerun::IfSucceeded:
      break;
  }
  return !failed;
}

std::string_view to_text(DeploymentEvent event) {
  return event == DeploymentEvent::Logon ? "logon" : "idle";
}

std::optional<DeploymentEvent> parse_deployment_event(std::string_view text) {
  for (const DeploymentEvent each : {DeploymentEvent::Logon, DeploymentEvent::Idle})
    if (text == to_text(each)) return each;
  return std::nullopt;
}

std::string to_text(const StartTime& time) {
  const auto* moment = std::get_if<Timestamp>(&time);
  return moment == nullptr ? "now" : muster::to_text(*moment);
}

Result<StartTime> parse_start_time(std::string_view text) {
  if (text == "now") return StartTime(Now{});
  return StartTime(TRY(parse_timestamp(text)));
}

Result<void> check_times(const Deployment& deployment) {
  const auto* start = std::get_if<Timestamp>(&deployment.start);
  const auto* deadline =
      deployment.deadline ? std::get_if<Timestamp>(&*deployment.deadline) : nullptr;
  if (start != nullptr && deadline != nullptr && *deadline < *start)
    return fail(kBadDeployment, "the deadline {} lies before the start {}",
                muster::to_text(*deadline), muster::to_text(*start));
  for (const auto& [moment, what] : {std::pair(start, "start"), std::pair(deadline, "deadline")})
    if (moment != nullptr && deployment.expires && *deployment.expires <= *moment)
      return fail(kBadDeployment, "the end {} does not lie behind the {} {}",
                  muster::to_text(*deployment.expires), what, muster::to_text(*moment));
  if (deployment.purpose == Purpose::Available && deployment.is_timed())
    return fail(kBadDeployment,
                "an available deployment has no deadline, schedules or events: its user decides");
  return {};
}

Result<Deployment> resolved_deployment(Deployment deployment, Timestamp now) {
  deployment.start = resolved(deployment.start, now);
  if (deployment.deadline) {
    deployment.deadline = resolved(*deployment.deadline, now);
  } else if (deployment.purpose == Purpose::Required && !deployment.is_timed()) {
    deployment.deadline = deployment.start;
  }
  TRY(check_times(deployment));
  return deployment;
}

}  // namespace muster::model
