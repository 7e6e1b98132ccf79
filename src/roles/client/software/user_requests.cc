#include "roles/client/software/user_requests.h"

#include <utility>

namespace muster::client {

UserRequests::Admission UserRequests::admit(std::uint32_t user, Duration now) {
  for (auto& [uid, asked] : of_user_)
    std::erase_if(asked.at, [now](Duration at) { return now - at >= kWithin; });
  std::erase_if(of_user_, [](const auto& each) { return each.second.at.empty(); });
  Asked& asked = of_user_[user];
  if (asked.at.size() < kMost) {
    asked.at.push_back(now);
    asked.refused = false;
    return Admission::Admitted;
  }
  return std::exchange(asked.refused, true) ? Admission::Refused : Admission::FirstRefused;
}

}  // namespace muster::client
