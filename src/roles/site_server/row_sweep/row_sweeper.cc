#include "roles/site_server/row_sweep/row_sweeper.h"

#include <algorithm>

#include "base/log.h"

namespace muster::site_server {
namespace {

constexpr Duration kAfterStart = std::chrono::hours(1);
constexpr Duration kInterval = std::chrono::hours(24);
// What was found longer ago is looked for anew: all that was named since is read with each part.
constexpr Duration kFresh = std::chrono::hours(2);
constexpr std::size_t kPart = 1000;
constexpr Duration kPartsTime = std::chrono::milliseconds(200);

}  // namespace

RowSweeper::RowSweeper(hosting::Site& site) : site_(site), next_(site.clock.now() + kAfterStart) {}

RowSweeper::~RowSweeper() { wait(); }

void RowSweeper::wait() {
  if (searcher_.joinable()) searcher_.join();
}

void RowSweeper::follow(Timestamp now) {
  if (searching_) return;
  wait();
  if (unused_ && now - found_ >= kFresh) unused_.reset();
  if (unused_) return remove_some();
  if (now < next_) return;
  next_ = now + kInterval;
  found_ = now;
  searching_ = true;
  searcher_ = std::thread([this] {
    auto found = site_.database->read(store::find_unused_rows);
    if (found && !found->ids.empty())
      unused_ = *std::move(found);
    else if (!found)
      log::failure(log::Level::Warning, "inventory.rows.search.failed", found.error());
    removed_ = 0;
    searching_ = false;
  });
}

void RowSweeper::remove_some() {
  const Duration until = site_.clock.steady() + kPartsTime;
  const std::span<const store::RowId> all = unused_->ids;
  std::int64_t count = 0;
  while (removed_ < all.size() && site_.clock.steady() < until) {
    const auto part = all.subspan(removed_, std::min(kPart, all.size() - removed_));
    const auto removed = site_.database->write([&](store::Transaction& transaction) {
      return store::remove_unused_rows(transaction, part, unused_->as_of);
    });
    // Also when nobody knows whether it took effect.
    site_.known_rows.forget();
    if (!removed) {
      log::failure(log::Level::Warning, "inventory.rows.removal.failed", removed.error());
      unused_.reset();
      return;
    }
    removed_ += part.size();
    count += *removed;
  }
  if (count > 0)
    log::info("inventory.rows.removed", "distinct rows that no device has were removed",
              {{"rows", count}});
  if (removed_ == all.size()) unused_.reset();
}

}  // namespace muster::site_server
