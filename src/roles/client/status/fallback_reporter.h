// What goes to the fallback status point when the management point cannot be reached: kept on disk
// until the point has taken it.
#pragma once

#include <atomic>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/random.h"
#include "contract/fallback_message.h"
#include "net/http_client.h"
#include "roles/client/retry_timer.h"

namespace muster::client {

struct FallbackSettings {
  std::filesystem::path file;
  std::string point;  // "http://host:port"; empty: nothing is ever reported
  std::optional<net::Proxy> proxy;
  std::string host_name;
  Duration repeat{0};  // of a failure that goes on
  Duration retry_first{0};
  Duration retry_longest{0};
  const std::atomic<bool>* stop = nullptr;  // ends every wait
};

class FallbackReporter {
 public:
  // `clock` and `random` outlive it. The first start of a client reports its deployment. A damaged
  // queue is set aside.
  static Result<std::unique_ptr<FallbackReporter>> open(FallbackSettings settings,
                                                        model::DeviceId device, const Clock& clock,
                                                        Random& random);

  void assigned_to(const model::SiteCode& site) { site_ = site; }
  // Queues one message. Of more than 64 that wait, the oldest goes.
  void report(unsigned topic, unsigned state, unsigned cause);
  // The same, unless it was said within `repeat`.
  void report_repeatedly(unsigned topic, unsigned state, unsigned cause);
  // The management point was reached, or not: topic 1000.
  void reached();
  void not_reached(unsigned cause);

  // Sends what is due.
  void flush(Timestamp now);
  // When there is something to send; nothing while nothing waits.
  std::optional<Timestamp> next() const;
  void clock_set(Duration by) { timer_.clock_set(by); }

 private:
  FallbackReporter(FallbackSettings settings, model::DeviceId device, const Clock& clock,
                   Random& random);
  Result<void> load();
  void drop_all();
  Result<void> save() const;
  Result<void> send_first();

  FallbackSettings settings_;
  model::DeviceId device_;
  const Clock* clock_;
  Random* random_;
  std::unique_ptr<net::HttpClient> http_;
  std::optional<model::SiteCode> site_;
  std::deque<Bytes> waiting_;
  std::map<std::pair<unsigned, unsigned>, Timestamp> said_;  // by topic and state
  bool away_ = false;
  RetryTimer timer_;
};

}  // namespace muster::client
