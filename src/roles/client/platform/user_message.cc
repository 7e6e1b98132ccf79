#include "roles/client/platform/user_message.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <set>

#include "base/log.h"
#include "base/os/fd.h"
#include "base/utf8.h"
#include "roles/client/platform/bus_call.h"

namespace muster::client {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestText = 2000;

std::optional<uid_t> uid_of(const std::string& user) {
  passwd entry;
  passwd* found = nullptr;
  std::vector<char> room(65536);
  if (::getpwnam_r(user.c_str(), &entry, room.data(), room.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  return found->pw_uid;
}

bool write_line(const fs::path& terminal, uid_t owner, const std::string& text) {
  const os::Fd fd(
      ::open(terminal.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  struct stat status {};
  // The session's file may be old, and its line another user's by now.
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0 || !S_ISCHR(status.st_mode) ||
      status.st_uid != owner || ::isatty(fd.get()) != 1)
    return false;
  const std::string line = "\r\n\a*** muster: " + text + "\r\n";
  return ::write(fd.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

bool notify(uid_t uid, const fs::path& bus, const std::string& text) {
  BusCall call;
  call.address = "unix:path=" + bus.string();
  call.uid = uid;
  call.destination = "org.freedesktop.Notifications";
  call.path = "/org/freedesktop/Notifications";
  call.interface = "org.freedesktop.Notifications";
  call.member = "Notify";
  // Application, no notification to replace, icon, summary, body, no actions, urgency 2: it stays
  // until the user closes it (Desktop Notifications 1.2).
  call.arguments = {"susssasa{sv}i", "muster", "0", "", "This machine is managed", text, "0", "1",
                    "urgency",       "y",      "2", "0"};
  const auto called = make_bus_call(call);
  if (!called) log::failure(log::Level::Info, "notice.desktop.failed", called.error());
  return called.has_value();
}

}  // namespace

MessageCount tell_users(const std::vector<UserSession>& sessions, const std::string& text,
                        const MessagePlaces& places) {
  const std::string clean = printable_utf8(text, kLongestText);
  MessageCount told;
  std::set<uid_t> users;
  for (const UserSession& session : sessions) {
    const auto uid = uid_of(session.user);
    if (!uid) continue;
    users.insert(*uid);
    const bool plain = !session.line.empty() && session.line.find("..") == std::string::npos &&
                       !session.line.starts_with('/') && !session.line.starts_with(':');
    if (plain && write_line(places.terminals / session.line, *uid, clean)) ++told.terminals;
  }
  for (const uid_t uid : users) {
    const fs::path bus = places.runtime / fmt::format("{}", uid) / "bus";
    struct stat status {};
    if (::lstat(bus.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode) || status.st_uid != uid)
      continue;
    if ((::geteuid() == 0 || ::geteuid() == uid) && notify(uid, bus, clean)) ++told.desktops;
  }
  return told;
}

}  // namespace muster::client
