#include "roles/provider/explain.h"

#include <algorithm>

#include "model/spread.h"
#include "model/status_ids.h"

namespace muster::provider {
namespace {

using contract::ExplainStep;
using contract::StatusReport;
using contract::StepState;

// One poll may be lost on its way, and the next be late.
constexpr int kSilentPolls = 3;

const StatusReport* last_with(const std::vector<StatusReport>& reports,
                              const std::function<bool(const StatusReport&)>& wanted) {
  const auto found = std::find_if(reports.rbegin(), reports.rend(), wanted);
  return found == reports.rend() ? nullptr : &*found;
}

const StatusReport* last_with_id(const std::vector<StatusReport>& reports, unsigned id) {
  return last_with(reports, [id](const StatusReport& r) { return r.status_id == id; });
}

bool is_end(const StatusReport& report) {
  return report.status_id == model::kStatusSucceeded || report.status_id == model::kStatusFailed ||
         report.status_id == model::kStatusPendingRestart;
}

std::string cause_of(const StatusReport& report) {
  // A detail that is an error's own text begins with its number.
  if (!report.error || report.detail.starts_with(fmt::format("M{} ", *report.error)))
    return report.detail;
  return fmt::format("M{}{}{}", *report.error, report.detail.empty() ? "" : ": ", report.detail);
}

ExplainStep done(std::string name, std::optional<Timestamp> at, std::string cause = {}) {
  return {std::move(name), StepState::Done, at, std::move(cause), {}};
}
ExplainStep holds(std::string name, std::string cause) {
  return {std::move(name), StepState::Holds, {}, std::move(cause), {}};
}
ExplainStep waiting(std::string name, std::string cause, std::optional<Timestamp> next) {
  return {std::move(name), StepState::Waiting, {}, std::move(cause), next};
}

ExplainStep enrolment_step(const ExplainFacts& facts) {
  const std::string name = "device enrolled";
  switch (facts.state) {
    case store::DeviceState::Active:
      return done(name, facts.enrolled);
    case store::DeviceState::Pending:
      return holds(name, "an operator must approve it: muster approve device " + facts.device);
    case store::DeviceState::Blocked:
      return holds(name, "the device is blocked");
    case store::DeviceState::Quarantined:
      return holds(name, "the device is quarantined");
  }
  return holds(name, "its state is not known");
}

ExplainStep membership_step(const ExplainFacts& facts) {
  const std::string name = "member of collection " + facts.collection;
  if (facts.all_systems) return done(name, facts.enrolled, "every active device is");
  if (facts.standing == fleet::Standing::Kind::Member)
    return done(name, {}, "one of the collection's rules names it");
  if (facts.standing == fleet::Standing::Kind::Excluded)
    return holds(name, fmt::format("an exclude rule keeps out the members of {}, and it is one",
                                   facts.kept_out_by));
  if (facts.standing == fleet::Standing::Kind::OutsideLimit)
    return holds(name, fmt::format("the collection is limited to {}, and it is no member of that",
                                   facts.kept_out_by));
  if (!facts.inventory_at)
    return waiting(name, "its inventory has not arrived, so no query rule can match", {});
  return holds(name, "none of the collection's rules matches this device");
}

ExplainStep policy_step(const ExplainFacts& facts) {
  const std::string name = "policy signed for the device";
  if (facts.retired)
    return holds(name, fmt::format("package {} is retired, which ends its deployments",
                                   facts.retired_package));
  if (!facts.spec.enabled) return holds(name, "the deployment is disabled: it says enabled: false");
  if (facts.header_with) return done(name, *facts.header_with);
  if (!facts.body_signed)
    return waiting(name, "the deployment's policy body is not signed; is muster-signer running?",
                   {});
  return waiting(name, "the device's policy header is not signed yet", {});
}

// What collections say differently from the site, and where two of the same precedence disagree.
ExplainStep agent_step(const ExplainFacts& facts) {
  std::string cause;
  const auto add = [&](const std::string& text) { cause += (cause.empty() ? "" : "; ") + text; };
  for (const auto& [name, said] : facts.agent.settings)
    if (!said.from.empty())
      add(fmt::format("{} {} by {}", name, muster::to_text(said.value), said.from));
  for (const auto& [name, said] : facts.agent.variables)
    add(fmt::format("variable {} by {}", name, said.from));
  for (const std::string& conflict : model::conflict_texts(facts.agent)) add(conflict);
  const bool known = facts.header_with.has_value();
  return {"settings for its agent",
          known ? StepState::Done : StepState::Waiting,
          {},
          cause.empty() ? "those of the site" : cause,
          {}};
}

// Where the device is, as its inventory says: what decided about its site if that was found AUTO.
std::optional<ExplainStep> boundary_step(const ExplainFacts& facts) {
  if (!facts.has_boundaries || facts.places.empty()) return std::nullopt;
  std::vector<std::string> inside, outside;
  for (const ExplainFacts::Place& place : facts.places) {
    if (place.boundary.empty())
      outside.push_back(place.address);
    else
      inside.push_back(
          fmt::format("{} is in {} of site {}", place.address, place.boundary, place.site));
  }
  const std::string cause = inside.empty()
                                ? fmt::format("no boundary holds {}: AUTO would leave it unmanaged",
                                              fmt::join(outside, ", "))
                                : fmt::format("{}", fmt::join(inside, ", "));
  return done("boundary", facts.inventory_at, cause);
}

// A device that is off, or that reaches no management point, gets nothing: until it is heard of.
ExplainStep contact_step(const ExplainFacts& facts, bool ended, Timestamp now) {
  const std::string name = "client reaches its management point";
  const Duration interval = facts.agent.duration(model::kPollInterval);
  if (!facts.last_contact) return waiting(name, "it has not asked for its policy yet", {});
  if (ended || now - *facts.last_contact <= kSilentPolls * interval)
    return done(name, *facts.last_contact);
  std::string cause = fmt::format("silent since {}, though it polls every {}",
                                  to_text_seconds(*facts.last_contact), muster::to_text(interval));
  if (facts.fallback)
    cause += fmt::format("; a fallback report in its name, unproven, says at {}: {}",
                         to_text_seconds(facts.fallback->received), facts.fallback->meaning);
  return waiting(name, cause, {});
}

// What the client said about its policy since the header that names the deployment.
const StatusReport* policy_refusal(const ExplainFacts& facts) {
  return last_with(facts.policy_reports, [&](const StatusReport& report) {
    return report.status_id == model::kStatusPolicyRefused ||
           report.status_id == model::kStatusPolicyExpired;
  });
}

ExplainStep received_step(const ExplainFacts& facts) {
  const std::string name = "policy accepted by the client";
  if (const auto* received = last_with_id(facts.reports, model::kStatusReceived))
    return done(name, received->at);
  if (const auto* refused = last_with_id(facts.reports, model::kStatusPolicyRefused))
    return holds(name, cause_of(*refused));
  if (const auto* refused = policy_refusal(facts)) return holds(name, cause_of(*refused));
  std::optional<Timestamp> next;
  if (facts.last_seen) next = *facts.last_seen + facts.agent.duration(model::kPollInterval);
  return waiting(name, "the client asks again at its next policy poll", next);
}

// The story of a deployment on a device is one of runs. What is told step by step is the newest run
// as far as the client spoke of it; the run before stands in a step of its own.
struct Story {
  std::vector<StatusReport> now;     // of the newest run, oldest first
  std::optional<StatusReport> last;  // how the run before it ended
  const StatusReport* newest() const { return now.empty() ? nullptr : &now.back(); }
  const StatusReport* started() const { return last_with_id(now, model::kStatusStarted); }
};

// About the restart that a run wants: no run of its own.
bool is_of_restart(const StatusReport& report) {
  return report.status_id == model::kStatusRestartWaits ||
         report.status_id == model::kStatusRestartAsked ||
         report.status_id == model::kStatusRestartByHand;
}

Story story_of(const std::vector<StatusReport>& reports) {
  Story out;
  for (const StatusReport& report : reports) {
    if (is_of_restart(report)) continue;
    // A run's end closes it; a restart that followed belongs to it still.
    const bool ended = !out.now.empty() && is_end(out.now.back());
    if (ended && !is_end(report)) {
      out.last = out.now.back();
      out.now.clear();
    }
    out.now.push_back(report);
  }
  return out;
}

bool says(const StatusReport* report, unsigned state) {
  return report != nullptr && report->state == state;
}

bool waits_for_user(const Story& story) {
  return story.newest() != nullptr && story.newest()->status_id == model::kStatusWaitingForUser;
}

// The newest report is one of a client that holds the content and would start the program.
bool waits_to_start(const Story& story) {
  const StatusReport* last = story.newest();
  return waits_for_user(story) || says(last, model::kStateWaitingForWindow) ||
         says(last, model::kStateWaitingForProgram) || says(last, model::kStateWaitingForRestart) ||
         says(last, model::kStateHeld);
}

std::string result_text(const StatusReport& end) {
  std::string cause = cause_of(end);
  if (end.exit_code)
    cause = fmt::format("exit code {}{}{}", *end.exit_code, cause.empty() ? "" : "; ", cause);
  if (end.status_id == model::kStatusPendingRestart) cause += "; a restart is wanted";
  if (end.status_id != model::kStatusFailed) cause = "succeeded, " + cause;
  return cause;
}

// The times of a deployment, as far as the site can know them: times of the device's own clock are
// told by that clock.
struct Times {
  std::optional<Timestamp> latest, next;
  bool local = false;
};

Times times_of(const ExplainFacts& facts, Timestamp now) {
  Times out;
  const model::Deployment& spec = facts.spec;
  const auto consider = [&](Timestamp moment) {
    if (spec.expires && moment >= *spec.expires) return;
    if (moment > now) out.next = std::min(out.next.value_or(moment), moment);
    if (moment <= now && moment >= facts.start)
      out.latest = std::max(out.latest.value_or(moment), moment);
  };
  if (spec.deadline)
    if (const auto* deadline = std::get_if<Timestamp>(&*spec.deadline)) consider(*deadline);
  for (const model::Schedule& schedule : spec.schedules) {
    out.local = out.local || schedule.zone == model::ScheduleZone::Local;
    if (schedule.zone == model::ScheduleZone::Local) continue;
    const auto around =
        model::Occurrences(schedule).around(now, [](Timestamp) { return Duration(0); });
    if (around.latest) consider(*around.latest);
    if (around.next) consider(*around.next);
  }
  return out;
}

ExplainStep last_run_step(const StatusReport& end) {
  const std::string how = end.status_id == model::kStatusFailed ? "failed, " : "";
  return done("last run", end.at, how + result_text(end));
}

std::string events_text(const model::Deployment& spec) {
  std::string out;
  for (const auto event : spec.events)
    out += fmt::format("{}{}", out.empty() ? "" : ", ", model::to_text(event));
  for (const std::string& name : spec.after)
    out += fmt::format("{}after deployment {} succeeds here", out.empty() ? "" : ", ", name);
  return out;
}

// When it comes again after a run; the step names both.
ExplainStep time_of_run(const ExplainFacts& facts, const Story& story, const Times& times) {
  const StatusReport* started = story.started();
  ExplainStep step = done("its time has come", started->at);
  const StatusReport* end = last_with(story.now, is_end);
  if (end == nullptr || facts.spec.purpose == model::Purpose::Available) return step;
  if (!model::reruns(facts.spec.rerun, end->status_id == model::kStatusFailed)) {
    step.cause = "for the last run; it does not run again";
    return step;
  }
  step.cause = "for the last run; it runs again at its next time";
  if (times.local) step.cause += " on the device's own clock";
  if (const std::string events = events_text(facts.spec); !events.empty())
    step.cause += ", or " + events;
  step.next_retry = times.next;
  return step;
}

ExplainStep time_step(const ExplainFacts& facts, const Story& story, Timestamp now) {
  const std::string name = "its time has come";
  const model::Deployment& spec = facts.spec;
  const Times times = times_of(facts, now);
  if (story.started()) return time_of_run(facts, story, times);
  if (waits_to_start(story)) {
    ExplainStep step = done(name, story.newest()->at);
    if (times.next && spec.rerun != model::Rerun::Never) step.next_retry = times.next;
    return step;
  }
  if (spec.expires && now >= *spec.expires)
    return holds(name, fmt::format("the deployment ended at {}", to_text(*spec.expires)));
  if (now < facts.start) return waiting(name, "the deployment's start lies ahead", facts.start);
  if (spec.purpose == model::Purpose::Available)
    return waiting(name, "its user has not asked for it", {});
  if (times.latest && now < *times.latest + facts.offset)
    return waiting(name, "its time has come on all devices; this one's random start is later",
                   *times.latest + facts.offset);
  if (times.latest) return done(name, *times.latest);
  if (times.local)
    return waiting(name, "it starts at its next time on the device's own clock", times.next);
  if (times.next) return waiting(name, "it starts at its next time", times.next);
  if (!spec.events.empty() || !spec.after.empty())
    return waiting(name, "it starts at the next of its events: " + events_text(spec), {});
  return holds(name, "none of its schedules has a time that lies ahead");
}

ExplainStep requirements_step(const Story& story) {
  const std::string name = "requirements met";
  const StatusReport* last = story.newest();
  if (says(last, model::kStateRequirementsUnmet)) {
    ExplainStep step = holds(name, cause_of(*last));
    step.next_retry = last->next_retry;
    return step;
  }
  // What comes behind the look at them shows that they are.
  const auto* behind = last_with(story.now, [](const StatusReport& report) {
    return report.state != model::kStateReceived && report.state != model::kStateRequirementsUnmet;
  });
  if (behind) return done(name, behind->at);
  return waiting(name, "the client looks when it may fetch the content", {});
}

ExplainStep content_step(const Story& story) {
  const std::string name = "content on the device";
  if (const auto* started = story.started()) return done(name, started->at);
  const auto* last = story.newest();
  if (waits_to_start(story)) return done(name, last->at);
  if (last && is_end(*last)) {
    return last->status_id == model::kStatusFailed ? holds(name, cause_of(*last))
                                                   : done(name, last->at);
  }
  if (last && last->next_retry) return waiting(name, cause_of(*last), last->next_retry);
  return waiting(name, "the client fetches it", {});
}

// What runs before the program, in the order in which it runs.
ExplainStep first_step(const ExplainFacts& facts, const Story& story) {
  std::string order;
  for (auto each = facts.first.rbegin(); each != facts.first.rend(); ++each)
    order += fmt::format("{}{} of {}{}", order.empty() ? "" : ", then ", each->program,
                         each->package, each->every_time ? " each time" : "");
  const std::string name = "programs that run first";
  const StatusReport* last = story.newest();
  if (const auto* started = story.started()) return done(name, started->at, order);
  if (says(last, model::kStateHeld)) {
    ExplainStep step = holds(name, cause_of(*last));
    step.next_retry = last->next_retry;
    return step;
  }
  if (says(last, model::kStateWaitingForProgram) || says(last, model::kStateWaitingForRestart))
    return waiting(name, cause_of(*last), last->next_retry);
  return waiting(name, order, {});
}

ExplainStep run_step(const Story& story) {
  const std::string name = "program started";
  if (const auto* started = story.started()) return done(name, started->at);
  if (says(story.newest(), model::kStateWaitingForWindow))
    return waiting(name, "a maintenance window must open that is long enough for the program",
                   story.newest()->next_retry);
  if (waits_for_user(story))
    return waiting(name, "the device's users are told first, and may save their work",
                   story.newest()->next_retry);
  return waiting(name, "it starts when its content is there", {});
}

ExplainStep result_step(const Story& story, contract::Explanation& out) {
  const std::string name = "result";
  const auto* end = last_with(story.now, is_end);
  if (!end) return waiting(name, "the program runs", {});
  out.ended = true;
  out.succeeded = end->status_id != model::kStatusFailed;
  if (out.succeeded) return done(name, end->at, result_text(*end));
  ExplainStep failed = holds(name, result_text(*end));
  failed.at = end->at;
  return failed;
}

// After a program that succeeded and asked for a restart: who or what the restart waits for.
std::optional<ExplainStep> restart_step(const ExplainFacts& facts) {
  const auto* end = last_with(facts.reports, is_end);
  if (!end || end->status_id != model::kStatusPendingRestart) return std::nullopt;
  const std::string name = "restart of the device";
  const auto* said = last_with(facts.reports, [&](const StatusReport& report) {
    return report.at >= end->at && is_of_restart(report);
  });
  if (!said) return waiting(name, "the device's users are told first", {});
  if (said->status_id == model::kStatusRestartByHand) return holds(name, said->detail);
  return waiting(name, said->detail, said->next_retry);
}

}  // namespace

contract::Explanation explain(const ExplainFacts& facts, Timestamp now) {
  contract::Explanation out;
  out.device = facts.device;
  out.deployment = facts.deployment;
  const Story story = story_of(facts.reports);
  std::vector<ExplainStep> steps = {
      enrolment_step(facts),
      facts.inventory_at ? done("inventory received", *facts.inventory_at)
                         : waiting("inventory received", "the first inventory is on its way", {}),
      membership_step(facts),
      policy_step(facts),
      agent_step(facts),
      contact_step(facts, last_with(story.now, is_end) != nullptr, now),
      received_step(facts)};
  if (auto boundary = boundary_step(facts)) steps.insert(steps.begin() + 2, *std::move(boundary));
  if (story.last) steps.push_back(last_run_step(*story.last));
  steps.push_back(time_step(facts, story, now));
  if (facts.has_requirements) steps.push_back(requirements_step(story));
  steps.push_back(content_step(story));
  // Windows come first: a client looks at what runs first when one is open.
  const bool window = says(story.newest(), model::kStateWaitingForWindow);
  if (!facts.first.empty() && !window) steps.push_back(first_step(facts, story));
  steps.push_back(run_step(story));
  steps.push_back(result_step(story, out));
  if (auto restart = restart_step(facts)) steps.push_back(*std::move(restart));
  // What lies behind a step that is not done has not been reached, unless it is known to be done:
  // a deployment that ran stays explained when the device leaves the collection later.
  bool open = false;
  for (ExplainStep& step : steps) {
    const bool known_end = step.name == "result" && out.ended;
    if (open && step.state != StepState::Done && !known_end)
      step = {step.name, StepState::NotReached, {}, {}, {}};
    if (step.state == StepState::Holds || step.state == StepState::Waiting) open = true;
  }
  out.steps = std::move(steps);
  return out;
}

}  // namespace muster::provider
