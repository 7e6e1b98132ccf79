#include "roles/client/agent.h"

#include "base/log.h"
#include "base/os/file.h"
#include "base/os/system.h"
#include "base/settings_tables.h"
#include "net/url.h"
#include "roles/client/errors.h"
#include "roles/client/inventory/software_files.h"
#include "roles/client/platform/root_source.h"
#include "roles/client/platform/surroundings.h"

namespace muster::client {
namespace {

constexpr Duration kWhileRunning = std::chrono::milliseconds(200);
constexpr Duration kLongestSleep = std::chrono::seconds(60);
constexpr Duration kSmallestJump = std::chrono::seconds(30);

}  // namespace

Agent::Agent(const contract::ClientConfig& config, Settings settings, const Clock& clock,
             Random& random, const std::atomic<bool>& stop)
    : config_(config),
      settings_(std::move(settings)),
      clock_(clock),
      random_(random),
      stop_(stop),
      choice_({.again_first = settings_.duration("management_point.again_first"),
               .again_longest = settings_.duration("management_point.again_longest")},
              random),
      nudge_({.retry_first = settings_.duration("retry.first"),
              .retry_longest = settings_.duration("retry.longest")},
             random) {}

Result<std::unique_ptr<Agent>> Agent::open(const contract::ClientConfig& config, const Clock& clock,
                                           Random& random, const std::atomic<bool>& stop) {
  Settings settings({client_settings()});
  for (const auto& [name, text] : config.settings) TRY(settings.set(name, text));
  TRY(software_file_rules(settings));  // a wrong one is said at the start
  std::unique_ptr<Agent> agent(new Agent(config, std::move(settings), clock, random, stop));
  TRY(agent->open_parts());
  TRY(agent->open_execution());
  TRY(agent->open_notices());
  // Without it the machine is managed all the same.
  auto control = ControlPort::open(config.state, clock);
  if (control)
    agent->control_ = *std::move(control);
  else
    log::failure(log::Level::Warning, "client.control.closed", control.error());
  return agent;
}

Result<void> Agent::open_parts() {
  const std::filesystem::path state = config_.state;
  TRY(os::make_private_folder(state));
  identity_ = TRY(IdentityStore(state / "identity").load_or_create(random_));
  policy_ = TRY(PolicyKeeper::open(state / "policy", identity_->device));
  outbox_ = TRY(Outbox::open(state / "outbox", settings_.size_bytes("outbox.size_limit"), random_));
  cache_ = TRY(ContentCache::open({.folder = state / "cache",
                                   .limit_bytes = settings_.size_bytes("cache.size_limit"),
                                   .keep = settings_.duration("cache.keep")}));
  host_name_ = TRY(os::read_file("/proc/sys/kernel/hostname"));
  host_name_ = host_name_.substr(0, host_name_.find_first_of(".\n"));
  fallback_ = TRY(FallbackReporter::open({.file = state / "fallback",
                                          .point = config_.fallback_point,
                                          .proxy = TRY(proxy()),
                                          .host_name = host_name_,
                                          .repeat = settings_.duration("fallback.repeat"),
                                          .retry_first = settings_.duration("retry.first"),
                                          .retry_longest = settings_.duration("retry.longest"),
                                          .stop = &stop_},
                                         identity_->device, clock_, random_));
  open_assignment();
  return {};
}

Result<std::optional<net::Proxy>> Agent::proxy() const {
  const std::string& text = settings_.text("proxy.url");
  if (text.empty()) return std::optional<net::Proxy>();
  const auto url = TRY(net::parse_url(text));
  return std::optional(net::Proxy{url.host, url.port, {}, {}});
}

Result<void> Agent::open_execution() {
  const std::filesystem::path state = config_.state;
  ExecutionHostSettings settings;
  settings.log = state / "execution.log";
  settings.executor.folder = state / "runs";
  if (const std::string& user = settings_.text("program.user"); !user.empty())
    settings.executor.user = user;
  settings.executor.secrets = settings_.path("program.secrets");
  settings.machine.privileged = is_privileged();
  settings.machine.boot = boot_id();
  settings.machine.offset_at = os::local_offset;
  settings.machine.device = identity_->device.text();
  settings.machine.surroundings = [] { return look_around(); };
  ExecutionPorts ports;
  ports.download = [this](const Deployment& deployment) { downloads_.push_back(deployment); };
  ports.report = [this](const DeploymentReport& report) { queue_deployment_report(report); };
  ports.policy_expired = [this](const ReportPolicyExpired& report) {
    contract::StatusReport status;
    status.at = report.at;
    status.status_id = model::kStatusPolicyExpired;
    status.error = report.error.kind().number;
    status.detail = report.error.text_with_advice();
    queue_status(status);
  };
  ports.refuse = [this](const RefuseRequest& refusal) {
    refused_request_ = refusal.error;
    log::failure(log::Level::Warning, "software.request.refused", refusal.error);
  };
  execution_ =
      TRY(ExecutionHost::open(std::move(settings), *cache_, std::move(ports), clock_.now()));
  return {};
}

void Agent::follow_clock() {
  const Moment now = moment();
  const Moment before = std::exchange(last_step_, now).value_or(now);
  const Duration set = (now.wall - before.wall) - (now.steady - before.steady);
  if (set > -kSmallestJump && set < kSmallestJump) return;
  log::info("client.clock.set", "the clock of this machine was set",
            {{"by", muster::to_text(set)}});
  // The machine slept, perhaps: then nobody holds the request any more.
  if (link_ && link_->waits_for_nudge()) {
    link_->stop_waiting();
    nudge_.lost(now.wall);
  }
  if (set > Duration(0)) return;  // what is due now is done now
  for (RetryTimer* timer : {&enrolment_, &renewal_, &poll_, &inventory_timer_, &heartbeat_,
                            &outbox_timer_, &files_timer_, &assignment_timer_, &reassignment_timer_,
                            &points_timer_, &locators_, &content_timer_})
    timer->clock_set(set);
  nudge_.clock_set(set);
  fallback_->clock_set(set);
}

void Agent::serve_commands() {
  if (control_) control_->serve([this](const auto& request, auto) { return answer(request); });
  serve_users();
}

void Agent::look_after_machine() {
  const Timestamp now = clock_.now();
  const bool was_idle = presence_.is_idle();
  for (const PresenceEvent& event : presence_.look(now))
    execution_->on(EventHappened{event.event, event.at}, now);
  if (was_idle && !presence_.is_idle()) execution_->on(IdleEnded{}, now);
  execution_->poll(now);
  look_after_notices();
}

Result<Timestamp> Agent::step() {
  follow_clock();
  serve_commands();
  const Timestamp now = clock_.now();
  if (reassignment_asked()) reassign(now);
  if (!has_site() && assignment_timer_.due(now)) assign(now);
  ask_locators_again(now);
  if (has_site() && !linked_ && enrolment_.due(now)) enrol(now);
  if (linked_) follow_choice(now);
  if (linked_) {
    take_nudge(now);
    if (points_timer_.due(now)) refresh_points(now);
    if (renewal_.due(now)) renew(now);
    if (poll_.due(now)) poll_policy(now);
    if (inventory_timer_.due(now)) send_inventory(now);
    if (heartbeat_.due(now)) send_heartbeat(now);
    if (!file_collections_.empty() && files_timer_.due(now)) send_files(now);
    fetch_due_content();
  }
  look_after_machine();
  while (!reports_taken_.empty()) {
    const ExecutionKey key = reports_taken_.front();
    reports_taken_.pop_front();
    execution_->on(ReportTaken{key}, clock_.now());
  }
  if (linked_) flush_outbox(clock_.now());
  // Last, on the connection that the rest was done on.
  if (linked_) wait_for_nudge(clock_.now());
  fallback_->flush(clock_.now());

  const Timestamp after = clock_.now();
  if (execution_->runs_program()) return after + kWhileRunning;
  Timestamp next = after + kLongestSleep;
  const auto consider = [&](Timestamp moment) { next = std::min(next, moment); };
  if (linked_) {
    for (const RetryTimer* timer :
         {&points_timer_, &renewal_, &poll_, &inventory_timer_, &heartbeat_})
      consider(timer->next());
    if (!file_collections_.empty()) consider(files_timer_.next());
    if (!link_->waits_for_nudge() && polled_) consider(nudge_.next());
    if (const auto waiting = outbox_->next(); waiting && *waiting) consider(outbox_timer_.next());
  } else {
    consider(has_site() ? enrolment_.next() : assignment_timer_.next());
  }
  if (const auto time = fallback_->next()) consider(*time);
  if (const auto time = execution_->next_time()) consider(*time);
  if (const auto wait = board_.next(moment())) consider(after + *wait);
  if (!downloads_.empty()) consider(content_timer_.next());
  return std::max(next, after);
}

}  // namespace muster::client
