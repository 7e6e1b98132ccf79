// Tells the logged-on users of this machine something: on their terminals, and where they have a
// desktop by its notification service.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "roles/client/platform/user_presence.h"

namespace muster::client {

struct MessagePlaces {
  std::filesystem::path terminals = "/dev";
  std::filesystem::path runtime = "/run/user";  // holds UID/bus of each session
};

struct MessageCount {
  std::size_t terminals = 0;
  std::size_t desktops = 0;
};

// One line with line breaks around it. Control characters of the text never reach a terminal; one
// that does not take it at once is passed over. Where this process is no root, only its own user's
// desktop can be told.
MessageCount tell_users(const std::vector<UserSession>& sessions, const std::string& text,
                        const MessagePlaces& places);

}  // namespace muster::client
