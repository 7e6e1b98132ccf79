// What the agent tells the users of its machine before programs and restarts, and their answers.
#include <algorithm>

#include "base/log.h"
#include "base/os/file.h"
#include "model/status_ids.h"
#include "roles/client/agent.h"
#include "roles/client/errors.h"
#include "roles/client/notices/errors.h"
#include "roles/client/platform/bus_call.h"
#include "roles/client/platform/user_message.h"

namespace muster::client {
namespace {

constexpr const char* kRestartId = "restart";
constexpr Duration kAskAgain = std::chrono::minutes(10);
constexpr Duration kUserPatience = std::chrono::seconds(10);
constexpr std::size_t kUserConnections = 4;
constexpr Duration kUserPause = std::chrono::milliseconds(250);
constexpr Duration kDay = std::chrono::hours(24);

// What users call a program's notice: its deployment, unless that is called as the restart is.
const std::string& notice_id(const VerifiedDeployment& each) {
  return each.name == kRestartId ? each.deployment.key.deployment : each.name;
}

// Of what comes again and again users are told a day before, of a deadline as soon as it is known.
bool is_to_come(const ExecutionMachine::Overview& each, const Deployment& deployment,
                Timestamp now) {
  if (!each.next_due) return false;
  const bool runs = each.phase == Phase::WaitingForDeadline ||
                    (each.phase == Phase::Done && deployment.rerun == model::Rerun::Always);
  return runs && (each.next_due == deployment.deadline || *each.next_due - now <= kDay);
}

}  // namespace

Result<void> Agent::open_notices() {
  places_.sessions = settings_.path("notice.sessions");
  presence_ = UserPresence(places_);
  restart_ = TRY(RestartKeeper::open(std::filesystem::path(config_.state) / "restart", boot_id()));
  const std::string& path = settings_.path("notice.socket");
  // The agent of a single user has its own socket, and no other user to ask.
  if (!is_privileged() || path.empty()) return {};
  // Not the agent's members: this runs on the socket's threads.
  const auto admit = [places = places_](std::uint32_t uid) {
    if (uid == 0) return true;
    const std::string name = user_name(uid);
    const auto sessions = logged_on(places);
    return !name.empty() && std::ranges::find(sessions, name, &UserSession::user) != sessions.end();
  };
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  auto port = ControlPort::open({.path = path,
                                 .mode = 0666,
                                 .idle_time = kUserPatience,
                                 .connections_per_user = kUserConnections,
                                 .pause = kUserPause,
                                 .admit = admit},
                                clock_);
  if (port)
    user_port_ = *std::move(port);
  else
    log::failure(log::Level::Warning, "client.notices.closed", port.error());
  return {};
}

NoticeBoard::Users Agent::users() const {
  NoticeBoard::Users out;
  for (const UserSession& session : logged_on(places_)) out.insert(session.user);
  return out;
}

bool Agent::may_restart() const {
  return is_privileged() && settings_.text("restart.allowed") == "yes";
}

std::optional<Expected> Agent::expected_restart(Timestamp now) {
  restart_->mend_clock(now);
  if (!restart_->pending()) return std::nullopt;
  Expected what{.id = kRestartId, .kind = NoticeKind::Restart};
  what.text = "software was installed that needs it";
  what.at = restart_->pending()->since + policy_->agent().duration(model::kRestartWithin);
  what.by_hand = !may_restart();
  const bool time = now >= what.at || users().empty();
  what.ripe = time && check_restart(Asker::Notice);
  return what;
}

std::vector<Expected> Agent::expected_notices(Timestamp now) {
  std::vector<Expected> out;
  for (const ExecutionMachine::Overview& each : execution_->overview()) {
    if (each.result && each.result->outcome == Outcome::PendingRestart &&
        each.phase == Phase::Done) {
      const bool first = !restart_->pending();
      const auto kept = restart_->ask(each.key.deployment, std::min(each.result_at, now));
      if (!kept) log::failure(log::Level::Warning, "restart.state.lost", kept.error());
      if (kept && first)
        report_restart(
            model::kStatusRestartWaits, "users may put it off",
            restart_->pending()->since + policy_->agent().duration(model::kRestartWithin));
    }
    const auto& known = policy_->deployments();
    const auto wanted = std::ranges::find_if(
        known, [&](const VerifiedDeployment& one) { return one.deployment.key == each.key; });
    if (wanted == known.end() || !wanted->deployment.notice) continue;
    const bool ripe = each.phase == Phase::WaitingForUser;
    const Deployment& deployment = wanted->deployment;
    if (!ripe && !is_to_come(each, deployment, now)) continue;
    out.push_back({.id = notice_id(*wanted),
                   .kind = NoticeKind::Program,
                   .text = fmt::format("{} of {} {}", deployment.program.name,
                                       deployment.key.package, deployment.key.version),
                   .at = ripe ? each.due.value_or(now) : *each.next_due,
                   .ripe = ripe});
  }
  if (auto restart = expected_restart(now)) out.push_back(*std::move(restart));
  return out;
}

void Agent::look_after_notices() {
  const model::EffectiveAgent& agent = policy_->agent();
  board_.set_times({.countdown = agent.duration(model::kCountdown),
                    .over_day = agent.duration(model::kReminderOverDay),
                    .under_day = agent.duration(model::kReminderUnderDay),
                    .under_hour = agent.duration(model::kReminderUnderHour)});
  const auto expected = expected_notices(clock_.now());
  follow(board_.look(expected, users(), moment()));
  // Asked for in vain: again, as long as it is wanted.
  if (restart_tried_ && restart_->pending() && clock_.steady() - *restart_tried_ >= kAskAgain &&
      check_restart(Asker::Notice))
    restart_machine(clock_.now());
}

void Agent::follow(const NoticeActions& actions) {
  for (const Tell& tell : actions.tell) {
    auto sessions = logged_on(places_);
    std::erase_if(sessions, [&](const UserSession& each) {
      return std::ranges::find(tell.users, each.user) == tell.users.end();
    });
    const MessageCount told = tell_users(sessions, tell.text, {});
    log::info("notice.told", tell.text,
              {{"notice", tell.id}, {"terminals", told.terminals}, {"desktops", told.desktops}});
  }
  for (const GoOn& go : actions.go_on) {
    log::info("notice.ended", go.asked ? "a user wants it now" : "its time has come",
              {{"notice", go.id}});
    if (go.kind == NoticeKind::Restart) {
      restart_machine(clock_.now());
      continue;
    }
    for (const VerifiedDeployment& each : policy_->deployments()) {
      if (notice_id(each) != go.id) continue;
      if (go.ripe)
        execution_->on(NoticeEnded{each.deployment.key}, clock_.now());
      else
        execution_->on(UserRequested{each.deployment.key.deployment}, clock_.now());
    }
  }
}

// An installation is not cut off, whoever asks; and outside of the windows only who runs the
// machine takes it down.
Result<void> Agent::check_restart(Asker asker) const {
  if (execution_->runs_program()) return fail(kProgramRuns, "the machine does not restart now");
  if (asker != Asker::Administrator && !execution_->window_open())
    return fail(kWindowClosed, "the machine does not restart now");
  return {};
}

void Agent::restart_machine(Timestamp now) {
  restart_tried_ = clock_.steady();
  if (execution_->runs_program()) return;  // it began meanwhile: again in a while
  if (!may_restart()) {
    const std::string why =
        is_privileged() ? "the setting restart.allowed is no" : "the client does not run as root";
    const Error error = fail(kRestartByHand, "{}", why).value();
    if (restart_told_.insert(why).second) {
      log::failure(log::Level::Warning, "restart.by.hand", error);
      report_restart(model::kStatusRestartByHand, error.text_with_advice(), std::nullopt);
      tell_users(logged_on(places_), "This machine must be restarted.", {});
    }
    return;
  }
  BusCall call;
  call.destination = "org.freedesktop.login1";
  call.path = "/org/freedesktop/login1";
  call.interface = "org.freedesktop.login1.Manager";
  call.member = "Reboot";
  call.arguments = {"b", "false"};  // nobody is asked for a password
  // Told first: there may be no time behind the answer.
  if (restart_told_.insert("asked").second) {
    report_restart(model::kStatusRestartAsked, "the system was asked to restart", now + kAskAgain);
    if (linked_) flush_outbox(now);
  }
  if (const auto asked = make_bus_call(call); !asked)
    log::failure(log::Level::Warning, "restart.failed", asked.error());
}

void Agent::report_restart(unsigned status_id, const std::string& detail,
                           std::optional<Timestamp> next) {
  for (const std::string& cause : restart_->pending()->causes) {
    contract::StatusReport status;
    status.at = clock_.now();
    status.status_id = status_id;
    const auto deployment = model::ObjectId::parse(cause);
    if (deployment) status.deployment = *deployment;
    status.detail = detail;
    status.next_retry = next;
    queue_status(status);
  }
}

contract::ControlAnswer Agent::tell_notices(const std::optional<std::string>& user) const {
  contract::ControlAnswer out{.columns = {"NAME", "WHAT", "AT THE LATEST", "NEXT"}};
  for (const NoticeBoard::Shown& each : board_.shown(user, moment())) {
    std::string next;
    if (each.put_off_until) next = "put off until " + to_text_seconds(*each.put_off_until);
    if (each.countdown_end) next = "begins at " + to_text_seconds(*each.countdown_end);
    out.rows.push_back({each.id,
                        (each.kind == NoticeKind::Restart ? "restart: " : "program: ") + each.text,
                        to_text_seconds(each.at), next});
  }
  return out;
}

Result<contract::ControlAnswer> Agent::answer_notice(const contract::ControlRequest& request,
                                                     const std::optional<std::string>& user) {
  if (request.verb == "notices") return tell_notices(user);
  std::string id = request.argument;
  std::optional<Duration> by;
  if (const auto space = id.find(' '); space != std::string::npos) {
    by = TRY(parse_duration(std::string_view(id).substr(space + 1)));
    id.resize(space);
  }
  if (request.verb == "notice-now") {
    if (id == kRestartId) TRY(check_restart(user ? Asker::User : Asker::Administrator));
    follow(TRY(board_.go_on_now(id, moment())));
  } else if (request.verb == "notice-later") {
    TRY(board_.put_off(id, user, by, moment()));
  } else {
    return fail(kUnknownVerb, "{}", request.verb.substr(0, 80));
  }
  return tell_notices(user);
}

}  // namespace muster::client
