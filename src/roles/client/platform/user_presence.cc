#include "roles/client/platform/user_presence.h"

#include <pwd.h>
#include <sys/stat.h>
#include <utmpx.h>

#include <cstring>

#include "base/os/file.h"

namespace muster::client {
namespace {

constexpr std::size_t kLargestSessions = 4u << 20;

// A field of utmp ends at its size or at a zero.
template <std::size_t Size>
std::string text_of(const char (&field)[Size]) {
  return std::string(field, ::strnlen(field, Size));
}

enum class Sessions { Open, Ended };

std::vector<utmpx> user_sessions(const std::filesystem::path& file,
                                 Sessions which = Sessions::Open) {
  const short type = which == Sessions::Open ? USER_PROCESS : DEAD_PROCESS;
  // Without the file, as in a container, nobody logs on.
  const auto bytes = os::read_file(file, kLargestSessions);
  std::vector<utmpx> out;
  if (!bytes) return out;
  for (std::size_t at = 0; at + sizeof(utmpx) <= bytes->size(); at += sizeof(utmpx)) {
    utmpx entry;
    std::memcpy(&entry, bytes->data() + at, sizeof entry);
    if (entry.ut_type == type) out.push_back(entry);
  }
  return out;
}

}  // namespace

std::vector<UserSession> logged_on(const UserPresencePlaces& places) {
  std::vector<UserSession> out;
  for (const utmpx& session : user_sessions(places.sessions)) {
    UserSession each{text_of(session.ut_user), text_of(session.ut_line)};
    if (!each.user.empty()) out.push_back(std::move(each));
  }
  return out;
}

std::string user_name(std::uint32_t uid) {
  passwd entry;
  passwd* found = nullptr;
  std::vector<char> room(65536);
  if (::getpwuid_r(uid, &entry, room.data(), room.size(), &found) != 0 || found == nullptr)
    return {};
  return found->pw_name;
}

std::vector<PresenceEvent> UserPresence::look(Timestamp now) {
  std::vector<PresenceEvent> events;
  std::set<std::string> present;
  bool idle = true;
  Timestamp idle_since{};
  for (const utmpx& session : user_sessions(places_.sessions)) {
    const std::string line = text_of(session.ut_line);
    present.insert(fmt::format("{} {} {} {}", text_of(session.ut_user), line,
                               static_cast<std::int64_t>(session.ut_tv.tv_sec),
                               static_cast<std::int64_t>(session.ut_pid)));
    // Reading from a terminal sets its access time. A session without one counts as busy.
    struct stat terminal {};
    const bool plain = line.find("..") == std::string::npos && !line.starts_with('/');
    if (!plain || ::stat((places_.terminals / line).c_str(), &terminal) != 0) {
      idle = false;
      continue;
    }
    const Timestamp typed{static_cast<std::int64_t>(terminal.st_atim.tv_sec) * 1000};
    if (now - typed < kIdleAfter) idle = false;
    idle_since = std::max(idle_since, typed + kIdleAfter);
  }
  if (known_)
    for (const std::string& session : present)
      if (!known_->contains(session)) {
        events.push_back({model::DeploymentEvent::Logon, now});
        break;
      }
  if (idle && !idle_) {
    for (const utmpx& ended : user_sessions(places_.sessions, Sessions::Ended)) {
      const Timestamp end{static_cast<std::int64_t>(ended.ut_tv.tv_sec) * 1000};
      if (ended.ut_line[0] != '\0') idle_since = std::max(idle_since, end);
    }
    events.push_back({model::DeploymentEvent::Idle, known_ ? now : std::min(idle_since, now)});
  }
  known_ = std::move(present);
  idle_ = idle;
  return events;
}

}  // namespace muster::client
