#include "store/site_move.h"

#include <array>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/sha256.h"
#include "store/migrations.h"
#include "store/row_chunks.h"

namespace muster::store {
namespace {

// Of one statement: few enough for each engine, many enough that round trips do not count.
constexpr std::size_t kMostValues = 2000;
constexpr std::size_t kMostBytes = 4u << 20;

// Count and checksum of rows in any order: the sum of their hashes.
struct Checksum {
  std::int64_t rows = 0;
  std::array<std::uint64_t, 4> sum{};
  friend bool operator==(const Checksum&, const Checksum&) = default;

  void add(const std::vector<Value>& row) {
    ByteWriter out;
    for (const Value& value : row) {
      out.u8(static_cast<std::uint8_t>(value.index()));
      if (const auto* number = std::get_if<std::int64_t>(&value))
        out.u64(static_cast<std::uint64_t>(*number));
      else if (const auto* real = std::get_if<double>(&value))
        out.sized(fmt::format("{}", *real));
      else if (const auto* text = std::get_if<std::string>(&value))
        out.sized(*text);
      else if (const auto* blob = std::get_if<Blob>(&value))
        out.sized(blob->bytes);
    }
    const Bytes hash = sha256(out.view());
    ByteReader in(hash);
    for (std::uint64_t& lane : sum) lane += *in.u64();
    ++rows;
  }
};

std::size_t size_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->size();
  if (const auto* blob = std::get_if<Blob>(&value)) return blob->bytes.size();
  return sizeof(std::int64_t);
}

struct Table {
  std::string name;
  std::string columns;  // "a, b, c"
  std::size_t width = 0;
};

Result<Table> table_of(Reader& reader, const std::string& name) {
  const Rows rows = TRY(reader.query(fmt::format("SELECT * FROM {} LIMIT 0", name)));
  Table out{name, {}, static_cast<std::size_t>(rows.columns())};
  for (int i = 0; i < rows.columns(); ++i)
    out.columns += (i == 0 ? "" : ", ") + rows.column_name(i);
  return out;
}

template <typename Take>
Result<Checksum> read_table(Reader& reader, const Table& table, Take&& take) {
  Checksum out;
  Rows rows = TRY(reader.query(fmt::format("SELECT {} FROM {}", table.columns, table.name)));
  while (TRY(rows.next())) {
    std::vector<Value> row;
    row.reserve(static_cast<std::size_t>(rows.columns()));
    for (int i = 0; i < rows.columns(); ++i) row.push_back(rows.value(i));
    out.add(row);
    TRY(take(std::move(row)));
  }
  return out;
}

Result<Checksum> checksum_of(Reader& reader, const Table& table) {
  return read_table(reader, table, [](std::vector<Value>&&) { return Result<void>(); });
}

// Gathers rows and writes many with one statement.
class Inserter {
 public:
  Inserter(Transaction& to, const Table& table) : to_(to), table_(table) {}

  Result<void> add(std::vector<Value>&& row) {
    for (Value& value : row) {
      bytes_ += size_of(value);
      values_.push_back(std::move(value));
    }
    if (values_.size() + table_.width > kMostValues || bytes_ > kMostBytes) return flush();
    return {};
  }

  Result<void> flush() {
    if (values_.empty()) return {};
    std::string sql = fmt::format("INSERT INTO {} ({}) VALUES ", table_.name, table_.columns);
    std::vector<Param> params;
    params.reserve(values_.size());
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const bool first = i % table_.width == 0;
      sql += fmt::format("{}${}", !first ? ", " : i == 0 ? "(" : "), (", i + 1);
      params.push_back(param_of(values_[i]));
    }
    TRY(to_.run(sql + ")", Params(params)));
    values_.clear();
    bytes_ = 0;
    return {};
  }

 private:
  Transaction& to_;
  const Table& table_;
  std::vector<Value> values_;
  std::size_t bytes_ = 0;
};

Result<Checksum> copy(Reader& from, Transaction& to, const Table& table) {
  Inserter inserter(to, table);
  const Checksum read = TRY(read_table(
      from, table, [&](std::vector<Value>&& row) { return inserter.add(std::move(row)); }));
  TRY(inserter.flush());
  return read;
}

Result<SiteMove> move_tables(Reader& from, Transaction& to) {
  std::vector<Table> tables;
  for (const std::string& name : site_tables()) tables.push_back(TRY(table_of(from, name)));
  std::optional<std::string> occupied;
  for (const Table& table : tables)
    if (!occupied && TRY(checksum_of(to, table)).rows > 0) occupied = table.name;
  SiteMove out;
  out.was_through = occupied.has_value();
  for (const Table& table : tables) {
    const Checksum read =
        occupied ? TRY(checksum_of(from, table)) : TRY_IN(copy(from, to, table), "{}", table.name);
    const Checksum written = TRY(checksum_of(to, table));
    if (occupied && written != read)
      return fail(kDatabaseNotEmpty, "table {} has rows of another site or state", *occupied);
    if (written != read)
      return fail(kMoveMismatch, "table {}: {} rows read, {} written", table.name, read.rows,
                  written.rows);
    out.tables.push_back({table.name, read.rows});
  }
  return out;
}

}  // namespace

std::vector<std::string> site_tables() {
  constexpr std::string_view kCreate = "CREATE TABLE ";
  std::vector<std::string> out;
  for (const Migration& migration : site_migrations()) {
    for (std::size_t at = migration.sql.find(kCreate); at != std::string_view::npos;
         at = migration.sql.find(kCreate, at)) {
      at += kCreate.size();
      out.emplace_back(migration.sql.substr(at, migration.sql.find_first_of(" (", at) - at));
    }
  }
  return out;
}

Result<SiteMove> move_site(Database& from, Database& to) {
  return from.read([&](Reader& reader) {
    return to.write([&](Transaction& transaction) { return move_tables(reader, transaction); });
  });
}

}  // namespace muster::store
