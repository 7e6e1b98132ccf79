#include "roles/client/software/execution_machine.h"

#include <algorithm>

#include "model/status_ids.h"
#include "roles/client/software/errors.h"

namespace muster::client {
namespace {

constexpr std::size_t kLongestKeyPart = 256;

// A key that check_deployment refuses for its length still needs a name in log and report.
ExecutionKey clipped(const ExecutionKey& key) {
  return {key.deployment.substr(0, kLongestKeyPart), key.package.substr(0, kLongestKeyPart),
          key.version.substr(0, kLongestKeyPart)};
}

}  // namespace

ExecutionMachine::ExecutionMachine(ExecutionSettings settings,
                                   const std::vector<ExecutionRecord>& records)
    : settings_(std::move(settings)) {
  for (const ExecutionRecord& record : records) replay(record);
}

std::vector<ExecutionAction> ExecutionMachine::on(const ExecutionEvent& event, Timestamp now) {
  now_ = now;
  if (follow_clock(now_) == Stamps::WereAhead) write({RecordKind::ClockSet, {}, now_, {}, {}, {}});
  std::visit([this](const auto& kind) { handle(kind); }, event);
  const bool was_open = window_.open;
  window_ = calendar_.at(now_, settings_.offset_at);
  if (window_.open && !was_open) window_opened_ = now_;
  advance_all();
  return std::exchange(out_, {});
}

void ExecutionMachine::handle(const PolicyArrived& event) {
  policy_expires_ = event.expires;
  calendar_ = model::WindowCalendar(event.windows);
  windows_known_ = event.windows_known;
  splay_ = event.splay;
  countdown_ = event.countdown;
  if (!policy_expired()) expiry_reported_ = false;
  std::map<ExecutionKey, Deployment> before;
  for (auto& [key, item] : items_)
    if (item.deployment) before.emplace(key, *std::exchange(item.deployment, std::nullopt));
  for (const Deployment& deployment : event.deployments) {
    const ExecutionKey key = clipped(deployment.key);
    Item& item = items_[key];
    take(deployment, before, item);
    for (const FirstProgram& first : deployment.first)
      take(first_deployment(first), before, items_[first.key]);
    if (!std::exchange(item.received, true)) {
      // Reported first: a report made again is dropped by its occasion, one never made is lost.
      DeploymentReport received(key, DeploymentStatus::Received);
      received.status_id = model::kStatusReceived;
      received.occasion = "received";
      report(std::move(received));
      write({RecordKind::Received, key, now_, {}, {}, {}});
    }
  }
}

void ExecutionMachine::take(const Deployment& deployment,
                            const std::map<ExecutionKey, Deployment>& before, Item& item) {
  const auto known = before.find(clipped(deployment.key));
  if (known == before.end() || !(known->second == deployment)) {
    const auto checked = check_deployment(deployment);
    item.refusal = checked ? std::nullopt : std::optional(checked.error());
    item.schedules.clear();
    for (const model::Schedule& schedule : deployment.schedules)
      item.schedules.emplace_back(schedule);
    if (deployment.files.empty() || known != before.end())
      item.content_ready = deployment.files.empty();
    if (known != before.end() && item.result && item.result->ending == Ending::NeverRan) lift(item);
  }
  item.deployment = deployment;
  item.runs_first = runs_first(deployment.key);
}

void ExecutionMachine::handle(const UserRequested& event) {
  bool found = false;
  for (auto& [key, item] : items_) {
    if (!item.deployment || key.deployment != event.deployment) continue;
    found = true;
    const bool ran = item.result && item.result->ending != Ending::NeverRan;
    const bool again = item.deployment->purpose == Purpose::Available || reruns(item);
    if ((ran && !again) || item.phase == Phase::RecordingResult ||
        item.phase == Phase::WaitingToRecord) {
      out_.push_back(
          RefuseRequest{event.deployment, fail(kAlreadyRan, "{}", to_text(key)).value()});
      continue;
    }
    if (item.phase == Phase::Done && ran) begin_again(item);
    if (item.phase == Phase::Done) lift(item);
    item.requested = true;
    item.next.reset();
    item.requested_place = write({RecordKind::Requested, key, now_, {}, {}, {}});
  }
  if (!found)
    out_.push_back(RefuseRequest{event.deployment,
                                 fail(kNotRequestable, "deployment {}", event.deployment).value()});
}

void ExecutionMachine::handle(const NoticeEnded& event) {
  if (Item* item = find(event.key, Phase::WaitingForUser)) item->noticed = item->due;
}

void ExecutionMachine::handle(const IdleEnded&) { idle_since_.reset(); }

void ExecutionMachine::handle(const EventHappened& event) {
  const Timestamp at = std::min(event.at.value_or(now_), now_);
  if (event.event == model::DeploymentEvent::Idle) idle_since_ = at;
  for (auto& [key, item] : items_) {
    if (!item.deployment || (item.happened && at <= *item.happened)) continue;
    const auto& events = item.deployment->events;
    if (std::ranges::find(events, event.event) == events.end()) continue;
    item.happened = at;
    // It may be long until the program's turn comes, and the client may be started anew meanwhile.
    write({RecordKind::Happened, key, at, {}, {}, {}});
  }
}

void ExecutionMachine::handle(const DownloadDone& event) {
  Item* item = find(event.key, Phase::Downloading);
  if (item == nullptr) return;
  item->content_ready = true;
  item->failures[static_cast<std::size_t>(WaitReason::Download)] = 0;
  item->failures[static_cast<std::size_t>(WaitReason::CacheRoom)] = 0;
  item->phase = Phase::WaitingForTurn;
}

void ExecutionMachine::handle(const DownloadFailed& event) {
  Item* item = find(event.key, Phase::Downloading);
  if (item == nullptr) return;
  switch (event.failure) {
    case DownloadFailure::Transient:
      return retry(event.key, *item, WaitReason::Download, event.error);
    case DownloadFailure::CacheRoom:
      return retry(event.key, *item, WaitReason::CacheRoom, event.error);
    case DownloadFailure::Mismatch:
      discard_content(event.key, *item);
      return retry(event.key, *item, WaitReason::Mismatch, event.error);
  }
}

void ExecutionMachine::handle(const Prepared& event) {
  Item* item = find(event.key, Phase::Preparing);
  if (item == nullptr) return;
  if (!item->deployment || policy_expired()) {
    out_.push_back(RemoveRun{event.key, item->intent->run});
    item->intent.reset();
    item->phase = Phase::WaitingForStart;
    return;
  }
  item->phase = Phase::RecordingIntent;
  item->intent_place = write({RecordKind::Intent, event.key, now_, {}, item->intent, {}});
}

void ExecutionMachine::handle(const PrepareFailed& event) {
  Item* item = find(event.key, Phase::Preparing);
  if (item == nullptr) return;
  out_.push_back(RemoveRun{event.key, item->intent->run});
  item->intent.reset();
  WaitReason reason = WaitReason::Local;
  if (event.failure == PrepareFailure::ContentChanged) {
    discard_content(event.key, *item);
    reason = WaitReason::Mismatch;
  }
  if (event.failure == PrepareFailure::ContentMissing) item->content_ready = false;
  retry(event.key, *item, reason, event.error);
}

void ExecutionMachine::discard_content(const ExecutionKey& key, Item& item) {
  item.content_ready = false;
  if (item.deployment) out_.push_back(DiscardContent{key, item.deployment->files});
}

void ExecutionMachine::advance_all() {
  if (policy_expires_ && policy_expired() && !std::exchange(expiry_reported_, true))
    out_.push_back(ReportPolicyExpired{
        fail(kPolicyExpired, "the policy was good until {}", to_text(*policy_expires_)).value(),
        now_});
  // The one that is due first goes first; keys decide between equals, so that order is stable.
  std::vector<std::pair<Timestamp, Items::iterator>> order;
  for (auto it = items_.begin(); it != items_.end(); ++it) {
    Item& item = it->second;
    find_due(item);
    const Timestamp start = item.deployment ? item.deployment->start : Timestamp{};
    order.emplace_back(item.due.value_or(item.next_due.value_or(start)), it);
  }
  std::ranges::stable_sort(order, {}, [](const auto& entry) { return entry.first; });
  for (const auto& [due, it] : order) advance(it->first, it->second);
}

void ExecutionMachine::advance(const ExecutionKey& key, Item& item) {
  if (item.phase == Phase::WaitingToRecord && now_ >= *item.next) return record_result(key, item);
  if (item.phase == Phase::Done && item.result && may_lift(item)) lift(item);
  if (item.runs_first) return;  // what waits for it brings it forward
  if (item.phase == Phase::Done && comes_again(item)) begin_again(item);
  if (!item.deployment || !is_idle(item.phase)) return;
  // It was to run again, but policy thought better of it.
  if (item.result && !item.requested && !comes_again(item)) {
    item.phase = Phase::Done;
    return;
  }
  if (refused(key, item) || !may_proceed(key, item)) return;
  prepare(key, item, item.requested ? now_ : item.due.value_or(now_));
}

bool ExecutionMachine::refused(const ExecutionKey& key, Item& item) {
  if (item.refusal) {
    give_up(key, item, Outcome::Failed, *item.refusal);
    return true;
  }
  if (item.deployment->program.run_as != RunAs::System || settings_.privileged) return false;
  give_up(key, item, Outcome::NeedsRoot,
          fail(kNeedsRoot, "program '{}' of {} runs as the system", item.deployment->program.name,
               to_text(key))
              .value());
  return true;
}

void ExecutionMachine::prepare(const ExecutionKey& key, Item& item, Timestamp due) {
  const Program& program = item.deployment->program;
  Intent intent;
  intent.attempt = ++item.attempts;
  intent.run = run_name(key, intent.attempt);
  intent.repeatable = item.deployment->repeatable;
  intent.success_codes.assign(program.success_codes.begin(), program.success_codes.end());
  intent.reboot_codes.assign(program.reboot_codes.begin(), program.reboot_codes.end());
  intent.due = due;
  intent.first_attempt = item.first_attempt;
  item.told.clear();
  item.phase = Phase::Preparing;
  out_.push_back(Prepare{*item.deployment, intent.run});
  item.intent = std::move(intent);
}

bool ExecutionMachine::may_proceed(const ExecutionKey& key, Item& item) {
  const Deployment& deployment = *item.deployment;
  const auto wait = [&](Phase phase) {
    item.phase = phase;
    return false;
  };
  // The end comes first: whatever else it waits for does not come any more.
  if (deployment.expires && now_ >= *deployment.expires) return wait(Phase::Expired);
  if (policy_expired()) return wait(Phase::PolicyExpired);
  if (pauses(item)) return wait(Phase::WaitingToRetry);
  if (now_ < deployment.start) return wait(Phase::WaitingForStart);
  if (deployment.purpose == Purpose::Available && !item.requested)
    return wait(Phase::WaitingForRequest);
  const auto is_before = [&](Timestamp begin) {
    item.look_again = begin;
    return !item.requested && now_ < begin;
  };
  // Content is fetched outside of windows, so one that opens later spreads no download.
  if (now_ < deployment.start + splay_ && is_before(spread_start(item, deployment.start)))
    return wait(Phase::WaitingForSplay);
  if (!meets_requirements(key, item)) return wait(Phase::WaitingForRequirements);
  if (!has_content(key, item)) return false;
  fetch_first(item);
  if (!item.requested && !item.due) return wait(Phase::WaitingForDeadline);
  if (item.spreads && is_before(spread_start(item, *item.due))) return wait(Phase::WaitingForSplay);
  // A person who asks decides about his own time: windows bind only what starts by itself.
  const bool tells = wants_notice(item) && item.phase != Phase::WaitingForUser;
  if (!item.requested &&
      !window_fits(deployment, deployment, tells ? countdown_ : Duration::zero())) {
    if (!std::exchange(item.window_reported, true)) {
      DeploymentReport waiting(key, DeploymentStatus::Waiting);
      waiting.state = model::kStateWaitingForWindow;
      if (!window_.open) waiting.next_attempt = window_.until;
      report(std::move(waiting));
    }
    return wait(Phase::WaitingForWindow);
  }
  if (wants_notice(item)) {
    if (!std::exchange(item.notice_reported, true)) {
      DeploymentReport waiting(key, DeploymentStatus::Waiting);
      waiting.status_id = model::kStatusWaitingForUser;
      waiting.next_attempt = now_ + countdown_;
      report(std::move(waiting));
    }
    return wait(Phase::WaitingForUser);
  }
  if (!first_succeeded(key, item)) return false;
  if (program_under_way()) return wait(Phase::WaitingForTurn);
  return true;
}

bool ExecutionMachine::has_content(const ExecutionKey& key, Item& item) {
  if (item.content_ready) return true;
  if (downloads_under_way() >= settings_.downloads_at_once) {
    item.phase = Phase::WaitingToDownload;
    return false;
  }
  out_.push_back(Download{*item.deployment});
  DeploymentReport downloading(key, DeploymentStatus::Downloading);
  downloading.state = model::kStateDownloading;
  report(std::move(downloading));
  item.phase = Phase::Downloading;
  return false;
}

// What runs first runs in the windows of the deployment that wants it.
bool ExecutionMachine::window_fits(const Deployment& runs, const Deployment& wants,
                                   Duration told_before) const {
  if (wants.ignore_windows) return true;
  if (!window_open()) return false;
  return !window_.until || *window_.until - now_ >= told_before + runs.program.max_runtime;
}

// Users who asked for it need not be told, nor those who were told before this due time.
bool ExecutionMachine::wants_notice(const Item& item) {
  return item.deployment->notice && !item.requested && item.noticed != item.due;
}

bool ExecutionMachine::is_idle(Phase phase) {
  switch (phase) {
    case Phase::WaitingForStart:
    case Phase::WaitingForRequest:
    case Phase::WaitingToDownload:
    case Phase::WaitingForDeadline:
    case Phase::WaitingForWindow:
    case Phase::WaitingForSplay:
    case Phase::WaitingForRequirements:
    case Phase::WaitingForProgram:
    case Phase::Held:
    case Phase::WaitingForUser:
    case Phase::WaitingForTurn:
    case Phase::WaitingToRetry:
    case Phase::PolicyExpired:
    case Phase::Expired:
      return true;
    default:
      return false;
  }
}

bool ExecutionMachine::program_under_way() const {
  return std::ranges::any_of(items_, [](const auto& entry) {
    const Phase phase = entry.second.phase;
    return phase == Phase::Preparing || phase == Phase::RecordingIntent ||
           phase == Phase::Starting || phase == Phase::Running || phase == Phase::Resolving;
  });
}

std::size_t ExecutionMachine::downloads_under_way() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      items_, [](const auto& entry) { return entry.second.phase == Phase::Downloading; }));
}

