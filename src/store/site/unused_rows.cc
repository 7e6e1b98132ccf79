#include "store/site/unused_rows.h"

#include <algorithm>

#include "store/row_chunks.h"
#include "store/site/packed_lists.h"
#include "store/site/settings.h"

namespace muster::store {
namespace {

// Calls visit(id) for each row that the row lists of the query's only column name.
template <typename Visit>
Result<void> for_each_named(Reader& reader, const PackedLists& lists, std::string_view sql,
                            const std::vector<Param>& params, Visit&& visit) {
  Rows rows = TRY(reader.query(sql, Params(params)));
  while (TRY(rows.next()))
    for (const RowEntry& entry : TRY(lists.decode(TRY(rows.blob_view(0))))) visit(entry.id);
  return {};
}

}  // namespace

Result<UnusedRows> find_unused_rows(Reader& reader) {
  const auto last = static_cast<RowId>(TRY(read_counter(reader, Counter::InventoryRow)));
  const PackedLists lists = TRY(PackedLists::load(reader));
  std::vector<bool> used(last + 1, false);
  bool all_known = true;
  const auto mark = [&](RowId id) {
    all_known = all_known && id <= last;
    if (id <= last) used[id] = true;
  };
  for (const char* const sql : {"SELECT rows FROM device_rows", "SELECT added FROM inventory_log",
                                "SELECT removed FROM inventory_log"})
    TRY(for_each_named(reader, lists, sql, {}, mark));
  if (!all_known) return fail(kUnexpectedValue, "a row list names a row behind {}", last);
  UnusedRows out;
  Rows rows = TRY(reader.query("SELECT id FROM inventory_row ORDER BY id"));
  while (TRY(rows.next())) {
    const auto id = static_cast<RowId>(TRY(rows.integer(0)));
    if (id <= last && !used[id]) out.ids.push_back(id);
  }
  out.as_of = TRY(read_counter(reader, Counter::InventorySequence));
  return out;
}

Result<std::int64_t> remove_unused_rows(Transaction& transaction, std::span<const RowId> some,
                                        std::int64_t as_of) {
  const PackedLists lists = TRY(PackedLists::load(transaction));
  std::vector<bool> named(some.size(), false);
  const auto mark = [&](RowId id) {
    const auto place = std::ranges::lower_bound(some, id);
    if (place != some.end() && *place == id) named[std::size_t(place - some.begin())] = true;
  };
  for (const char* const sql : {"SELECT rows FROM device_rows WHERE serial > $1",
                                "SELECT added FROM inventory_log WHERE sequence > $1",
                                "SELECT removed FROM inventory_log WHERE sequence > $1"})
    TRY(for_each_named(transaction, lists, sql, {as_of}, mark));
  std::vector<RowId> gone;
  for (std::size_t i = 0; i < some.size(); ++i)
    if (!named[i]) gone.push_back(some[i]);
  TRY(in_chunks(gone.size(), [&](std::size_t first, std::size_t size) -> Result<void> {
    const std::vector<Param> params(gone.begin() + static_cast<std::ptrdiff_t>(first),
                                    gone.begin() + static_cast<std::ptrdiff_t>(first + size));
    TRY(transaction.run(
        fmt::format("DELETE FROM inventory_row WHERE id IN ({})", placeholders(1, size)),
        Params(params)));
    return {};
  }));
  return static_cast<std::int64_t>(gone.size());
}

}  // namespace muster::store
