// What users are told before a program starts by itself or the machine restarts: when they are
// told, what they may answer, and when it goes on whatever they do. It shows nothing itself.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace muster::client {

enum class NoticeKind { Program, Restart };

// Something that is to happen. All of them are given each time.
struct Expected {
  std::string id;  // how users name it when they answer
  NoticeKind kind = NoticeKind::Program;
  std::string text{};  // "program install of editor 1.2"
  Timestamp at{};      // from here on nobody can put it off
  // Its time has come, and only the users' countdown is missing.
  bool ripe = false;
  // Somebody else has to do it: users are told so, and nothing counts down.
  bool by_hand = false;
};

struct NoticeTimes {
  Duration countdown = std::chrono::minutes(5);
  // How often users are reminded more than 24 hours before, in the last 24 hours, and in the last.
  Duration over_day = std::chrono::hours(3);
  Duration under_day = std::chrono::hours(1);
  Duration under_hour = std::chrono::minutes(15);
};

// A moment by the clock on the wall, which may be set, and by one that only goes forward.
struct Moment {
  Timestamp wall{};
  Duration steady{0};
};

enum class TellReason { Announced, Reminder, Countdown };

struct Tell {
  std::string id;
  TellReason reason = TellReason::Announced;
  std::string text;
  std::vector<std::string> users{};
};
// The wait is over: `asked` when a user wants it now.
struct GoOn {
  std::string id;
  NoticeKind kind = NoticeKind::Program;
  bool asked = false;
  bool ripe = false;
};
struct NoticeActions {
  std::vector<Tell> tell{};
  std::vector<GoOn> go_on{};
};

class NoticeBoard {
 public:
  void set_times(const NoticeTimes& times) { times_ = times; }

  // Names of those who are logged on. With nobody, what is ripe goes on at once.
  using Users = std::set<std::string>;
  NoticeActions look(const std::vector<Expected>& expected, const Users& users, Moment now);

  // Errors: kNoNotice, kNoPuttingOff.
  Result<NoticeActions> go_on_now(const std::string& id, Moment now);
  // The user, or where none is given everybody who was told, is not reminded before then; at most
  // until its time. Returns until when.
  Result<Timestamp> put_off(const std::string& id, const std::optional<std::string>& user,
                            std::optional<Duration> by, Moment now);

  struct Shown {
    std::string id;
    NoticeKind kind;
    std::string text;
    Timestamp at;
    std::optional<Timestamp> put_off_until;
    std::optional<Timestamp> countdown_end;
  };
  // As that user sees them; where none is given, what anybody has put off is shown as put off.
  std::vector<Shown> shown(const std::optional<std::string>& user, Moment now) const;
  // How long until look() would do something by itself; nothing without notices.
  std::optional<Duration> next(Moment now) const;

 private:
  struct Reminders {
    Duration next{0};  // of the steady clock, as all durations here
    std::optional<Duration> put_off_until;
  };
  struct Notice {
    Expected what;
    std::map<std::string, Reminders> users;  // who was told
    std::optional<Duration> countdown_end;
    std::optional<Duration> wake;  // when look() does something by itself
    bool gone_on = false;
  };
  void look_at(Notice& notice, const Users& users, Moment now, NoticeActions& out);
  void remind(Notice& notice, const Users& users, Moment now, NoticeActions& out) const;
  Duration pause(Timestamp at, Timestamp now) const;

  NoticeTimes times_;
  std::map<std::string, Notice> notices_;
};

}  // namespace muster::client
