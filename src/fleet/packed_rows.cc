#include "fleet/packed_rows.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/check.h"

namespace muster::fleet {
namespace {

// A list: place, length of the rest, count, whether instances have own values, instances. An
// instance: the distance from the row before, and its own values.
struct Part {
  std::size_t place;
  ByteView whole;  // place and length with it
  ByteView rest;
};

ByteView view_of(const SharedArray<std::uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}

// What this room wrote itself.
template <typename T>
T sure(Result<T> result) {
  MUSTER_CHECK(result.has_value());
  return value_of(std::move(result));
}

std::optional<Part> next_part(ByteReader& in, ByteView all) {
  if (in.at_end()) return std::nullopt;
  const std::size_t start = all.size() - in.remaining();
  Part out;
  out.place = static_cast<std::size_t>(sure(in.varint()));
  out.rest = sure(in.sized());
  out.whole = all.substr(start, all.size() - in.remaining() - start);
  return out;
}

std::optional<ByteView> find_part(ByteView all, std::size_t place) {
  ByteReader in(all);
  while (const auto part = next_part(in, all)) {
    if (part->place == place) return part->rest;
    if (part->place > place) break;
  }
  return std::nullopt;
}

void write_list(ByteWriter& out, std::size_t place, const Instances& list) {
  MUSTER_CHECK(std::ranges::is_sorted(list));
  const bool own = std::ranges::any_of(list, [](const Instance& instance) {
    return !instance.unique.empty() || !instance.changing.empty();
  });
  ByteWriter rest;
  rest.varint(list.size());
  rest.u8(own ? 1 : 0);
  RowNumber before = 0;
  for (const Instance& instance : list) {
    rest.varint(instance.row - before);
    before = instance.row;
    if (!own) continue;
    rest.sized(instance.unique);
    rest.sized(instance.changing);
  }
  out.varint(place);
  out.sized(rest.view());
}

}  // namespace

std::optional<std::size_t> InstanceFinder::take(RowNumber row, const Bytes& unique) {
  const auto before = [](const Instance& instance, const std::pair<RowNumber, const Bytes&>& key) {
    return std::tie(instance.row, instance.unique) < std::tie(key.first, key.second);
  };
  const auto first = static_cast<std::size_t>(
      std::lower_bound(list_->begin(), list_->end(), std::pair<RowNumber, const Bytes&>(row, unique),
                       before) -
      list_->begin());
  std::size_t& taken = taken_[first];
  const std::size_t place = first + taken;
  if (place >= list_->size()) return std::nullopt;
  const Instance& found = (*list_)[place];
  if (found.row != row || found.unique != unique) return std::nullopt;
  ++taken;
  return place;
}

Instances PackedRows::list(std::size_t place) const {
  Instances out;
  const auto part = find_part(view_of(bytes_), place);
  if (!part) return out;
  ByteReader in(*part);
  const auto count = static_cast<std::size_t>(sure(in.varint()));
  const bool own = sure(in.u8()) != 0;
  out.reserve(count);
  RowNumber row = 0;
  for (std::size_t i = 0; i < count; ++i) {
    row += static_cast<RowNumber>(sure(in.varint()));
    Instance& instance = out.emplace_back(Instance{row, {}, {}});
    if (!own) continue;
    instance.unique = Bytes(sure(in.sized()));
    instance.changing = Bytes(sure(in.sized()));
  }
  return out;
}

std::size_t PackedRows::count(std::size_t place) const {
  const auto part = find_part(view_of(bytes_), place);
  if (!part) return 0;
  ByteReader in(*part);
  return static_cast<std::size_t>(sure(in.varint()));
}

void PackedRows::replace(const std::map<std::size_t, Instances>& lists) {
  const ByteView all = view_of(bytes_);
  ByteWriter out;
  ByteReader in(all);
  auto next = lists.begin();
  const auto write_before = [&](std::size_t place) {
    for (; next != lists.end() && next->first < place; ++next)
      if (!next->second.empty()) write_list(out, next->first, next->second);
  };
  while (const auto part = next_part(in, all)) {
    write_before(part->place);
    if (next == lists.end() || next->first != part->place) {
      out.bytes(part->whole);
      continue;
    }
    write_before(part->place + 1);
  }
  write_before(SIZE_MAX);
  const ByteView made = out.view();
  bytes_.assign({reinterpret_cast<const std::uint8_t*>(made.data()), made.size()});
}

}  // namespace muster::fleet
