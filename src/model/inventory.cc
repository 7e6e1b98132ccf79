#include "model/inventory.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/check.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "model/errors.h"

namespace muster::model {
namespace {

// A longer version is nobody's, and comparing would cost more than it tells.
constexpr std::size_t kLongestVersion = 255;

// How a value stands in the bytes. Columns that are absent are not written: a column that is
// appended to a class later leaves the bytes and the digests of older rows as they were.
enum class Tag : std::uint8_t { Number = 1, Text = 2, Version = 3 };

Tag tag_of(ColumnType type) {
  switch (type) {
    case ColumnType::Text:
      return Tag::Text;
    case ColumnType::Version:
      return Tag::Version;
    case ColumnType::Integer:
    case ColumnType::Boolean:
    case ColumnType::Time:
      break;
  }
  return Tag::Number;
}

bool takes_part(ColumnKind kind, Columns which) {
  switch (which) {
    case Columns::Shared:
      return kind == ColumnKind::Shared;
    case Columns::Unique:
      return kind == ColumnKind::Unique;
    case Columns::Volatile:
      return kind == ColumnKind::Volatile;
    case Columns::Identity:
      return kind != ColumnKind::Volatile;
    case Columns::All:
      break;
  }
  return true;
}

// Small numbers of either sign become small varints.
std::uint64_t fold_sign(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ (value < 0 ? UINT64_MAX : 0);
}
std::int64_t unfold_sign(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ ((value & 1) != 0 ? UINT64_MAX : 0));
}

std::string_view type_name(ColumnType type) {
  switch (type) {
    case ColumnType::Text:
      return "a text";
    case ColumnType::Integer:
      return "an integer";
    case ColumnType::Boolean:
      return "a boolean (0 or 1)";
    case ColumnType::Time:
      return "a time";
    case ColumnType::Version:
      return "a version";
  }
  return "";
}

Result<void> check_value(const InventoryClass& type, const Column& column, const Value& value) {
  if (std::holds_alternative<std::monostate>(value)) return {};
  const auto bad = [&](std::string_view what) {
    return fail(kBadRow, "{}.{}: {}", type.name, column.name, what);
  };
  const std::size_t wanted = static_cast<std::size_t>(tag_of(column.type));
  if (value.index() != wanted)
    return fail(kBadRow, "{}.{}: {} is wanted", type.name, column.name, type_name(column.type));
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    if (column.type == ColumnType::Boolean && *number != 0 && *number != 1)
      return bad("a boolean is 0 or 1");
    return {};
  }
  if (const auto* version = std::get_if<Version>(&value)) {
    if (to_text(version->scheme).empty()) return bad("unknown version scheme");
    if (version->text.empty()) return bad("an empty version; leave it absent");
    if (version->text.size() > kLongestVersion) return bad("a version over 255 bytes");
    if (!is_utf8(version->text)) return bad("not UTF-8");
    if (has_control_characters(version->text)) return bad("a version with control characters");
    return {};
  }
  const auto& text = std::get<std::string>(value);
  if (text.size() > kLongestText) return bad("a text over 4096 bytes");
  if (!is_utf8(text)) return bad("not UTF-8");
  if (text.find('\0') != std::string::npos) return bad("a text with a NUL character");
  return {};
}

void write_value(ByteWriter& out, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    out.varint(fold_sign(*number));
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    out.sized(*text);
  } else {
    const auto& version = std::get<Version>(value);
    out.u8(static_cast<std::uint8_t>(version.scheme));
    out.sized(version.text);
  }
}

Result<Value> read_value(ByteReader& in, Tag tag) {
  switch (tag) {
    case Tag::Number:
      return Value(unfold_sign(TRY(in.varint())));
    case Tag::Text:
      return Value(std::string(TRY(in.sized())));
    case Tag::Version:
      break;
  }
  const auto scheme = static_cast<VersionScheme>(TRY(in.u8()));
  return Value(Version{scheme, std::string(TRY(in.sized()))});
}

void write_row(ByteWriter& out, const InventoryClass& type, const Row& row, Columns which) {
  MUSTER_CHECK(row.size() == type.columns.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    const Column& column = type.columns[i];
    if (row[i].index() == 0 || !takes_part(column.kind, which)) continue;
    MUSTER_CHECK(row[i].index() == static_cast<std::size_t>(tag_of(column.type)));
    out.varint(i << 2 | static_cast<std::uint64_t>(tag_of(column.type)));
    write_value(out, row[i]);
  }
}

