// Who is logged on at this machine, and whether they do anything: the events that deployments wait
// for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/deployment.h"

namespace muster::client {

struct UserPresencePlaces {
  std::filesystem::path sessions = "/run/utmp";  // as utmp(5)
  std::filesystem::path terminals = "/dev";
};

struct UserSession {
  std::string user;
  std::string line;  // of its terminal below /dev; of a desktop it names none
  friend bool operator==(const UserSession&, const UserSession&) = default;
};
// Who is logged on now. Nobody where the system keeps no such file.
std::vector<UserSession> logged_on(const UserPresencePlaces& places);

// Of a uid; empty for one that this machine does not know.
std::string user_name(std::uint32_t uid);

struct PresenceEvent {
  model::DeploymentEvent event = model::DeploymentEvent::Logon;
  Timestamp at{};
  friend bool operator==(const PresenceEvent&, const PresenceEvent&) = default;
};

class UserPresence {
 public:
  // Nobody has typed for this long, or nobody is logged on.
  static constexpr Duration kIdleAfter = std::chrono::minutes(15);

  UserPresence() = default;
  explicit UserPresence(UserPresencePlaces places) : places_(std::move(places)) {}

  // What has happened since the last look. Those who are logged on at the first look are not new;
  // a machine that is idle then has been so since its users did something last: since 1970 where
  // no user is known, so that it is the same moment each time.
  std::vector<PresenceEvent> look(Timestamp now);
  // At the last look.
  bool is_idle() const { return idle_; }

 private:
  UserPresencePlaces places_;
  std::optional<std::set<std::string>> known_;
  bool idle_ = false;
};

}  // namespace muster::client
