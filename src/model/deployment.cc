#include "model/deployment.h"

#include "base/errors.h"
#include "model/object_errors.h"

namespace muster::model {
namespace {

StartTime resolved(const StartTime& time, Timestamp now) {
  return std::holds_alternative<Now>(time) ? StartTime(now) : time;
}

}  // namespace

std::string_view to_text(Purpose) { return "required"; }

std::optional<Purpose> parse_purpose(std::string_view text) {
  if (text == "required") return Purpose::Required;
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
  if (!deployment.deadline) return {};
  const auto* start = std::get_if<Timestamp>(&deployment.start);
  const auto* deadline = std::get_if<Timestamp>(&*deployment.deadline);
  if (start != nullptr && deadline != nullptr && *deadline < *start)
    return fail(kBadDeployment, "the deadline {} lies before the start {}",
                muster::to_text(*deadline), muster::to_text(*start));
  return {};
}

Result<Deployment> resolved_deployment(Deployment deployment, Timestamp now) {
  deployment.start = resolved(deployment.start, now);
  deployment.deadline =
      deployment.deadline ? resolved(*deployment.deadline, now) : deployment.start;
  TRY(check_times(deployment));
  return deployment;
}

}  // namespace muster::model
