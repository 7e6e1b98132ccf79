#include "store/report/report_class.h"

#include <algorithm>
#include <charconv>

#include "store/errors.h"

namespace muster::store {
namespace {

using model::ColumnKind;
using model::ColumnType;

// A name on the server has at most 63 bytes, of which prefixes and endings take some.
constexpr std::size_t kLongestName = 48;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return lower(c); });
  return out;
}

std::string_view server_type(ColumnType type) {
  switch (type) {
    case ColumnType::Integer:
    case ColumnType::Time:
      return "BIGINT";
    case ColumnType::Boolean:
      return "SMALLINT";
    default:
      return "TEXT";
  }
}

std::optional<int> small_number(std::string_view text) {
  int out = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

}  // namespace

// "Name:0:0;Version:4:0;", as row_table.cc writes it.
Result<std::unique_ptr<ReportClass>> ReportClass::parse(ClassId id, std::string name,
                                                        std::string layout) {
  std::unique_ptr<ReportClass> out(new ReportClass);
  out->id_ = id;
  out->name_ = std::move(name);
  out->layout_ = std::move(layout);
  struct Parts {
    ColumnType type;
    ColumnKind kind;
  };
  std::vector<Parts> parts;
  for (std::string_view rest = out->layout_; !rest.empty();) {
    const std::size_t end = rest.find(';');
    const std::string_view column = rest.substr(0, end);
    const std::size_t first = column.find(':');
    const std::size_t second = column.find(':', first + 1);
    if (end == rest.npos || first == rest.npos || second == rest.npos)
      return fail(kUnexpectedValue, "class {} with layout {}", out->name_, out->layout_);
    const auto type = small_number(column.substr(first + 1, second - first - 1));
    const auto kind = small_number(column.substr(second + 1));
    if (!type || *type < 0 || *type > static_cast<int>(ColumnType::Version) || !kind || *kind < 0 ||
        *kind > static_cast<int>(ColumnKind::Volatile))
      return fail(kUnexpectedValue, "class {} with layout {}", out->name_, out->layout_);
    out->column_names_.emplace_back(column.substr(0, first));
    parts.push_back({static_cast<ColumnType>(*type), static_cast<ColumnKind>(*kind)});
    rest.remove_prefix(end + 1);
  }
  for (std::size_t i = 0; i < parts.size(); ++i)
    out->columns_.push_back({out->column_names_[i], parts[i].type, parts[i].kind, {}});
  out->type_ = {out->name_, {}, out->columns_};
  std::set<std::string> taken = {"resourceid", "groupid", "timestamp", "removedtime"};
  for (const model::Column& column : out->columns_) out->add_column(column, taken);
  return out;
}

// Names depend on the columns before alone: they stay when columns are added behind.
void ReportClass::add_column(const model::Column& column, std::set<std::string>& taken) {
  const auto index = static_cast<std::size_t>(&column - columns_.data());
  const auto add = [&](ReportColumn::Holds holds, char letter, std::string_view ending,
                       std::string_view type) {
    std::string name = lower(column.name.substr(0, kLongestName)) + std::string(ending);
    if (!taken.insert(name).second) taken.insert(name += fmt::format("_{}", index));
    const ReportColumn made{index, holds, fmt::format("{}{}", letter, index), name,
                            std::string(type)};
    all_.push_back(made);
    (column.kind == ColumnKind::Shared ? shared_ : own_).push_back(made);
    if (column.kind == ColumnKind::Volatile) changing_.push_back(made);
  };
  add(ReportColumn::Holds::Value, 'c', "0", server_type(column.type));
  if (column.type == ColumnType::Version)
    add(ReportColumn::Holds::VersionKey, 'k', "key0", "BYTEA");
}

std::string ReportClass::table(char kind) const {
  return fmt::format("{}.{}{}", kReportSchema, kind, id_);
}

