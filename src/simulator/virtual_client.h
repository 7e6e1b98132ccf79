// One machine that is not there: the client's own state machines and messages over a caller of the
// event loop. It runs no programs and copies no files.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "contract/envelope.h"
#include "net/loop_client.h"
#include "roles/client/nudge_hold.h"
#include "roles/client/policy/policy_keeper.h"
#include "roles/client/retry_timer.h"
#include "roles/client/site_requests.h"
#include "simulator/fleet_state.h"
#include "simulator/machine_template.h"
#include "simulator/report.h"
#include "simulator/shared_documents.h"

namespace muster::simulator {

// What all virtual clients of a process have in common. Everything outlives them.
struct Surroundings {
  const Clock& clock;
  Random& random;
  net::LoopClient& http;
  const MachineTemplate& machines;
  Report& report;
  DocumentPool& documents;
  Bytes root_sha256;
  // What the management point showed in a handshake.
  const std::optional<trust::Certificate>& ca;
  client::NudgeHoldSettings retry;
  unsigned pace = 1;
  bool hold = true;  // as contract::Scenario::hold
  // Whether there is time for work that takes milliseconds of this process; else a moment later.
  std::function<bool()> may_work;
  // One more or less of those that are on, and of those that are connected.
  std::function<void(int on, int connected)> counted;
  // When the client of this place wants to be called, by the steady clock; nothing: not by itself.
  std::function<void(std::size_t place, std::optional<Duration> at)> wake_at;
};

class VirtualClient {
 public:
  VirtualClient(Surroundings& around, std::size_t place, KeptClient& kept, std::string source);
  ~VirtualClient();

  void power_on();
  void power_off();
  bool is_on() const { return on_; }
  // It was brought up to date, and looks at its inventory. Whole: it sends all of it, as after a
  // demand of the site.
  enum class Telling { Changes, Whole };
  void patch(Telling telling);
  // Does what is due.
  void step();
  bool is_connected() const { return connected_; }
  // Nothing of its messages waits.
  bool is_settled() const { return outbox_.empty(); }
  // One poll that nobody waited for.
  void poll_without_pause(std::function<void()> done);

 private:
  class Source;
  using Take = std::function<Result<void>(const net::ClientResponse&)>;
  using Refuse = std::function<void(const Error&)>;
  struct Message {
    contract::MessageType type;
    std::uint64_t sequence;
    Bytes body;
    std::optional<std::uint64_t> patches{};  // of an inventory
  };

  Timestamp now() const { return around_.clock.now(); }
  // The time by which its own cycles go.
  Timestamp day() const;
  double jitter() { return static_cast<double>(around_.random.below(1000)) / 1000; }
  void ask(Exchange exchange, const net::ClientRequest& request, Take take, Refuse refuse);
  bool begin_something();
  std::optional<Duration> next_time() const;

  Result<void> open();
  Result<void> show_identity();
  void enrol();
  void renew();
  Result<void> take_leaf(const net::ClientResponse& response, const trust::EcdsaKey& key);
  void fetch_root();

  void poll();
  Result<void> take_poll(const net::ClientResponse& response);
  Result<void> settle_policy();
  void poll_failed();
  void fetch_document();
  void look(const std::vector<std::string>& cycles, Timestamp at);

  void hold();
  void set_connected(bool connected);

  void look_at_inventory();
  Result<void> try_inventory();
  void queue_heartbeat();
  void send_next();

  Surroundings& around_;
  const std::size_t place_;
  KeptClient& kept_;
  std::unique_ptr<net::LoopCaller> caller_;
  std::optional<trust::EcdsaKey> key_;
  Bytes certificate_sha256_;
  Timestamp renew_at_;
  std::optional<client::PolicyKeeper> policy_;
  client::NudgeHold nudge_;
  client::RetryTimer enrolment_, outbox_timer_;            // by the clock
  client::RetryTimer poll_, inventory_timer_, heartbeat_;  // by the day

  bool on_ = false, busy_ = false, holding_ = false, connected_ = false, polled_ = false;
  // What the last answer asked for, as of client::SiteLink.
  Duration asked_wait_{0};
  double stretch_ = 1;
  bool looking_ = false;       // since a nudge
  std::uint64_t powered_ = 0;  // answers to what was asked before a power cut are not heard
  Bytes last_poll_;
  std::string answered_etag_;
  std::optional<std::pair<Bytes, std::string>> new_header_;
  // What the policy wants next, as path on the site and name; and what came, an absent one for a
  // root that is not there.
  std::vector<std::pair<std::string, net::ClientRequest>> wanted_;
  std::map<std::string, std::optional<Bytes>> arrived_;

  Bytes stream_;
  std::uint64_t sequence_ = 0;
  std::deque<Message> outbox_;
  model::RowSetDigest reported_;
};

}  // namespace muster::simulator
