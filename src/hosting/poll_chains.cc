#include "hosting/poll_chains.h"

#include <algorithm>
#include <utility>

namespace muster::hosting {
namespace {

constexpr std::size_t kKeptBranches = 4;
// Twice what a client gives a request.
constexpr Duration kLongestRequest = std::chrono::minutes(2);

}  // namespace

Machines PollChains::note(const std::string& device, const contract::PollMark& mark,
                          Timestamp now) {
  const std::lock_guard lock(mutex_);
  std::vector<Branch>& branches = devices_[device];
  // The same poll once more was sent again over another connection.
  if (std::ranges::find(branches, mark.nonce, &Branch::tip) != branches.end()) return Machines::One;
  const auto before = mark.previous.empty()
                          ? branches.end()
                          : std::ranges::find(branches, mark.previous, &Branch::tip);
  if (before == branches.end()) {
    if (!branches.empty()) {
      branches.front().followed_at = now;
      branches.front().followed_sent = mark.sent;
    }
    branches.insert(branches.begin(), Branch{mark.nonce, {}, {}});
    if (branches.size() > kKeptBranches) branches.pop_back();
    return Machines::One;
  }
  before->tip = mark.nonce;
  if (before == branches.begin()) return Machines::One;
  const bool goes_on =
      mark.sent > before->followed_sent || now > before->followed_at + kLongestRequest;
  return goes_on ? Machines::Two : Machines::One;
}

void PollChains::forget(const std::string& device) {
  const std::lock_guard lock(mutex_);
  devices_.erase(device);
  std::erase_if(doubled_, [&](const model::DeviceId& id) { return id.text() == device; });
}

void PollChains::report_doubled(const model::DeviceId& device) {
  const std::lock_guard lock(mutex_);
  doubled_.push_back(device);
}

std::vector<model::DeviceId> PollChains::take_doubled() {
  const std::lock_guard lock(mutex_);
  return std::exchange(doubled_, {});
}

}  // namespace muster::hosting
