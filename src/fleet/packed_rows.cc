#include "fleet/packed_rows.h"

#include <algorithm>

#include "base/byte_writer.h"
#include "base/check.h"

// A list: place, length of the rest, count, the distance of each number from the one before.
namespace muster::fleet {
namespace {

void write_list(ByteWriter& out, std::size_t place, const std::vector<RowNumber>& list) {
  MUSTER_CHECK(std::ranges::is_sorted(list));
  ByteWriter rest;
  rest.varint(list.size());
  RowNumber before = 0;
  for (const RowNumber row : list) {
    rest.varint(row - before);
    before = row;
  }
  out.varint(place);
  out.sized(rest.view());
}

}  // namespace

std::span<const std::uint8_t> PackedRows::find(std::size_t place) const {
  for (const std::uint8_t* at = bytes_.begin(); at != bytes_.end();) {
    const std::uint64_t here = read_number(at);
    const auto length = static_cast<std::size_t>(read_number(at));
    if (here == place) return {at, length};
    if (here > place) break;
    at += length;
  }
  return {};
}

std::size_t PackedRows::count(std::size_t place) const {
  const std::uint8_t* at = find(place).data();
  return at == nullptr ? 0 : static_cast<std::size_t>(read_number(at));
}

void PackedRows::replace(const std::map<std::size_t, std::vector<RowNumber>>& lists) {
  ByteWriter out;
  auto next = lists.begin();
  const auto write_below = [&](std::uint64_t place) {
    for (; next != lists.end() && next->first < place; ++next)
      if (!next->second.empty()) write_list(out, next->first, next->second);
  };
  for (const std::uint8_t* at = bytes_.begin(); at != bytes_.end();) {
    const std::uint8_t* const start = at;
    const std::uint64_t place = read_number(at);
    const auto length = static_cast<std::size_t>(read_number(at));
    at += length;
    write_below(place);
    if (next == lists.end() || next->first != place)
      out.bytes(as_bytes({start, at}));
    else
      write_below(place + 1);
  }
  write_below(UINT64_MAX);
  const ByteView made = out.view();
  bytes_.assign({as_u8(made), made.size()});
}

}  // namespace muster::fleet
