// The agent's policy polls, and what a policy means for its other parts.
#include "base/log.h"
#include "base/sha256.h"
#include "model/status_ids.h"
#include "roles/client/agent.h"
#include "roles/client/errors.h"
#include "roles/client/software/cache_pins.h"

namespace muster::client {
namespace {
constexpr Duration kLongestStretched = std::chrono::hours(24);
}

Result<void> Agent::try_poll() {
  const contract::PollMark mark{random_.bytes(contract::kPollNonceBytes), last_poll_, clock_.now()};
  last_poll_ = mark.nonce;
  const auto asked = link_->policy(policy_->etag(), mark);
  // Whatever it says, who answered was reached.
  note_contact(asked ? Result<void>() : Result<void>(fail(asked.error())), clock_.now());
  if (!asked) return fail(asked.error());
  const PolicyAnswer& answer = *asked;
  if (answer.site_time) {
    const auto taken = policy_->take_site_time(*answer.site_time, clock_.now());
    if (!taken) log::failure(log::Level::Warning, "policy.time.refused", taken.error());
  }
  answered_etag_ = answer.unchanged ? policy_->etag() : answer.etag;
  look(answer.look, clock_.now());
  if (answer.unchanged) {
    // What could not be fetched last time may be there now.
    if (!policy_->refusals().empty()) TRY(policy_->evaluate(*link_, clock_.now()));
    return {};
  }
  const auto taken = policy_->take_header(answer.document, answer.etag, *link_, clock_.now());
  if (taken) return {};
  contract::StatusReport report;
  report.at = clock_.now();
  report.status_id = model::kStatusPolicyRefused;
  report.error = taken.error().kind().number;
  report.detail = taken.error().text();
  if (told_refusals_.insert(report.detail).second) queue_status(report);
  return fail(taken.error());
}

void Agent::poll_policy(Timestamp now) {
  const auto polled = try_poll();
  polled_ = polled.has_value();
  if (!polled) {
    log::failure(log::Level::Warning, "policy.poll.failed", polled.error());
    poll_.failed(now, settings_.duration("retry.first"), settings_.duration("retry.longest"),
                 jitter(), link_->asked_wait());
  } else {
    Duration interval = std::chrono::minutes(1);
    if (policy_->settings()) interval = policy_->agent().duration(model::kPollInterval);
    // Not beyond a day, unless it is longer anyway.
    const Duration stretched(
        static_cast<std::int64_t>(static_cast<double>(interval.count()) * link_->stretch()));
    const Duration longest = std::max<Duration>(interval, kLongestStretched);
    if (link_->stretch() > 1)
      log::info("policy.poll.stretched", "the management point is busy, so the next poll is later",
                {{"connection", 17}, {"interval", muster::to_text(std::min(stretched, longest))}});
    poll_.succeeded(now, std::min(stretched, longest));
  }
  follow_policy();
}

void Agent::follow_policy() {
  if (policy_->settings()) link_->set_points(policy_->settings()->distribution_points);
  if (!policy_->header()) {
    // After a restart: the kept policy, verified again.
    const auto evaluated = policy_->evaluate(*link_, clock_.now());
    if (!evaluated) log::failure(log::Level::Warning, "policy.kept.refused", evaluated.error());
    if (policy_->settings()) link_->set_points(policy_->settings()->distribution_points);
    if (!policy_->header()) return;
  }
  follow_classes(clock_.now());
  follow_file_collections(clock_.now());
  if (policy_->header()->inventory_resync > policy_->resync_followed())
    inventory_timer_.set(clock_.now());
  // A change of an interval takes effect now; the time of another try after a failure stays.
  if (const auto intervals = inventory_intervals(); !(intervals == followed_intervals_)) {
    followed_intervals_ = intervals;
    inventory_timer_.set(
        std::min(inventory_timer_.next(), class_schedule_.next(schema_, intervals, clock_.now())));
  }
  PolicyArrived event;
  for (const VerifiedDeployment& each : policy_->deployments())
    event.deployments.push_back(each.deployment);
  const auto pinned = pin_content(*cache_, persistent_content(event.deployments));
  if (!pinned) log::failure(log::Level::Warning, "cache.pin.failed", pinned.error());
  event.expires = policy_->good_until();
  event.windows = policy_->windows();
  event.windows_known = policy_->windows_known();
  if (policy_->settings()) event.splay = policy_->settings()->splay;
  event.countdown = policy_->agent().duration(model::kCountdown);
  execution_->on(std::move(event), clock_.now());
  report_refusals();
  report_conflicts();
}

void Agent::report_refusals() {
  for (const Refusal& refusal : policy_->refusals()) {
    contract::StatusReport report;
    report.at = clock_.now();
    report.status_id = model::kStatusPolicyRefused;
    report.topic = model::kTopicEnforcement;
    report.deployment = refusal.deployment;
    report.package = refusal.package;
    report.package_version = refusal.package_version;
    report.program = refusal.program;
    report.error = refusal.error.kind().number;
    report.detail = refusal.error.text();
    // Once per cause, not once per poll.
    const std::string cause =
        (refusal.deployment ? refusal.deployment->text() : "") + report.detail;
    if (!told_refusals_.insert(cause).second) continue;
    log::failure(log::Level::Warning, "policy.part.refused", refusal.error,
                 {{"deployment", refusal.deployment ? refusal.deployment->text() : ""},
                  {"package", refusal.package}});
    queue_status(report);
  }
}

// Each set of conflicts once: not at each poll, nor after a restart of the client.
void Agent::report_conflicts() {
  const auto texts = model::conflict_texts(policy_->agent());
  std::string detail = fmt::format("{}", fmt::join(texts, "; "));
  if (detail == told_conflicts_) return;
  told_conflicts_ = std::move(detail);
  if (told_conflicts_.empty()) return;
  contract::StatusReport report;
  report.report = sha256_hex("settings " + told_conflicts_).substr(0, 32);
  report.at = clock_.now();
  report.status_id = model::kStatusSettingsConflict;
  report.detail = told_conflicts_;
  log::warning("policy.settings.conflict", told_conflicts_);
  queue_status(report);
}

}  // namespace muster::client
