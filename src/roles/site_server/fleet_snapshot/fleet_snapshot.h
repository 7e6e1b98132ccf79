// The fleet index as a file of the state folder, so that a start need not read every device out of
// the database. The database says which file is its own; without that file a start takes longer,
// and nothing else is different.
#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <thread>

#include "hosting/site.h"
#include "roles/site_server/index_position.h"

namespace muster::site_server {

class FleetSnapshot {
 public:
  explicit FleetSnapshot(hosting::Site& site);
  FleetSnapshot(const FleetSnapshot&) = delete;
  FleetSnapshot& operator=(const FleetSnapshot&) = delete;
  ~FleetSnapshot();  // behind what is being written

  // The site's fleet becomes the file's, and the position is how far that one was. Nothing, and the
  // fleet as it was, where there is no file that fits; the log says why. Errors: of the database.
  Result<std::optional<IndexPosition>> load();

  // For the thread that changes the fleet, which has followed the database to `position`. The file
  // is written beside the changes that come; not at all while one is being written, or when it is
  // of this position already.
  void take(const IndexPosition& position);
  // The same, and waits until it is written.
  void take_and_wait(const IndexPosition& position);

 private:
  std::filesystem::path path() const;
  Result<void> write(const fleet::FleetState& state, const Bytes& mark) const;
  void wait();

  hosting::Site& site_;
  std::optional<IndexPosition> last_;  // of the file; the writer's while it writes
  std::thread writer_;
  std::atomic<bool> writing_ = false;
};

}  // namespace muster::site_server
