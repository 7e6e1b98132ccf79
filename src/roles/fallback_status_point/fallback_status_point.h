// The fallback status point (connection 13): takes short messages of clients that reach nobody
// else, from anybody, and hands a bounded number of them on to the site. It is write-only, and
// nothing that it takes is trusted.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "hosting/intake_limit.h"
#include "hosting/route_table.h"
#include "hosting/site.h"
#include "hosting/wake.h"
#include "roles/fallback_status_point/allowance.h"
#include "store/journal.h"

namespace muster::fallback_status_point {

class FallbackStatusPoint {
 public:
  // Opens the spool in the site's state folder and starts handing on. `site` outlives it.
  static Result<std::unique_ptr<FallbackStatusPoint>> start(hosting::Site& site);
  // The route of connection 13; the object outlives it.
  std::vector<hosting::Route> routes();
  void stop();
  ~FallbackStatusPoint();

 private:
  FallbackStatusPoint(hosting::Site& site, std::unique_ptr<store::Journal> spool);
  Result<void> load_state();
  Result<void> save_state() const;
  net::Response take(hosting::Call& call);
  void work();
  // One batch; true when more may go at once.
  Result<bool> hand_on();
  Result<void> give_to_site(std::span<const store::JournalRecord> records, std::uint64_t& gone);
  void say_share_used();

  hosting::Site* site_;
  std::unique_ptr<store::Journal> spool_;
  hosting::IntakeLimit limit_;
  Allowance allowance_;
  store::JournalPosition handed_on_ = 0;
  Timestamp share_told_;
  hosting::Wake wake_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace muster::fallback_status_point
