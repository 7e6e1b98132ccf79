#include "roles/client/nudge_hold.h"

#include <algorithm>

namespace muster::client {
namespace {

// Longer than a management point may hold a request.
constexpr Duration kLongestHold = std::chrono::minutes(20);
// A site without nudges may have learnt of them.
constexpr Duration kAskOlderSiteAgain = std::chrono::hours(1);
constexpr Duration kLongestRetry = std::chrono::minutes(1);
// Without a word of the site: the time over which clients of a large one come back.
constexpr int kSpreadRetries = 6;

}  // namespace

bool NudgeHold::held_too_long(Duration steady) const { return steady - since_ >= kLongestHold; }

void NudgeHold::failed(Timestamp now, Duration asked) {
  timer_.failed(now, settings_.retry_first, std::min(settings_.retry_longest, kLongestRetry),
                jitter(), asked);
}

void NudgeHold::lost(Timestamp now, Duration asked) {
  const Duration spread = spread_.value_or(settings_.retry_first * kSpreadRetries);
  failed(now + Duration(static_cast<std::int64_t>(jitter() * static_cast<double>(spread.count()))),
         asked);
}

std::optional<NudgeHold::Look> NudgeHold::answered(const std::optional<contract::Nudge>& nudge,
                                                   Timestamp now) {
  if (!nudge) {
    timer_.set(now + kAskOlderSiteAgain);
    return std::nullopt;
  }
  spread_ = nudge->spread;
  timer_.set(now + std::max(nudge->again, nudge->after));
  if (nudge->look.empty()) return std::nullopt;
  epoch_ = nudge->epoch;
  return Look{nudge->look, now + nudge->after};
}

}  // namespace muster::client
