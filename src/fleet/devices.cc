#include "fleet/devices.h"

#include <algorithm>

namespace muster::fleet {
namespace {

std::uint64_t bit_of(std::size_t place) { return std::uint64_t{1} << place % 64; }

// Equal ones as often as they are there.
std::vector<RowNumber> all_row_numbers(const Instances& list) {
  std::vector<RowNumber> out;
  out.reserve(list.size());
  for (const Instance& instance : list) out.push_back(instance.row);
  return out;
}

}  // namespace

std::size_t Device::count(const RowTable& table, std::size_t place) const {
  if (table.own_columns().empty()) return entry().shared_rows.count(place);
  const OwnRows* own = own_rows(place);
  if (own == nullptr) return 0;
  const auto [first, last] = own->range(place_in_page());
  return last - first;
}

Instances Device::list(const RowTable& table, std::size_t place) const {
  if (!table.own_columns().empty()) {
    const OwnRows* own = own_rows(place);
    return own == nullptr ? Instances() : own->list(table, place_in_page());
  }
  Instances out;
  out.reserve(count(table, place));
  entry().shared_rows.for_each(place, [&](RowNumber row) {
    out.push_back({row, {}, {}});
    return true;
  });
  return out;
}

std::vector<RowNumber> Device::row_numbers(const RowTable& table, std::size_t place) const {
  std::vector<RowNumber> out;
  for_each_row(table, place, [&](RowNumber row, const OwnRows*, std::size_t) {
    out.push_back(row);
    return true;
  });
  return out;
}

std::optional<Device> Devices::find(DeviceNumber number) const {
  const std::size_t page = number / DevicePage::kDevices;
  const std::size_t place = number % DevicePage::kDevices;
  if (page >= pages_.size() || !pages_[page]) return std::nullopt;
  const DevicePage& found = **pages_[page];
  if ((found.there[place / 64] & bit_of(place)) == 0) return std::nullopt;
  return Device(number, found);
}

void Devices::set(DeviceNumber number, const DeviceNames& names, const Lists& lists,
                  const RowTables& tables) {
  const std::size_t index = number / DevicePage::kDevices;
  const std::size_t place = number % DevicePage::kDevices;
  if (pages_.size() <= index) pages_.resize(index + 1);
  if (!pages_[index]) pages_[index].emplace();
  DevicePage& page = pages_[index]->edit();
  DeviceEntry& entry = page.entries[place];
  entry.registered_name = array_of(names.registered);
  entry.shown_name =
      names.shown == names.registered ? entry.registered_name : array_of(names.shown);
  std::map<std::size_t, std::vector<RowNumber>> shared;
  for (const auto& [at, list] : lists) {
    if (tables[at].own_columns().empty())
      shared.emplace(at, all_row_numbers(list));
    else
      page.own_rows[at].replace(tables[at], static_cast<std::uint8_t>(place), list);
  }
  if (!shared.empty()) entry.shared_rows.replace(shared);
  page.there[place / 64] |= bit_of(place);
  numbers_.insert(number);
}

void Devices::remove(DeviceNumber number) {
  if (!numbers_.erase(number)) return;
  const std::size_t place = number % DevicePage::kDevices;
  DevicePage& page = pages_[number / DevicePage::kDevices]->edit();
  page.entries[place] = {};
  page.there[place / 64] &= ~bit_of(place);
  for (auto& [at, own] : page.own_rows) own.remove(static_cast<std::uint8_t>(place));
}

void Devices::clear(std::size_t place) {
  for (auto& page : pages_) {
    if (!page) continue;
    DevicePage& edited = page->edit();
    edited.own_rows.erase(place);
    for (DeviceEntry& entry : edited.entries)
      if (entry.shared_rows.count(place) > 0) entry.shared_rows.replace({{place, {}}});
  }
}

void Devices::widen(std::size_t place, const RowTable& before, const RowTable& after) {
  if (before.own_columns().size() == after.own_columns().size()) return;
  for (auto& page : pages_) {
    if (!page) continue;
    DevicePage& edited = page->edit();
    OwnRows own;
    for (std::size_t i = 0; i < DevicePage::kDevices; ++i) {
      const Device device(static_cast<DeviceNumber>(i), edited);
      own.replace(after, static_cast<std::uint8_t>(i), device.list(before, place));
      DeviceEntry& entry = edited.entries[i];
      if (entry.shared_rows.count(place) > 0) entry.shared_rows.replace({{place, {}}});
    }
    edited.own_rows[place] = std::move(own);
  }
}

void Devices::save_page(const DevicePage& page, SnapshotWriter& writer) {
  for (const std::uint64_t word : page.there) writer.number(word);
  for (std::size_t place = 0; place < DevicePage::kDevices; ++place) {
    if ((page.there[place / 64] & bit_of(place)) == 0) continue;
    const DeviceEntry& entry = page.entries[place];
    writer.array(entry.registered_name);
    const bool is_shown = view_of(entry.registered_name) == view_of(entry.shown_name);
    writer.number(is_shown ? 1 : 0);
    if (!is_shown) writer.array(entry.shown_name);
    entry.shared_rows.save(writer);
  }
  writer.number(page.own_rows.size());
  for (const auto& [place, own] : page.own_rows) {
    writer.number(place);
    own.save(writer);
  }
}

void Devices::load_page(DevicePage& page, const RowTables& tables, SnapshotReader& reader) {
  for (std::uint64_t& word : page.there) word = reader.number();
  for (std::size_t place = 0; place < DevicePage::kDevices; ++place) {
    if ((page.there[place / 64] & bit_of(place)) == 0) continue;
    DeviceEntry& entry = page.entries[place];
    entry.registered_name = reader.array<char>();
    entry.shown_name = reader.number() == 1 ? entry.registered_name : reader.array<char>();
    entry.shared_rows = PackedRows::load(reader);
  }
  for (std::size_t left = reader.count(); left > 0 && reader.ok(); --left) {
    const std::uint64_t place = reader.number();
    if (reader.expect(place < tables.size()))
      page.own_rows[place] = OwnRows::load(tables[place], reader);
  }
}

void Devices::save(SnapshotWriter& writer) const {
  writer.number(pages_.size());
  for (const auto& page : pages_) {
    writer.number(page ? 1 : 0);
    if (page) save_page(**page, writer);
  }
  numbers_.save(writer);
}

Devices Devices::load(const RowTables& tables, SnapshotReader& reader) {
  Devices out;
  out.pages_.resize(reader.count());
  for (auto& page : out.pages_)
    if (reader.number() == 1) load_page(page.emplace().edit(), tables, reader);
  out.numbers_ = NumberSet::load(reader);
  return out;
}

}  // namespace muster::fleet
