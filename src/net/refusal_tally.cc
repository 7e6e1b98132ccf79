#include "net/refusal_tally.h"

#include <utility>

namespace muster::net {
namespace {

constexpr Duration kPause = std::chrono::minutes(1);
constexpr std::size_t kMostUsers = 64;
// No user has it: user_namespaces(7).
constexpr auto kOthers = static_cast<uid_t>(-1);

}  // namespace

std::optional<std::uint64_t> RefusalTally::count(uid_t uid, Duration now) {
  if (entries_.size() >= kMostUsers && !entries_.contains(uid)) {
    std::erase_if(entries_, [&](const auto& each) { return now - each.second.said >= kPause; });
    // One account may have thousands of uids for its containers.
    if (entries_.size() >= kMostUsers) uid = kOthers;
  }
  const auto [at, added] = entries_.try_emplace(uid, Entry{now});
  Entry& entry = at->second;
  ++entry.unsaid;
  if (!added && now - entry.said < kPause) return std::nullopt;
  entry.said = now;
  return std::exchange(entry.unsaid, 0);
}

}  // namespace muster::net