ExecutionMachine::Item* ExecutionMachine::find(const ExecutionKey& key, Phase phase) {
  const auto it = items_.find(key);
  return it != items_.end() && it->second.phase == phase ? &it->second : nullptr;
}

std::optional<Timestamp> ExecutionMachine::next_time() const {
  std::optional<Timestamp> earliest;
  const auto consider = [&](std::optional<Timestamp> time) {
    if (time && (!earliest || *time < *earliest)) earliest = time;
  };
  for (const auto& [key, item] : items_) {
    if (item.phase == Phase::WaitingToRecord) consider(item.next);
    if (!item.deployment) continue;
    // Nobody may be waiting any more for what runs first.
    if (item.phase == Phase::WaitingToRetry && (!item.runs_first || *item.next > now_))
      consider(item.next);
    if (item.runs_first) continue;
    if (item.phase == Phase::WaitingForSplay || item.phase == Phase::WaitingForRequirements)
      consider(item.look_again);
    // Its time comes anew, or it waits for what waits for a window.
    if (item.phase == Phase::Held || item.phase == Phase::WaitingForRequirements)
      consider(item.next_due);
    if (item.phase == Phase::WaitingForProgram) consider(window_.until);
    if (item.phase == Phase::WaitingForStart) consider(item.deployment->start);
    if (item.phase == Phase::WaitingForDeadline || item.phase == Phase::Done)
      consider(item.next_due);
    if (item.phase == Phase::WaitingForWindow) consider(window_.until);
    if (is_idle(item.phase) && item.phase != Phase::Expired) consider(item.deployment->expires);
  }
  if (policy_expires_ && !expiry_reported_) consider(policy_expires_);
  return earliest;
}

std::vector<ExecutionMachine::Overview> ExecutionMachine::overview() const {
  std::vector<Overview> out;
  for (const auto& [key, item] : items_)
    out.push_back({key, item.phase, item.result,
                   item.phase == Phase::WaitingToRetry ? item.next : std::nullopt, item.due,
                   item.next_due, item.result_at});
  return out;
}

}  // namespace muster::client
