#include "roles/client/inventory/report_builder.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "roles/client/inventory/errors.h"

namespace muster::client {
namespace {

constexpr std::uint32_t kMagic = 0x4d584953;  // "MXIS"
constexpr std::uint8_t kFormat = 1;
constexpr std::uint8_t kAcknowledged = 1;
constexpr std::uint8_t kResync = 2;

using Counts = std::map<Bytes, std::uint32_t>;

Counts count_rows(const model::ClassRows& rows) {
  Counts out;
  for (const model::Row& row : rows.rows)
    ++out[encode_row(*rows.type, row, model::Columns::Identity)];
  return out;
}

std::uint32_t count_of(const Counts& counts, const Bytes& key) {
  const auto it = counts.find(key);
  return it == counts.end() ? 0 : it->second;
}

// Rows of `fresh` beyond those of the base, with their Volatile values.
model::ClassRows added_rows(const model::ClassRows& fresh, const Counts& base) {
  model::ClassRows out{fresh.type, {}};
  Counts seen;
  for (const model::Row& row : fresh.rows) {
    const Bytes key = encode_row(*fresh.type, row, model::Columns::Identity);
    if (++seen[key] > count_of(base, key)) out.rows.push_back(row);
  }
  return out;
}

// Rows of the base beyond those of `fresh`. Error when the base was written by another version
// whose rows this one cannot read.
Result<model::ClassRows> removed_rows(const model::InventoryClass& type, const Counts& base,
                                      const Counts& fresh) {
  model::ClassRows out{&type, {}};
  for (const auto& [key, count] : base) {
    const std::uint32_t left = count_of(fresh, key);
    if (count <= left) continue;
    const model::Row row = TRY(decode_row(type, key, model::Columns::Identity));
    out.rows.insert(out.rows.end(), count - left, row);
  }
  return out;
}

Result<void> add_to(model::RowSetDigest& digest, const model::InventoryClass& type,
                    const Counts& rows) {
  for (const auto& [key, count] : rows) {
    const model::Row row = TRY(decode_row(type, key, model::Columns::Identity));
    for (std::uint32_t i = 0; i < count; ++i) digest.add(type, row);
  }
  return {};
}

struct Difference {
  std::vector<model::ClassRows> added;
  std::vector<model::ClassRows> removed;
};

Result<Difference> difference(const std::vector<model::ClassRows>& collected,
                              const std::map<std::string, Counts, std::less<>>& base,
                              const std::map<std::string, Counts, std::less<>>& fresh,
                              const model::Schema& schema) {
  static const Counts kNone;
  Difference out;
  for (const model::ClassRows& rows : collected) {
    const auto found = base.find(rows.type->name);
    const Counts& before = found == base.end() ? kNone : found->second;
    auto added = added_rows(rows, before);
    auto removed = TRY(removed_rows(*rows.type, before, fresh.find(rows.type->name)->second));
    if (!added.rows.empty()) out.added.push_back(std::move(added));
    if (!removed.rows.empty()) out.removed.push_back(std::move(removed));
  }
  // A class that is no longer there cannot be taken away row by row.
  for (const auto& [name, rows] : base)
    if (schema.find(name) == nullptr)
      return fail(kBadInventoryState, "rows of the unknown class {}", name);
  return out;
}

}  // namespace

bool ReportBuilder::needs_all_classes() const {
  if (resync_demanded()) return true;
  // Rows of a class that is no longer there cannot be taken away by a delta.
  return std::ranges::any_of(
      base_, [&](const auto& entry) { return schema_.find(entry.first) == nullptr; });
}

InventoryReport ReportBuilder::decide(const std::vector<model::ClassRows>& collected) {
  Rows fresh;
  for (const model::ClassRows& rows : collected)
    fresh[std::string(rows.type->name)] = count_rows(rows);

  InventoryReport report;
  if (acknowledged_ && !resync_) {
    if (auto changes = difference(collected, base_, fresh, schema_)) {
      report.base = base_digest_;
      report.current = base_digest_;
      for (const model::ClassRows& rows : changes->added)
        for (const model::Row& row : rows.rows) report.current.add(*rows.type, row);
      for (const model::ClassRows& rows : changes->removed)
        for (const model::Row& row : rows.rows) report.current.remove(*rows.type, row);
      const bool same = changes->added.empty() && changes->removed.empty();
      report.kind = same ? ReportKind::Nothing : ReportKind::Delta;
      report.added = std::move(changes->added);
      report.removed = std::move(changes->removed);
      for (const auto& [name, rows] : base_) fresh.try_emplace(name, rows);
      pending_.reset();
      if (!same) pending_ = std::move(fresh);
      pending_digest_ = report.current;
      return report;
    }
  }
  report.kind = ReportKind::Full;
  report.added = collected;
  for (const model::ClassRows& rows : collected)
    for (const model::Row& row : rows.rows) report.current.add(*rows.type, row);
  pending_ = std::move(fresh);
  pending_digest_ = report.current;
  return report;
}

Result<void> ReportBuilder::acknowledge(const model::RowSetDigest& current) {
  if (!pending_ || !(pending_digest_ == current)) {
    resync_ = true;
    return fail(kWrongAcknowledgement, "no report of the digest {} is under way", current.text());
  }
  base_ = *std::exchange(pending_, std::nullopt);
  base_digest_ = current;
  acknowledged_ = true;
  resync_ = false;
  return {};
}

Bytes ReportBuilder::state() const {
  ByteWriter out;
  out.u32(kMagic);
  out.u8(kFormat);
  out.u8(static_cast<std::uint8_t>((acknowledged_ ? kAcknowledged : 0) | (resync_ ? kResync : 0)));
  out.sized(base_digest_.text());
  out.varint(base_.size());
  for (const auto& [name, rows] : base_) {
    out.sized(name);
    out.varint(rows.size());
    for (const auto& [key, count] : rows) {
      out.varint(count);
      out.sized(key);
    }
  }
  return std::move(out).take();
}

Result<ReportBuilder> ReportBuilder::from_state(ByteView state, model::Schema schema) {
  const auto damaged = [](std::string_view what) {
    return fail(kBadInventoryState, "the stored inventory: {}", what);
  };
  ByteReader in(state);
  if (TRY(in.u32()) != kMagic) return damaged("another file");
  if (TRY(in.u8()) != kFormat) return damaged("another format");
  const std::uint8_t flags = TRY(in.u8());
  if (flags > (kAcknowledged | kResync)) return damaged("unknown marks");
  ReportBuilder out(std::move(schema));
  out.acknowledged_ = (flags & kAcknowledged) != 0;
  out.resync_ = (flags & kResync) != 0;
  out.base_digest_ = TRY(model::RowSetDigest::parse(TRY(in.sized())));
  const std::uint64_t classes = TRY(in.varint());
  model::RowSetDigest sum;
  bool known = true;
  for (std::uint64_t c = 0; c < classes; ++c) {
    const std::string name(TRY(in.sized()));
    Counts& rows = out.base_[name];
    const std::uint64_t distinct = TRY(in.varint());
    for (std::uint64_t r = 0; r < distinct; ++r) {
      const std::uint64_t count = TRY(in.varint());
      if (count == 0 || count > model::kMostRowsPerClass) return damaged("a row count");
      const ByteView key = TRY(in.sized());
      rows[Bytes(key)] = static_cast<std::uint32_t>(count);
    }
    const model::InventoryClass* type = out.schema_.find(name);
    if (type != nullptr)
      TRY(add_to(sum, *type, rows));
    else
      known = false;
  }
  if (!in.at_end()) return damaged("bytes behind the end");
  // The digest is the check of all bytes before it.
  if (known && !(sum == out.base_digest_)) return damaged("rows that do not give its digest");
  return out;
}

}  // namespace muster::client
