#include "model/maintenance_window.h"

#include <algorithm>

#include "model/object_errors.h"

namespace muster::model {
namespace {
// Windows that follow each other without a gap are open "for ever" from this many on.
constexpr int kMostLinks = 100;
}  // namespace

Result<void> check_window(const MaintenanceWindow& window) {
  if (window.duration < kLeastWindow || window.duration >= kMostWindow)
    return fail(kBadSchedule, "window {}: {} long; at least {} and less than {} is wanted",
                window.name, to_text(window.duration), to_text(kLeastWindow), to_text(kMostWindow));
  return {};
}

WindowCalendar::WindowCalendar(const std::vector<MaintenanceWindow>& windows) {
  for (const MaintenanceWindow& window : windows)
    windows_.push_back({Occurrences(window.schedule), window.duration});
}

WindowCalendar::State WindowCalendar::at(Timestamp moment, const OffsetAt& offset_at) {
  if (windows_.empty()) return {};
  State state{false, std::nullopt};
  std::optional<Timestamp> next;
  // An end that lies within another window is none: that one's end is.
  Timestamp end = moment;
  for (int link = 0; link < kMostLinks; ++link) {
    Timestamp farther = end;
    for (Window& window : windows_) {
      const auto around = window.starts.around(end, offset_at);
      if (around.latest) farther = std::max(farther, *around.latest + window.duration);
      if (link == 0 && around.next && (!next || *around.next < *next)) next = *around.next;
    }
    if (farther == end) break;
    state.open = true;
    end = farther;
  }
  state.until = state.open ? std::optional(end) : next;
  return state;
}

}  // namespace muster::model
