// What a client does again and again, and what somebody may ask it to do now.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster::model {

// In the order in which a client looks at what it was told.
enum class Cycle : std::uint8_t { Policy, Inventory, Heartbeat, Files };

inline constexpr std::array<std::string_view, 4> kCycleNames = {"policy", "inventory", "heartbeat",
                                                                "files"};

inline std::string_view to_text(Cycle cycle) {
  return kCycleNames[static_cast<std::size_t>(cycle)];
}
inline std::optional<Cycle> cycle_named(std::string_view name) {
  for (std::size_t i = 0; i < kCycleNames.size(); ++i)
    if (kCycleNames[i] == name) return static_cast<Cycle>(i);
  return std::nullopt;
}
// "policy, inventory, heartbeat, files".
inline std::string all_cycles() { return fmt::format("{}", fmt::join(kCycleNames, ", ")); }

// A few of them.
class Cycles {
 public:
  void add(Cycle cycle) { bits_ |= bit(cycle); }
  void add(Cycles others) { bits_ |= others.bits_; }
  void remove(Cycle cycle) { bits_ &= static_cast<std::uint8_t>(~bit(cycle)); }
  bool has(Cycle cycle) const { return (bits_ & bit(cycle)) != 0; }
  bool empty() const { return bits_ == 0; }
  bool operator==(const Cycles&) const = default;

 private:
  static std::uint8_t bit(Cycle cycle) {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(cycle));
  }
  std::uint8_t bits_ = 0;
};

}  // namespace muster::model
