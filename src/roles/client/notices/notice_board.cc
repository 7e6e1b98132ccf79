#include "roles/client/notices/notice_board.h"

#include <algorithm>

#include "roles/client/notices/errors.h"

namespace muster::client {
namespace {

constexpr Duration kDay = std::chrono::hours(24);
constexpr Duration kHour = std::chrono::hours(1);

std::string minutes_text(Duration left) {
  const auto minutes =
      std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::minutes>(left).count());
  if (minutes < 120) return fmt::format("{} minute{}", minutes, minutes == 1 ? "" : "s");
  return fmt::format("{} hours", (minutes + 30) / 60);
}

std::string sentence(const Expected& what, Duration left, TellReason reason) {
  if (what.by_hand)
    return fmt::format("This machine has to be restarted within {}: {}.", minutes_text(left),
                       what.text);
  const char* verb = what.kind == NoticeKind::Restart ? "This machine restarts" : "This will run";
  if (reason == TellReason::Countdown)
    return fmt::format("{} in {}: {}. Save your work.", verb, minutes_text(left), what.text);
  return fmt::format(
      "{} in {} at the latest: {}. To have it now: muster-client notices now {}. Not to be "
      "reminded for a while: muster-client notices later {}",
      verb, minutes_text(left), what.text, what.id, what.id);
}

}  // namespace

Duration NoticeBoard::pause(Timestamp at, Timestamp now) const {
  const Duration left = at - now;
  const Duration every = left > kDay    ? times_.over_day
                         : left > kHour ? times_.under_day
                                        : times_.under_hour;
  // The last day and the last hour begin with a reminder of their own.
  if (left > kDay) return std::min(every, left - kDay);
  if (left > kHour) return std::min(every, left - kHour);
  return every;
}

void NoticeBoard::look_at(Notice& notice, const Users& users, Moment now, NoticeActions& out) {
  notice.wake.reset();
  if (notice.gone_on) return;
  const Expected& what = notice.what;
  if (!what.ripe) {
    notice.countdown_end.reset();  // a window closed, or another program came first
    if (!users.empty() && what.at > now.wall) remind(notice, users, now, out);
    return;
  }
  const bool counts = !users.empty() && !what.by_hand;
  if (counts && !notice.countdown_end) {
    notice.countdown_end = now.steady + times_.countdown;
    out.tell.push_back({what.id,
                        TellReason::Countdown,
                        sentence(what, times_.countdown, TellReason::Countdown),
                        {users.begin(), users.end()}});
  }
  if (counts && now.steady < *notice.countdown_end) {
    notice.wake = notice.countdown_end;
    return;
  }
  notice.gone_on = true;
  out.go_on.push_back({what.id, what.kind, false, true});
}

void NoticeBoard::remind(Notice& notice, const Users& users, Moment now, NoticeActions& out) const {
  const Expected& what = notice.what;
  // Its time itself comes by the clock on the wall.
  const Duration left = what.at - now.wall;
  notice.wake = now.steady + left;
  std::vector<std::string> first, again;
  for (const std::string& user : users) {
    const auto [at, added] = notice.users.try_emplace(user);
    Reminders& own = at->second;
    if (own.put_off_until && now.steady >= *own.put_off_until) own.put_off_until.reset();
    if (added || now.steady >= own.next) {
      (added ? first : again).push_back(user);
      own.next = now.steady + pause(what.at, now.wall);
    }
    notice.wake = std::min(*notice.wake, own.next);
  }
  const auto tell = [&](TellReason reason, std::vector<std::string> whom) {
    if (whom.empty()) return;
    out.tell.push_back({what.id, reason, sentence(what, left, reason), std::move(whom)});
  };
  tell(TellReason::Announced, std::move(first));
  tell(TellReason::Reminder, std::move(again));
}

NoticeActions NoticeBoard::look(const std::vector<Expected>& expected, const Users& users,
                                Moment now) {
  std::map<std::string, Notice> kept;
  for (const Expected& what : expected) {
    const auto known = notices_.find(what.id);
    Notice notice;
    // A program that comes again at another time is another notice; so is one whose clock was set.
    if (known != notices_.end() && known->second.what.at == what.at) notice = known->second;
    // What a user had early is over: now its own time has come.
    if (what.ripe && !notice.what.ripe) notice.gone_on = false;
    notice.what = what;
    kept.insert_or_assign(what.id, std::move(notice));
  }
  notices_ = std::move(kept);
  NoticeActions out;
  for (auto& [id, notice] : notices_) look_at(notice, users, now, out);
  return out;
}

Result<NoticeActions> NoticeBoard::go_on_now(const std::string& id, Moment) {
  const auto found = notices_.find(id);
  if (found == notices_.end() || found->second.gone_on)
    return fail(kNoNotice, "{}", id.substr(0, 80));
  Notice& notice = found->second;
  notice.gone_on = true;
  NoticeActions out;
  out.go_on.push_back({id, notice.what.kind, true, notice.what.ripe});
  return out;
}

Result<Timestamp> NoticeBoard::put_off(const std::string& id,
                                       const std::optional<std::string>& user,
                                       std::optional<Duration> by, Moment now) {
  const auto found = notices_.find(id);
  if (found == notices_.end() || found->second.gone_on)
    return fail(kNoNotice, "{}", id.substr(0, 80));
  Notice& notice = found->second;
  const Duration left = notice.what.at - now.wall;
  if (notice.what.ripe || left <= Duration(0))
    return fail(kNoPuttingOff, "{}: its time has come", notice.what.text);
  const Duration wanted = std::min(by.value_or(pause(notice.what.at, now.wall)), left);
  if (user) notice.users.try_emplace(*user);
  for (auto& [name, own] : notice.users) {
    if (user && name != *user) continue;
    own.put_off_until = own.next = now.steady + wanted;
  }
  return now.wall + wanted;
}

std::vector<NoticeBoard::Shown> NoticeBoard::shown(const std::optional<std::string>& user,
                                                   Moment now) const {
  std::vector<Shown> out;
  for (const auto& [id, notice] : notices_) {
    if (notice.gone_on) continue;
    Shown& each =
        out.emplace_back(Shown{id, notice.what.kind, notice.what.text, notice.what.at, {}, {}});
    for (const auto& [name, own] : notice.users)
      if ((!user || name == *user) && own.put_off_until && *own.put_off_until > now.steady)
        each.put_off_until = now.wall + (*own.put_off_until - now.steady);
    if (notice.countdown_end) each.countdown_end = now.wall + (*notice.countdown_end - now.steady);
  }
  return out;
}

std::optional<Duration> NoticeBoard::next(Moment now) const {
  std::optional<Duration> out;
  for (const auto& [id, notice] : notices_) {
    if (!notice.wake) continue;
    const Duration left = std::max(*notice.wake - now.steady, Duration(0));
    out = std::min(out.value_or(left), left);
  }
  return out;
}

}  // namespace muster::client