// The first half of the hash of the class's name and what `write_identity` writes.
template <typename WriteIdentity>
std::array<std::uint64_t, 2> digest_of(const InventoryClass& type, WriteIdentity&& write_identity) {
  thread_local ByteWriter input;
  input.clear();
  input.sized(type.name);
  write_identity(input);
  const Bytes hash = sha256(input.view());
  ByteReader lanes(hash);
  return {*lanes.u64(), *lanes.u64()};
}

std::array<std::uint64_t, 2> digest_of(const InventoryClass& type, const Row& row) {
  return digest_of(type, [&](ByteWriter& out) { write_row(out, type, row, Columns::Identity); });
}

}  // namespace

std::optional<std::size_t> InventoryClass::column(std::string_view name) const {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].name == name) return i;
  return std::nullopt;
}

const InventoryClass* find_inventory_class(std::string_view name) {
  for (const InventoryClass& type : inventory_classes())
    if (type.name == name) return &type;
  return nullptr;
}

std::string layout_of(const InventoryClass& type) {
  std::string out;
  for (const Column& column : type.columns)
    out += fmt::format("{}:{}:{};", column.name, static_cast<int>(column.type),
                       static_cast<int>(column.kind));
  return out;
}

Result<void> check_row(const InventoryClass& type, const Row& row) {
  if (row.size() != type.columns.size())
    return fail(kBadRow, "{}: {} values for {} columns", type.name, row.size(),
                type.columns.size());
  for (std::size_t i = 0; i < row.size(); ++i) TRY(check_value(type, type.columns[i], row[i]));
  return {};
}

Bytes encode_row(const InventoryClass& type, const Row& row, Columns which) {
  // Into room that is there already: the copy has the size that it needs.
  thread_local ByteWriter out;
  out.clear();
  write_row(out, type, row, which);
  return out.view();
}

bool has_columns(const InventoryClass& type, ColumnKind kind) {
  return std::ranges::find(type.columns, kind, &Column::kind) != type.columns.end();
}

Result<Row> decode_row(const InventoryClass& type, ByteView bytes, Columns which) {
  Row row(type.columns.size());
  ByteReader in(bytes);
  for (std::size_t next = 0; !in.at_end();) {
    const std::uint64_t head = TRY_IN(in.varint(), "row of {}", type.name);
    const std::uint64_t index = head >> 2;
    if (index >= type.columns.size())
      return fail(kBadRow, "{}: column {} of {}", type.name, index, type.columns.size());
    const Column& column = type.columns[index];
    if (index < next)
      return fail(kBadRow, "{}.{}: columns are out of order", type.name, column.name);
    if (!takes_part(column.kind, which))
      return fail(kBadRow, "{}.{}: a column of another kind", type.name, column.name);
    if ((head & 3) != static_cast<std::uint64_t>(tag_of(column.type)))
      return fail(kBadRow, "{}.{}: {} is wanted", type.name, column.name, type_name(column.type));
    row[index] =
        TRY_IN(read_value(in, tag_of(column.type)), "row of {}.{}", type.name, column.name);
    TRY(check_value(type, column, row[index]));
    next = index + 1;
  }
  return row;
}

void RowSetDigest::add(const InventoryClass& type, ByteView identity) {
  add_lanes(digest_of(type, [&](ByteWriter& out) { out.bytes(identity); }));
}

void RowSetDigest::add(const InventoryClass& type, const Row& row) {
  add_lanes(digest_of(type, row));
}

void RowSetDigest::add_lanes(const std::array<std::uint64_t, 2>& lanes) {
  ++count_;
  for (std::size_t i = 0; i < lanes.size(); ++i) sums_[i] += lanes[i];
}

void RowSetDigest::remove(const InventoryClass& type, const Row& row) {
  const auto lanes = digest_of(type, row);
  --count_;
  for (std::size_t i = 0; i < lanes.size(); ++i) sums_[i] -= lanes[i];
}

std::string RowSetDigest::text() const {
  return fmt::format("{:016x}{:016x}{:016x}", count_, sums_[0], sums_[1]);
}

Result<RowSetDigest> RowSetDigest::parse(std::string_view text) {
  const auto bytes = from_hex(text);
  if (!bytes || bytes->size() != 24)
    return fail(kBadRow, "row set digest '{}': 48 lower-case hex digits are wanted",
                text.substr(0, 60));
  RowSetDigest out;
  ByteReader in(*bytes);
  out.count_ = TRY(in.u64());
  for (auto& sum : out.sums_) sum = TRY(in.u64());
  return out;
}

}  // namespace muster::model
