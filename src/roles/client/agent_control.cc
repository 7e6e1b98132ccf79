// What the agent tells and does for commands on the same machine.
#include <algorithm>

#include "model/cycle.h"
#include "roles/client/agent.h"
#include "roles/client/errors.h"
#include "roles/client/software/errors.h"
#include "roles/client/status_command.h"

namespace muster::client {
namespace {

std::string when(std::optional<Timestamp> time) { return time ? to_text_seconds(*time) : ""; }

std::string result_text(const std::optional<ExecutionResult>& result) {
  if (!result) return "";
  switch (result->outcome) {
    case Outcome::Succeeded:
      return "succeeded";
    case Outcome::PendingRestart:
      return "succeeded, a restart is wanted";
    case Outcome::NeedsRoot:
      return "needs root";
    case Outcome::Failed:
      break;
  }
  if (result->ending == Ending::Exited) return fmt::format("failed, exit code {}", result->code);
  return fmt::format("failed, M{} {}", result->error, software_error(result->error).name);
}

}  // namespace

contract::ControlAnswer Agent::answer(const contract::ControlRequest& request) {
  Result<contract::ControlAnswer> answer = fail(kUnknownVerb, "{}", request.verb);
  const Shown all = [](const VerifiedDeployment&) { return true; };
  if (request.verb == "status") answer = tell_status();
  if (request.verb == "software") answer = tell_software(all);
  if (request.verb == "policy") answer = tell_policy();
  if (request.verb == "cache") answer = tell_cache();
  if (request.verb.starts_with("notice")) answer = answer_notice(request, std::nullopt);
  if (request.verb == "install") answer = install(request.argument);
  if (request.verb == "trigger") answer = trigger(request.argument);
  if (answer) return *std::move(answer);
  return {.error = answer.error().text_with_advice()};
}

contract::ControlAnswer Agent::tell_status() const {
  contract::ControlAnswer out{.columns = {"WHAT", "VALUE"}};
  const auto row = [&](std::string what, std::string value) {
    out.rows.push_back({std::move(what), std::move(value)});
  };
  const Timestamp now = clock_.now();
  row("agent", "runs");
  row(kManagedRow, !has_site() ? "no: this client has no site, it is unmanaged"
                   : linked_   ? "yes"
                               : "no: not enrolled yet");
  row("device", identity_->device.text());
  row("key", key_fingerprint(identity_->key.public_key().spki_der()));
  if (assignment_) {
    row("site", assignment_->site);
    row("assigned", when(assignment_->at));
  } else if (!has_site()) {
    row("cause", AssignmentStore(std::filesystem::path(config_.state) / "assignment")
                     .unmanaged_cause()
                     .value_or(""));
    row("next look for a site", when(assignment_timer_.next()));
  } else if (!config_.site_code.empty()) {
    row("site", config_.site_code);
  }
  if (has_site()) row("management point", choice_.current(now));
  if (has_site())
    for (const auto& each : choice_.standings(now))
      if (!each.cause.empty())
        row("did not answer", fmt::format("{}: {}; again {}", each.point, each.cause,
                                          each.again ? "at " + when(each.again) : "now"));
  if (!last_spoke_to_.empty()) row("last spoke to", last_spoke_to_);
  row("enrolled", linked_ ? "yes" : "no; it is asked for at " + when(enrolment_.next()));
  row("policy", policy_->header()
                    ? fmt::format("version {}.{}, good until {}", policy_->header()->epoch,
                                  policy_->header()->version, when(policy_->good_until()))
                    : "none yet");
  row("next policy poll", when(poll_.next()));
  row("nudges", link_ && link_->waits_for_nudge() ? "this client waits for them"
                                                  : "asked for again at " + when(nudge_.next()));
  row("next inventory", when(inventory_timer_.next()));
  row("next heartbeat", when(heartbeat_.next()));
  if (restart_->pending())
    row("restart",
        fmt::format(
            "wanted since {}, by {} at the latest", when(restart_->pending()->since),
            when(restart_->pending()->since + policy_->agent().duration(model::kRestartWithin))));
  row("refused parts of the policy", std::to_string(policy_->refusals().size()));
  return out;
}

contract::ControlAnswer Agent::tell_software(const Shown& shown) const {
  contract::ControlAnswer out{
      .columns = {"NAME", "PACKAGE", "VERSION", "PURPOSE", "STATE", "NEXT", "RESULT"}};
  const auto states = execution_->overview();
  for (const VerifiedDeployment& each : policy_->deployments()) {
    if (!shown(each)) continue;
    const auto state =
        std::ranges::find(states, each.deployment.key, &ExecutionMachine::Overview::key);
    if (state == states.end()) continue;
    out.rows.push_back({each.name, each.deployment.key.package, each.deployment.key.version,
                        each.deployment.purpose == Purpose::Required ? "required" : "available",
                        std::string(to_text(state->phase)), when(state->next_attempt),
                        result_text(state->result)});
  }
  return out;
}

contract::ControlAnswer Agent::tell_policy() const {
  contract::ControlAnswer out{.columns = {"PART", "SAYS"}};
  const auto from = [](const auto& said) {
    std::string text = said.from.empty() ? ", by the site" : ", by collection " + said.from;
    for (const std::string& other : said.against)
      text += fmt::format("; collection {} of the same precedence says otherwise", other);
    return text;
  };
  for (const auto& [name, said] : policy_->agent().settings)
    out.rows.push_back({"setting " + name, muster::to_text(said.value) + from(said)});
  for (const auto& [name, said] : policy_->agent().variables)
    out.rows.push_back(
        {"variable " + name, (said.value.masked() ? "masked" : said.value.value) + from(said)});
  for (const VerifiedDeployment& each : policy_->deployments())
    out.rows.push_back({"deployment " + each.name, to_text(each.deployment.key)});
  for (const model::MaintenanceWindow& window : policy_->windows())
    out.rows.push_back(
        {"maintenance window " + window.name,
         fmt::format("from {} {}{}for {}", model::first_text(window.schedule),
                     window.schedule.repeat, window.schedule.repeat.empty() ? "" : " ",
                     muster::to_text(window.duration))});
  for (const Refusal& refusal : policy_->refusals())
    out.rows.push_back({"refused: " + refusal.package, refusal.error.text()});
  return out;
}

contract::ControlAnswer Agent::tell_cache() const {
  contract::ControlAnswer out{.columns = {"CONTENT", "BYTES", "LAST USED", "KEPT"}};
  for (const CacheEntry& entry : cache_->entries())
    out.rows.push_back({entry.name, std::to_string(entry.size_bytes), when(entry.last_used),
                        entry.persistent ? "always" : ""});
  return out;
}

Result<contract::ControlAnswer> Agent::install(const std::string& name) {
  const auto& known = policy_->deployments();
  const auto found = std::ranges::find(known, name, &VerifiedDeployment::name);
  if (found == known.end()) return fail(kNotRequestable, "deployment {}", name);
  refused_request_.reset();
  execution_->on(UserRequested{found->deployment.key.deployment}, clock_.now());
  if (refused_request_) return fail(*std::exchange(refused_request_, std::nullopt));
  return tell_software([&](const VerifiedDeployment& each) { return each.name == name; });
}

RetryTimer* Agent::cycle_timer(std::string_view cycle) {
  const auto known = model::cycle_named(cycle);
  if (!known) return nullptr;
  switch (*known) {
    case model::Cycle::Policy:
      return &poll_;
    case model::Cycle::Inventory:
      return &inventory_timer_;
    case model::Cycle::Heartbeat:
      return &heartbeat_;
    case model::Cycle::Files:
      return &files_timer_;
  }
  return nullptr;
}

void Agent::start_cycle(RetryTimer& timer, Timestamp at) {
  timer.set(at);
  // Who asks wants all of it looked at, not only the classes whose interval is over.
  if (&timer == &inventory_timer_) class_schedule_ = {};
  if (&timer == &files_timer_) files_looked_at_.clear();
}

Result<contract::ControlAnswer> Agent::trigger(const std::string& cycle) {
  RetryTimer* timer = cycle_timer(cycle);
  if (timer == nullptr)
    return fail(kUnknownCycle, "'{}'; there are {}", cycle, model::all_cycles());
  start_cycle(*timer, clock_.now());
  return contract::ControlAnswer{.columns = {"CYCLE", "DUE"}, .rows = {{cycle, "now"}}};
}

}  // namespace muster::client
