// The requests that clients left with the management point, to be told when they shall look: who is
// connected, who is told what, and how many are told at once.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"
#include "contract/nudge.h"
#include "model/cycle.h"
#include "net/held_request.h"

namespace muster::hosting {

struct NudgeRules {
  // Requests that are held, of all and of one address. Over it a client is told to come again
  // later, and polls.
  std::size_t held = 15'200;
  std::size_t held_of_address = 1600;
  // How many clients look in a second, when more are told at once.
  std::uint64_t clients_per_second = 15'000;
  Duration again_when_full = std::chrono::minutes(15);
};

// Safe from many threads. In memory alone: a connect writes nothing, and after a restart clients
// come back and say what they know.
//
// The rule by which a nudge to many makes no storm: whoever is told gets a turn, the turns are
// 1/clients_per_second apart, and the answer says how long to wait for it. When the server stops,
// those it holds are told in the same way when to come back, kReturnsPerSecond of them a second;
// who loses the connection without a word comes back within the `spread` of its last answer, which
// is the time that all of them need at that rate.
class Nudges {
 public:
  // `clock` outlives it.
  explicit Nudges(const Clock& clock);
  ~Nudges();
  void set_rules(const NudgeRules& rules);

  struct Asker {
    std::string device;  // 32 hex digits
    std::string address;
    std::uint64_t seen = 0;  // the epoch of the last answer that it got
  };
  // Holds the request; answers at once when something waits for the device, or nothing more can be
  // held. An earlier request of the same device is answered 409.
  net::Holding hold(const Asker& asker);

  // The device's policy is another than before. Only who is connected is told: the others say at
  // their next request which one they know.
  void policy_changed(std::string_view device);
  // Somebody wants this cycle. True: it was told now; false: it is told when it comes.
  bool ask(std::string_view device, model::Cycle cycle);
  // What the device shall be told with the policy that it asks for right now, because it holds no
  // request.
  model::Cycles polled(std::string_view device);
  // It is let in no more: its request is answered 403.
  void drop(std::string_view device);

  struct Presence {
    std::optional<Timestamp> connected_since;
    std::optional<Timestamp> last;  // when it last asked or was answered
    model::Cycles waiting;          // asked for, and not known to have come to it
    // Of what was asked last: when it was, and when the device said that it knows.
    std::optional<Timestamp> asked;
    std::optional<Timestamp> taken;
  };
  Presence presence(std::string_view device) const;

  struct Counts {
    std::size_t held = 0;
    std::uint64_t told = 0;    // answers with something to look at
    std::uint64_t turned = 0;  // requests that were not held because there were too many
  };
  Counts counts() const;

 private:
  class Waiting;
  struct Place {
    std::shared_ptr<Waiting> waiting{};
    model::Cycles pending{};
    std::uint64_t epoch = 0;  // of what is pending
    bool told = false;        // what is pending stands in the last answer
    bool lost = false;        // the last request ended without an answer
    std::optional<Timestamp> since{}, last{}, asked{}, taken{};
  };

  bool is_connected(const Place& place, Timestamp now) const;
  net::Response told(Place& place);
  net::Response nothing(Duration again) const;
  Duration take_turn();
  Duration spread() const;
  Duration come_back();
  void ended(const Waiting& waiting, bool answered);
  void sweep(Timestamp now);

  const Clock* clock_;
  mutable std::mutex mutex_;
  NudgeRules rules_;  // under the mutex, as is the rest
  std::unordered_map<std::string, Place> places_;
  std::unordered_map<std::string, std::size_t> held_of_;  // by address
  std::size_t held_ = 0;
  std::uint64_t epoch_;
  std::int64_t next_turn_us_ = 0;  // by the steady clock
  std::int64_t next_return_us_ = 0;
  std::uint64_t told_ = 0;
  std::uint64_t turned_ = 0;
  std::size_t sweep_at_ = 1024;
};

}  // namespace muster::hosting
