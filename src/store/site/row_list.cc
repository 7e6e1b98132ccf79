#include "store/site/row_list.h"

#include <algorithm>
#include <limits>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/check.h"

namespace muster::store {
namespace {

constexpr std::uint8_t kForm = 1;
enum class Own : std::uint8_t { None = 0, Present = 1 };

bool has_own(const RowEntry& entry) { return !entry.unique.empty() || !entry.changing.empty(); }

Result<void> read_class(ByteReader& in, std::vector<RowEntry>& out) {
  const std::uint64_t type = TRY(in.varint());
  if (type > std::numeric_limits<ClassId>::max())
    return fail(kUnexpectedValue, "row list with class {}", type);
  const std::uint8_t own = TRY(in.u8());
  if (own > static_cast<std::uint8_t>(Own::Present))
    return fail(kUnexpectedValue, "row list with flags {}", own);
  const std::uint64_t count = TRY(in.varint());
  // Each entry has a byte at least.
  if (count == 0 || count > in.remaining())
    return fail(kUnexpectedValue, "row list with {} rows in {} bytes", count, in.remaining());
  std::uint64_t id = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t delta = TRY(in.varint());
    if (delta > std::numeric_limits<std::uint64_t>::max() - id)
      return fail(kUnexpectedValue, "row list with a row id over 64 bits");
    id += delta;
    RowEntry entry{static_cast<ClassId>(type), id, {}, {}};
    if (own == static_cast<std::uint8_t>(Own::Present)) {
      entry.unique = TRY(in.sized());
      entry.changing = TRY(in.sized());
    }
    out.push_back(std::move(entry));
  }
  return {};
}

Result<std::vector<RowEntry>> read_all(ByteView bytes) {
  std::vector<RowEntry> out;
  out.reserve(std::min<std::size_t>(bytes.size(), 512));  // a device's, mostly
  ByteReader in(bytes);
  const std::uint8_t form = TRY(in.u8());
  if (form != kForm) return fail(kUnexpectedValue, "row list in form {}, not {}", form, kForm);
  while (!in.at_end()) TRY(read_class(in, out));
  if (!std::is_sorted(out.begin(), out.end()))
    return fail(kUnexpectedValue, "row list out of order");
  return out;
}

}  // namespace

Bytes encode_row_list(const std::vector<RowEntry>& entries) {
  MUSTER_CHECK(std::is_sorted(entries.begin(), entries.end()));
  ByteWriter out;
  out.u8(kForm);
  for (auto first = entries.begin(); first != entries.end();) {
    const auto last = std::find_if(first, entries.end(),
                                   [&](const RowEntry& e) { return e.type != first->type; });
    const bool own = std::any_of(first, last, has_own);
    out.varint(first->type);
    out.u8(static_cast<std::uint8_t>(own ? Own::Present : Own::None));
    out.varint(static_cast<std::uint64_t>(last - first));
    std::uint64_t previous = 0;
    for (; first != last; ++first) {
      out.varint(first->id - previous);
      previous = first->id;
      if (own) {
        out.sized(first->unique);
        out.sized(first->changing);
      }
    }
  }
  return std::move(out).take();
}

Result<std::vector<RowEntry>> decode_row_list(ByteView bytes) {
  auto out = read_all(bytes);
  if (!out && !out.error().is(kUnexpectedValue))
    return fail(kUnexpectedValue, "row list of {} bytes: {}", bytes.size(), out.error().detail());
  return out;
}

std::optional<std::size_t> RowFinder::take(ClassId type, std::uint64_t id, const Bytes& unique) {
  // Changing columns sort last, so the first with the same others follows this one.
  const RowEntry wanted{type, id, unique, {}};
  const auto first = static_cast<std::size_t>(
      std::lower_bound(list_->begin(), list_->end(), wanted) - list_->begin());
  std::size_t& taken = taken_[first];
  const std::size_t place = first + taken;
  if (place >= list_->size()) return std::nullopt;
  const RowEntry& found = (*list_)[place];
  if (found.type != type || found.id != id || found.unique != unique) return std::nullopt;
  ++taken;
  return place;
}

}  // namespace muster::store
