// Whether a request is taken now: in classes, of which the last is put off first, and so much of
// one client that it takes nothing from the others.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "base/rate_table.h"
#include "base/time.h"

namespace muster::hosting {

// What matters most comes first; the numbers are the ranks of the server's pool.
enum class TrafficClass : std::uint8_t {
  Policy,     // polls, and what operators ask and order: revocations before all
  Status,     // status and heartbeats, enrolment, what strangers fetch
  Inventory,  // inventories and copies of files
  Content,    // packages' files
};
inline constexpr std::size_t kTrafficClasses = 4;
std::string_view to_text(TrafficClass traffic);

struct AdmissionRules {
  // Taken at once, of all classes: class k has its part of what it and those behind it may fill,
  // (4 - k) / 4. Requests, and bytes of their bodies.
  std::size_t requests = 4096;
  std::uint64_t body_bytes = 256u << 20;
  // How long a request of the third class may have to wait; the others in proportion.
  Duration longest_wait = std::chrono::seconds(1);
  // Of one client: a device, or an address that has shown no certificate.
  RateRule device{.burst = 1000, .per_second = 100};
  RateRule address{.burst = 4000, .per_second = 200};
  std::size_t at_once_of_device = 8;
  std::size_t at_once_of_address = 1000;
};

// How long requests wait at present.
struct Congestion {
  std::array<Duration, kTrafficClasses> oldest_wait{};  // for a thread, by class
  Duration loop{0};                                     // for their turn
};

// Safe from many threads. Times are steady ones. It outlives the places that it gives.
class AdmissionControl {
 public:
  // `hash_key` as RateTable wants it.
  AdmissionControl(const AdmissionRules& rules, const Bytes& hash_key);

  enum class ClientKind { Device, Address };
  // Before anything else of a request is looked at: whether the client is within its rate.
  bool within_rate(ClientKind kind, std::string_view client, double cost, Duration now);

  struct Asking {
    TrafficClass traffic = TrafficClass::Policy;
    ClientKind kind = ClientKind::Device;
    std::string client{};  // empty: nobody in particular, whom the class alone bounds
    std::uint64_t body_bytes = 0;
  };
  // Held from the head of a request to the last byte of its answer.
  using Place = std::shared_ptr<const void>;
  enum class Refusal { Busy, TooManyOfClient };
  std::variant<Place, Refusal> enter(const Asking& asking, const Congestion& congestion,
                                     Duration now);

  // How long a client that is refused shall wait: no two in a row the same time, and more while
  // the server is stretched.
  Duration retry_after(TrafficClass traffic);
  // In hundredths, from 100: by how much clients lengthen the time between their polls. It rises
  // while requests wait or are refused, and falls slowly after that.
  unsigned stretch(Duration now);

  struct Counts {
    std::array<std::uint64_t, kTrafficClasses> admitted{};
    std::array<std::uint64_t, kTrafficClasses> refused{};  // as busy
    std::array<std::size_t, kTrafficClasses> present{};    // in places now
    std::uint64_t too_fast = 0;  // refused by the rate, or the number at once, of one client
    std::uint64_t body_bytes = 0;
    unsigned stretch = 100;
  };
  Counts counts() const;

 private:
  class Holder;
  bool is_congested(TrafficClass traffic, const Congestion& congestion) const;
  bool is_full(const Asking& asking) const;
  void leave(const Asking& asking);
  void follow(Duration waited, Duration now);

  const AdmissionRules rules_;
  RateTable devices_;
  RateTable addresses_;
  mutable std::mutex mutex_;
  Counts counts_;                                           // under the mutex, as is the rest
  std::unordered_map<std::string, std::size_t> of_client_;  // who has a place
  Duration longest_waited_{0};                              // since the stretch was looked at
  bool was_busy_ = false;
  Duration next_look_{0};
  std::uint64_t retries_ = 0;
  std::atomic<unsigned> stretch_{100};
  std::atomic<std::uint64_t> too_fast_{0};
};

}  // namespace muster::hosting