std::string ReportClass::make_tables() const {
  const auto columns = [](const std::vector<ReportColumn>& list) {
    std::string out;
    for (const ReportColumn& column : list)
      out += fmt::format(", {} {}", column.table_name, column.type);
    return out;
  };
  return fmt::format(
      "CREATE TABLE {r} (id BIGINT PRIMARY KEY{shared});"
      "CREATE TABLE {g} (instance BIGINT NOT NULL, row_id BIGINT NOT NULL, since BIGINT, "
      "device INT NOT NULL{own}, PRIMARY KEY (device, instance));"
      "CREATE INDEX g{id}_row ON {g} (row_id);"
      "CREATE TABLE {h} (instance BIGINT NOT NULL, row_id BIGINT NOT NULL, since BIGINT, "
      "until BIGINT NOT NULL, device INT NOT NULL{own});"
      "CREATE INDEX h{id}_device ON {h} (device);"
      "CREATE INDEX h{id}_until ON {h} (until);",
      fmt::arg("r", table('r')), fmt::arg("g", table('g')), fmt::arg("h", table('h')),
      fmt::arg("id", id_), fmt::arg("shared", columns(shared_)), fmt::arg("own", columns(own_)));
}

std::string ReportClass::extend_tables(const ReportClass& before) const {
  std::string out;
  for (const ReportColumn& column : all_) {
    if (column.index < before.columns_.size()) continue;
    const bool is_shared = columns_[column.index].kind == ColumnKind::Shared;
    for (const char kind : std::string_view(is_shared ? "r" : "gh"))
      out += fmt::format("ALTER TABLE {} ADD COLUMN {} {};", table(kind), column.table_name,
                         column.type);
  }
  return out;
}

std::string ReportClass::drop_tables() const {
  return fmt::format("DROP TABLE {}, {}, {} CASCADE;", table('r'), table('g'), table('h'));
}

std::string ReportClass::view_columns() const {
  std::string out;
  for (const ReportColumn& column : all_) {
    const model::Column& of = columns_[column.index];
    const std::string place =
        fmt::format("{}.{}", of.kind == ColumnKind::Shared ? "r" : "g", column.table_name);
    const bool is_time = of.type == ColumnType::Time;
    out +=
        fmt::format(", {} AS {}", is_time ? fmt::format("to_timestamp({} / 1000.0)", place) : place,
                    column.view_name);
  }
  return out;
}

std::string ReportClass::make_views(std::string_view view) const {
  const std::string columns = view_columns();
  return fmt::format(
      "CREATE OR REPLACE VIEW muster.v_gs_{view} AS SELECT g.device AS ResourceID, "
      "g.instance AS GroupID, to_timestamp(g.since / 1000.0) AS TimeStamp{columns} "
      "FROM {g} g JOIN {r} r ON r.id = g.row_id;"
      "CREATE OR REPLACE VIEW muster.v_hs_{view} AS SELECT g.device AS ResourceID, "
      "g.instance AS GroupID, to_timestamp(g.since / 1000.0) AS TimeStamp, "
      "to_timestamp(g.until / 1000.0) AS RemovedTime{columns} "
      "FROM {h} g JOIN {r} r ON r.id = g.row_id;",
      fmt::arg("view", view), fmt::arg("columns", columns), fmt::arg("g", table('g')),
      fmt::arg("h", table('h')), fmt::arg("r", table('r')));
}

std::string report_view_name(std::string_view class_name) {
  std::string out;
  for (std::size_t i = 0; i < class_name.size() && out.size() < kLongestName; ++i) {
    const char next = i + 1 < class_name.size() ? class_name[i + 1] : '\0';
    if (i > 0 && is_upper(class_name[i]) && (!is_upper(class_name[i - 1]) || is_lower(next)))
      out += '_';
    out += lower(class_name[i]);
  }
  return out;
}

Value report_value(const ReportColumn& column, const model::Row& row) {
  const model::Value& value = row[column.index];
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* version = std::get_if<model::Version>(&value)) {
    if (column.holds == ReportColumn::Holds::VersionKey)
      return Blob{model::version_key(version->scheme, version->text)};
    return version->text;
  }
  return std::monostate();
}

}  // namespace muster::store
