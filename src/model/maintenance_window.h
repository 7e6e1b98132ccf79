// Maintenance windows: when programs may start by themselves on the devices of a collection.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/schedule.h"

namespace muster::model {

inline constexpr Duration kLeastWindow = std::chrono::minutes(5);
inline constexpr Duration kMostWindow = std::chrono::hours(24);  // and not that long
inline constexpr std::size_t kMostWindows = 50;

struct MaintenanceWindow {
  std::string name;
  Schedule schedule{};  // its starts
  Duration duration{0};
  friend bool operator==(const MaintenanceWindow&, const MaintenanceWindow&) = default;
};

// At least kLeastWindow and shorter than kMostWindow. Error: kBadSchedule.
Result<void> check_window(const MaintenanceWindow& window);

// All windows of a device together: those of all its collections. Without any it is always open.
class WindowCalendar {
 public:
  WindowCalendar() = default;
  explicit WindowCalendar(const std::vector<MaintenanceWindow>& windows);

  struct State {
    bool open = true;
    // When the state changes: the end of the windows that are open one behind the other, or the
    // start of the next one. Nothing: it stays so.
    std::optional<Timestamp> until;
    friend bool operator==(const State&, const State&) = default;
  };
  State at(Timestamp moment, const OffsetAt& offset_at);

 private:
  struct Window {
    Occurrences starts;
    Duration duration;
  };
  std::vector<Window> windows_;
};

}  // namespace muster::model
