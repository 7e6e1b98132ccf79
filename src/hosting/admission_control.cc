#include "hosting/admission_control.h"

#include <algorithm>
#include <cmath>

#include "contract/pace.h"

namespace muster::hosting {
namespace {

constexpr Duration kLookInterval = std::chrono::seconds(1);
// A server at which nobody waits for longer is at ease.
constexpr int kEasyPart = 10;
constexpr unsigned kEasy = 100;
constexpr std::array<int, kTrafficClasses> kRetrySeconds = {5, 15, 60, 60};
// The golden ratio's fraction: its multiples fill the time between one and two waits evenly,
// however many they are.
constexpr double kGolden = 0.618033988749895;

constexpr std::size_t index(TrafficClass traffic) { return static_cast<std::size_t>(traffic); }
constexpr std::size_t part_of(TrafficClass traffic) { return kTrafficClasses - index(traffic); }

}  // namespace

std::string_view to_text(TrafficClass traffic) {
  constexpr std::string_view kNames[] = {"policy", "status", "inventory", "content"};
  return kNames[index(traffic)];
}

// Lives as long as the request. A type of its own, so that a place is one allocation.
class AdmissionControl::Holder {
 public:
  Holder(AdmissionControl& owner, const Asking& asking) : owner_(&owner), asking_(asking) {}
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() { owner_->leave(asking_); }

 private:
  AdmissionControl* owner_;
  const Asking asking_;
};

AdmissionControl::AdmissionControl(const AdmissionRules& rules, const Bytes& hash_key)
    : rules_(rules), devices_(rules.device, hash_key), addresses_(rules.address, hash_key) {}

bool AdmissionControl::within_rate(ClientKind kind, std::string_view client, double cost,
                                   Duration now) {
  RateTable& table = kind == ClientKind::Device ? devices_ : addresses_;
  if (table.take(client, cost, now)) return true;
  ++too_fast_;
  return false;
}

// A class waits for itself and for those before it. Policy is only ever refused when there is no
// room: to say no costs what the answer costs.
bool AdmissionControl::is_congested(TrafficClass traffic, const Congestion& congestion) const {
  if (traffic == TrafficClass::Policy) return false;
  Duration waited = congestion.loop;
  for (std::size_t i = 0; i <= index(traffic); ++i)
    waited = std::max(waited, congestion.oldest_wait[i]);
  // 2, 1 and 1/2 times the rule's, for status, inventory and content.
  return waited > rules_.longest_wait * 4 / (1 << index(traffic));
}

bool AdmissionControl::is_full(const Asking& asking) const {
  std::size_t present = 0;
  for (const std::size_t of_class : counts_.present) present += of_class;
  const std::size_t part = part_of(asking.traffic);
  return present >= std::max<std::size_t>(rules_.requests * part / kTrafficClasses, 1) ||
         counts_.body_bytes + asking.body_bytes > rules_.body_bytes * part / kTrafficClasses;
}

std::variant<AdmissionControl::Place, AdmissionControl::Refusal> AdmissionControl::enter(
    const Asking& asking, const Congestion& congestion, Duration now) {
  const std::lock_guard lock(mutex_);
  Duration waited = congestion.loop;
  for (const Duration each : congestion.oldest_wait) waited = std::max(waited, each);
  follow(waited, now);
  if (is_congested(asking.traffic, congestion) || is_full(asking)) {
    ++counts_.refused[index(asking.traffic)];
    was_busy_ = true;
    return Refusal::Busy;
  }
  if (!asking.client.empty()) {
    const std::size_t most =
        asking.kind == ClientKind::Device ? rules_.at_once_of_device : rules_.at_once_of_address;
    std::size_t& of_client = of_client_[asking.client];
    if (of_client >= most) {
      ++too_fast_;
      return Refusal::TooManyOfClient;
    }
    ++of_client;
  }
  ++counts_.admitted[index(asking.traffic)];
  ++counts_.present[index(asking.traffic)];
  counts_.body_bytes += asking.body_bytes;
  return Place(std::make_shared<Holder>(*this, asking));
}

void AdmissionControl::leave(const Asking& asking) {
  const std::lock_guard lock(mutex_);
  --counts_.present[index(asking.traffic)];
  counts_.body_bytes -= asking.body_bytes;
  if (asking.client.empty()) return;
  if (const auto found = of_client_.find(asking.client); --found->second == 0)
    of_client_.erase(found);
}

// Up by a half after a second in which somebody waited or was refused, down by a tenth for each
// other one.
void AdmissionControl::follow(Duration waited, Duration now) {
  longest_waited_ = std::max(longest_waited_, waited);
  if (now < next_look_) return;
  const bool is_stretched = was_busy_ || longest_waited_ > rules_.longest_wait / kEasyPart;
  const auto unseen = std::min<std::int64_t>((now - next_look_) / kLookInterval, 60);
  const double rested = stretch_.load() * std::pow(0.9, static_cast<double>(unseen));
  const double factor = std::max<double>(rested, kEasy) * (is_stretched ? 1.5 : 0.9);
  stretch_ = static_cast<unsigned>(std::clamp(factor, static_cast<double>(kEasy),
                                              static_cast<double>(contract::kLongestStretch)));
  longest_waited_ = Duration(0);
  was_busy_ = false;
  next_look_ = now + kLookInterval;
}

unsigned AdmissionControl::stretch(Duration now) {
  if (stretch_.load() == kEasy) return kEasy;
  const std::lock_guard lock(mutex_);
  follow(Duration(0), now);
  return stretch_.load();
}

Duration AdmissionControl::retry_after(TrafficClass traffic) {
  const std::lock_guard lock(mutex_);
  double turns = static_cast<double>(++retries_) * kGolden;
  turns -= std::floor(turns);
  const double seconds = kRetrySeconds[index(traffic)] * (1 + turns) * stretch_.load() / kEasy;
  return std::chrono::seconds(static_cast<std::int64_t>(std::ceil(seconds)));
}

AdmissionControl::Counts AdmissionControl::counts() const {
  const std::lock_guard lock(mutex_);
  Counts out = counts_;
  out.too_fast = too_fast_;
  out.stretch = stretch_;
  return out;
}

}  // namespace muster::hosting
