// The devices and their rows in pages: few bytes each, and a copy shares them until it is changed.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "fleet/own_rows.h"
#include "fleet/packed_rows.h"
#include "fleet/pages.h"
#include "fleet/row_table.h"

namespace muster::fleet {

using DeviceNumber = Number;

// What stands in a page for one device.
struct DeviceEntry {
  SharedArray<char> registered_name;
  SharedArray<char> shown_name;  // the same memory where it is the same name
  PackedRows shared_rows;        // of classes without own columns
};

struct DevicePage {
  static constexpr std::size_t kDevices = 256;
  std::array<std::uint64_t, kDevices / 64> there{};  // a bit for each device
  std::array<DeviceEntry, kDevices> entries;
  std::map<std::size_t, OwnRows> own_rows;  // of classes with own columns, by their place
};

// A device as it is, until the devices change.
class Device {
 public:
  Device(DeviceNumber number, const DevicePage& page) : number_(number), page_(&page) {}

  DeviceNumber number() const { return number_; }
  // The name that the site knows.
  std::string_view registered_name() const { return view_of(entry().registered_name); }
  // The query's column Device.
  std::string_view shown_name() const { return view_of(entry().shown_name); }

  std::size_t count(const RowTable& table, std::size_t place) const;
  Instances list(const RowTable& table, std::size_t place) const;
  // Ascending, equal ones as often as they are there.
  std::vector<RowNumber> row_numbers(const RowTable& table, std::size_t place) const;

  // Calls visit for each row with where its own values stand (null: it has none), until it returns
  // false. Whether it never did.
  template <typename Visit>
  bool for_each_row(const RowTable& table, std::size_t place, Visit&& visit) const {
    if (table.own_columns().empty())
      return entry().shared_rows.for_each(
          place, [&](RowNumber row) { return visit(row, nullptr, std::size_t{0}); });
    const OwnRows* own = own_rows(place);
    if (own == nullptr) return true;
    const auto [first, last] = own->range(place_in_page());
    for (std::size_t i = first; i < last; ++i)
      if (!visit(own->row(i), own, i)) return false;
    return true;
  }

 private:
  std::uint8_t place_in_page() const {
    return static_cast<std::uint8_t>(number_ % DevicePage::kDevices);
  }
  const DeviceEntry& entry() const { return page_->entries[place_in_page()]; }
  const OwnRows* own_rows(std::size_t place) const {
    const auto found = page_->own_rows.find(place);
    return found == page_->own_rows.end() ? nullptr : &found->second;
  }

  DeviceNumber number_;
  const DevicePage* page_;
};

struct DeviceNames {
  std::string_view registered;
  std::string_view shown;
};

class Devices {
 public:
  // By the place of their class; sorted.
  using Lists = std::map<std::size_t, Instances>;

  std::optional<Device> find(DeviceNumber number) const;
  const NumberSet& numbers() const { return numbers_; }
  std::uint64_t size() const { return numbers_.size(); }

  // Puts the lists in for those that stood at their places. The device is there from now on.
  void set(DeviceNumber number, const DeviceNames& names, const Lists& lists,
           const RowTables& tables);
  void remove(DeviceNumber number);
  // No device has rows of the class at that place any more.
  void clear(std::size_t place);
  // The class at that place has further columns: `before` became `after`.
  void widen(std::size_t place, const RowTable& before, const RowTable& after);

  // The page's devices have numbers from `first`. For what is asked of all their own rows at once.
  template <typename Visit>
  void for_each_page(Visit&& visit) const {
    for (std::size_t i = 0; i < pages_.size(); ++i)
      if (pages_[i] && !visit(static_cast<DeviceNumber>(i * DevicePage::kDevices), **pages_[i]))
        return;
  }

  // Ascending, until visit returns false. Whether it never did.
  template <typename Visit>
  bool for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < pages_.size(); ++i) {
      if (!pages_[i]) continue;
      const auto first = static_cast<DeviceNumber>(i * DevicePage::kDevices);
      const DevicePage& page = **pages_[i];
      for (std::size_t word = 0; word < page.there.size(); ++word)
        for (std::uint64_t rest = page.there[word]; rest != 0; rest &= rest - 1) {
          const auto place = static_cast<DeviceNumber>(word * 64) +
                             static_cast<DeviceNumber>(std::countr_zero(rest));
          if (!visit(Device(first + place, page))) return false;
        }
    }
    return true;
  }

  void save(SnapshotWriter& writer) const;
  static Devices load(const RowTables& tables, SnapshotReader& reader);

 private:
  static void save_page(const DevicePage& page, SnapshotWriter& writer);
  static void load_page(DevicePage& page, const RowTables& tables, SnapshotReader& reader);

  // By DevicePage::kDevices numbers; nothing where no device ever was.
  std::vector<std::optional<Shared<DevicePage>>> pages_;
  NumberSet numbers_;
};

}  // namespace muster::fleet
