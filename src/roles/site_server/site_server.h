// The site server: takes the inbox, keeps fleet index and collections current, builds policy and
// publishes the catalogue. One thread does all of it, in order.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "hosting/site.h"
#include "roles/site_server/index_position.h"

namespace muster::site_server {

class SiteServer {
 public:
  // Loads the fleet index from the database and makes the policy shelf whole before it returns.
  static Result<std::unique_ptr<SiteServer>> start(hosting::Site& site);
  // What is under way is finished first.
  void stop();
  ~SiteServer();

  // False while its rounds fail, for instance without muster-signer. Any thread may ask.
  bool keeps_up() const { return keeps_up_; }
  // Tries a quarantined message again; its effects follow in the next round. Any thread may ask.
  Result<void> replay(std::int64_t number);

 private:
  struct Components;
  explicit SiteServer(hosting::Site& site);
  void work();
  void rest();
  // What messages, replayed ones and a failed round left for the index.
  Result<void> follow_messages();
  Result<void> recover();
  // How far the index has followed; nothing while that is not sure.
  Result<std::optional<IndexPosition>> index_position();
  // The parts of a round.
  Result<bool> take_messages();
  Result<bool> follow_objects();
  Result<void> follow_time(Timestamp now);
  Result<void> build_policy(Timestamp now, bool changed);
  // One round of all components; true when there was more than one round's work.
  Result<bool> round();

  hosting::Site* site_;
  std::unique_ptr<Components> components_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> keeps_up_ = true;
  std::thread thread_;
};

}  // namespace muster::site_server
