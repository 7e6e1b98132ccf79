#include "tests/fleet/sql_oracle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "model/query/ast.h"

namespace muster::fleet::samples {
namespace {

using model::Comparison;

std::string quoted(const std::string& text) {
  std::string out;
  for (char c : text) out.append(c == '\'' ? 2 : 1, c);
  return fmt::format("'{}'", out);
}

std::string argument(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return text == nullptr ? std::string()
                         : std::string(text, static_cast<std::size_t>(sqlite3_value_bytes(value)));
}

// A version is kept as its scheme's letter and its text: "d1.0".
model::Version version_of(const std::string& stored) {
  const auto scheme = stored[0] == 'd'   ? model::VersionScheme::Dpkg
                      : stored[0] == 'r' ? model::VersionScheme::Rpm
                                         : model::VersionScheme::Dotted;
  return {scheme, stored.substr(1)};
}

// vercmp(stored, literal), null for a null.
void vercmp(sqlite3_context* context, int, sqlite3_value** values) {
  if (sqlite3_value_type(values[0]) == SQLITE_NULL) return sqlite3_result_null(context);
  const model::Version version = version_of(argument(values[0]));
  sqlite3_result_int(context,
                     model::compare_versions(version.scheme, version.text, argument(values[1])));
}

// has(text, term): one of the text's terms is the term, whatever the case.
void has(sqlite3_context* context, int, sqlite3_value** values) {
  const std::string wanted = argument(values[1]);
  bool found = wanted.empty();
  std::string term;
  for (char c : argument(values[0]) + " ") {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || std::isalnum(byte) != 0) {
      term += static_cast<char>(byte < 0x80 ? std::tolower(byte) : byte);
    } else {
      found = found || (!term.empty() && term == wanted);
      term.clear();
    }
  }
  sqlite3_result_int(context, found ? 1 : 0);
}

int by_version(void*, int a_size, const void* a, int b_size, const void* b) {
  const auto one =
      version_of(std::string(static_cast<const char*>(a), static_cast<std::size_t>(a_size)));
  const auto two =
      version_of(std::string(static_cast<const char*>(b), static_cast<std::size_t>(b_size)));
  if (one.scheme != two.scheme) return one.scheme < two.scheme ? -1 : 1;
  return model::compare_versions(one.scheme, one.text, two.text);
}

struct SqlColumn {
  std::string name;
  model::ColumnType type;
};

class Translator {
 public:
  explicit Translator(Timestamp now, std::shared_ptr<std::vector<std::string>> tables = {})
      : now_(now), tables_(std::move(tables)) {
    if (!tables_) tables_ = std::make_shared<std::vector<std::string>>();
  }

  std::string query(const model::Query& query) {
    const std::string last = steps(query);
    return tables_->empty() ? last : fmt::format("with {} {}", fmt::join(*tables_, ", "), last);
  }

 private:
  std::string steps(const model::Query& query) {
    columns_ = {{"Device", model::ColumnType::Text}};
    for (const auto& column : model::find_inventory_class(query.source.text)->columns)
      columns_.push_back({std::string(column.name), column.type});
    std::string sql = "select * from " + query.source.text;
    for (const auto& step : query.operators)
      sql = std::visit([&](const auto& value) { return apply(value, sql); }, step.value);
    return sql;
  }

  // One name per step: SQLite's parser has a shallow stack.
  std::string named(const std::string& sql) {
    const std::string name = "q" + std::to_string(tables_->size());
    tables_->push_back(name + " as (" + sql + ")");
    return name;
  }

  std::string apply(const model::Where& where, const std::string& inner) {
    return "select * from " + named(inner) + " where " + expression(where.condition);
  }
  std::string apply(const model::Project& project, const std::string& inner) {
    std::string list;
    std::vector<SqlColumn> kept;
    for (const auto& name : project.columns) {
      list += (list.empty() ? "" : ", ") + name.text;
      kept.push_back({name.text, type_of(name.text)});
    }
    columns_ = kept;
    return "select " + list + " from " + named(inner);
  }
  std::string apply(const model::Summarize& summarize, const std::string& inner) {
    std::string list;
    std::string by;
    std::vector<SqlColumn> kept;
    for (const auto& name : summarize.by) {
      const bool text = type_of(name.text) == model::ColumnType::Text;
      const std::string key = text ? "nullif(" + name.text + ", '')" : name.text;
      by += (by.empty() ? " group by " : ", ") + key;
      list += key + " as " + name.text + ", ";
      kept.push_back({name.text, type_of(name.text)});
    }
    kept.push_back({"count_", model::ColumnType::Integer});
    columns_ = kept;
    return "select " + list + "count(*) as count_ from " + named(inner) + by;
  }
  std::string apply(const model::OrderBy& order, const std::string& inner) {
    std::string keys;
    for (const auto& key : order.keys) {
      const auto type = type_of(key.column.text);
      std::string term = type == model::ColumnType::Text ? "coalesce(" + key.column.text + ", '')"
                                                         : key.column.text;
      if (type == model::ColumnType::Version) term += " collate by_version";
      keys += (keys.empty() ? "" : ", ") + term +
              (key.direction == model::Direction::Ascending ? " asc" : " desc");
    }
    return "select * from " + named(inner) + " order by " + keys;
  }
  std::string apply(const model::Top& top, const std::string& inner) {
    return apply(model::Take{top.rows}, apply(model::OrderBy{top.keys}, inner));
  }
  std::string apply(const model::Distinct& distinct, const std::string& inner) {
    std::string list;
    std::vector<SqlColumn> kept;
    const auto keep = [&](const std::string& name) {
      const bool text = type_of(name) == model::ColumnType::Text;
      list += list.empty() ? "" : ", ";
      list += text ? "nullif(" + name + ", '') as " + name : name;
      kept.push_back({name, type_of(name)});
    };
    for (const auto& name : distinct.columns) keep(name.text);
    if (distinct.columns.empty())
      for (const auto& column : std::vector(columns_)) keep(column.name);
    columns_ = kept;
    return "select distinct " + list + " from " + named(inner);
  }
  std::string apply(const model::Join& join, const std::string& inner) {
    Translator right(now_, tables_);
    const std::string right_sql = right.steps(join.right.at(0));
    std::string on;
    for (const auto& name : join.on) {
      const auto side = [&](const std::string& table) { return table + "." + name.text; };
      const auto type = type_of(name.text);
      on += on.empty() ? "" : " and ";
      if (type == model::ColumnType::Text)
        on += "coalesce(" + side("l") + ", '') = coalesce(" + side("r") + ", '')";
      else
        on += side("l") + " = " + side("r") +
              (type == model::ColumnType::Version ? " collate by_version" : "");
    }
    if (join.kind == model::JoinKind::LeftAnti)
      return "select * from " + named(inner) + " l where not exists (select 1 from " +
             named(right_sql) + " r where " + on + ")";
    std::string list = "l.*";
    for (const auto& column : right.columns_) {
      std::string name = column.name;
      const auto taken = [&](const std::string& wanted) {
        const auto has = [&](const std::vector<SqlColumn>& columns) {
          return std::any_of(columns.begin(), columns.end(),
                             [&](const SqlColumn& each) { return each.name == wanted; });
        };
        return has(columns_) || (wanted != column.name && has(right.columns_));
      };
      for (int i = 1; taken(name); ++i) name = column.name + std::to_string(i);
      list += ", r." + column.name + " as " + name;
      columns_.push_back({name, column.type});
    }
    return "select " + list + " from " + named(inner) + " l join " + named(right_sql) + " r on " +
           on;
  }
  std::string apply(const model::Take& take, const std::string& inner) {
    return inner + " limit " + std::to_string(take.rows);
  }

  model::ColumnType type_of(const std::string& name) const {
    for (const auto& column : columns_)
      if (column.name == name) return column.type;
    throw std::runtime_error("no column " + name);
  }

  std::string expression(const model::Expression& expression_) {
    using Kind = model::Expression::Kind;
    if (expression_.kind == Kind::Condition)
      return fmt::format("({})", condition(expression_.condition));
    if (expression_.kind == Kind::Not)
      return fmt::format("(not {})", expression(expression_.parts[0]));
    std::string out;
    for (const auto& part : expression_.parts) {
      if (!out.empty()) out += expression_.kind == Kind::And ? " and " : " or ";
      out += expression(part);
    }
    return "(" + out + ")";
  }

  struct LiteralText {
    std::int64_t now_ms;
    std::string operator()(const std::string& text) const { return quoted(text); }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(bool truth) const { return truth ? "1" : "0"; }
    std::string operator()(const model::VersionLiteral& version) const {
      return quoted(version.text);
    }
    std::string operator()(Timestamp time) const { return std::to_string(time.ms); }
    // By SQLite's own calendar.
    std::string operator()(const model::FromNow& time) const {
      std::string ms = std::to_string(now_ms + time.shift.count());
      for (const auto& start : time.starts) {
        const std::string at = "(" + ms + ") / 1000, 'unixepoch', ";
        const std::string n = std::to_string(start.periods);
        if (start.calendar == model::Calendar::Day)
          ms = "strftime('%s', " + at + "'start of day', '" + n + " days')";
        else if (start.calendar == model::Calendar::Week)
          ms = "strftime('%s', " + at + "'start of day', '-6 days', 'weekday 0', '" +
               std::to_string(7 * start.periods) + " days')";
        else
          ms = "strftime('%s', " + at + "'start of month', '" + n + " months')";
        ms = "(" + ms + " * 1000 + " + std::to_string(start.shift.count()) + ")";
      }
      return ms;
    }
  };

  std::string condition(const model::Condition& condition_) {
    const std::string& name = condition_.column.text;
    const auto type = type_of(name);
    std::vector<std::string> values;
    for (const auto& literal : condition_.literals)
      values.push_back(std::visit(LiteralText{now_.ms}, literal.value));
    const bool version = type == model::ColumnType::Version;
    const std::string text =
        version ? "coalesce(substr(" + name + ", 2), '')" : "coalesce(" + name + ", '')";
    const std::string column = type == model::ColumnType::Text ? text : name;
    const auto order = [&](const std::string& sign, const std::string& value) {
      return version ? "vercmp(" + name + ", " + value + ") " + sign + " 0"
                     : column + " " + sign + " " + value;
    };
    const auto any = [&](bool any_case) {
      std::string out;
      for (const auto& value : values)
        out += (out.empty() ? "" : " or ") +
               (any_case ? "lower(" + text + ") = lower(" + value + ")" : order("=", value));
      return "coalesce(" + out + ", 0)";
    };
    const std::string first = values.empty() ? std::string() : values[0];
    const std::string low = "lower(" + text + ")";
    const std::string low_first = "lower(" + first + ")";
    const std::string size = "length(" + first + ")";
    const std::string starts = "substr(" + low + ", 1, " + size + ") = " + low_first;
    const std::string ends = "(" + size + " = 0 or substr(" + low + ", -" + size +
                             ") = " + low_first + " and length(" + text + ") >= " + size + ")";
    switch (condition_.comparison) {
      case Comparison::Equal:
        return "coalesce(" + order("=", first) + ", 0)";
      case Comparison::NotEqual:
        return "coalesce(" + order("<>", first) + ", 1)";
      case Comparison::Less:
        return order("<", first);
      case Comparison::LessOrEqual:
        return order("<=", first);
      case Comparison::Greater:
        return order(">", first);
      case Comparison::GreaterOrEqual:
        return order(">=", first);
      case Comparison::EqualAnyCase:
        return low + " = " + low_first;
      case Comparison::NotEqualAnyCase:
        return low + " <> " + low_first;
      case Comparison::Has:
        return "has(" + text + ", " + low_first + ")";
      case Comparison::NotHas:
        return "not has(" + text + ", " + low_first + ")";
      case Comparison::Contains:
        return "instr(" + low + ", " + low_first + ") > 0";
      case Comparison::NotContains:
        return "instr(" + low + ", " + low_first + ") = 0";
      case Comparison::StartsWith:
        return starts;
      case Comparison::NotStartsWith:
        return "not " + starts;
      case Comparison::EndsWith:
        return ends;
      case Comparison::NotEndsWith:
        return "not " + ends;
      case Comparison::In:
        return any(false);
      case Comparison::NotIn:
        return "not " + any(false);
      case Comparison::InAnyCase:
        return any(true);
      case Comparison::NotInAnyCase:
        return "not " + any(true);
      case Comparison::Between:
        return order(">=", values[0]) + " and " + order("<=", values[1]);
      case Comparison::NotBetween:
        return order("<", values[0]) + " or " + order(">", values[1]);
      case Comparison::IsEmpty:
        return text + " = ''";
      case Comparison::IsNotEmpty:
        return text + " <> ''";
    }
    return "";
  }

  Timestamp now_;
  std::shared_ptr<std::vector<std::string>> tables_;  // shared with the right sides of joins
  std::vector<SqlColumn> columns_;
};

// Empty texts and absent ones are the same.
std::string cell(const model::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* version = std::get_if<model::Version>(&value))
    return std::string(to_text(version->scheme).substr(0, 1)) + version->text;
  return {};
}

}  // namespace

SqlOracle::SqlOracle() {
  if (sqlite3_open(":memory:", &database_) != SQLITE_OK) throw std::runtime_error("sqlite");
  sqlite3_create_function(database_, "vercmp", 2, SQLITE_UTF8, nullptr, vercmp, nullptr, nullptr);
  sqlite3_create_function(database_, "has", 2, SQLITE_UTF8, nullptr, has, nullptr, nullptr);
  sqlite3_create_collation(database_, "by_version", SQLITE_UTF8, nullptr, by_version);
  for (const auto& type : model::inventory_classes()) {
    std::string sql = "create table " + std::string(type.name) + " (Device";
    for (const auto& column : type.columns) sql += ", " + std::string(column.name);
    execute(sql + ")");
  }
}

SqlOracle::~SqlOracle() { sqlite3_close(database_); }

void SqlOracle::execute(const std::string& sql) const {
  char* message = nullptr;
  if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, &message) != SQLITE_OK)
    throw std::runtime_error(sql + ": " + message);
}

void SqlOracle::insert(const std::string& device_name, const std::vector<model::ClassRows>& rows) {
  for (const auto& class_rows : rows)
    for (const auto& row : class_rows.rows) {
      std::string sql =
          "insert into " + std::string(class_rows.type->name) + " values (" + quoted(device_name);
      for (const auto& value : row) {
        sql += ", ";
        if (value.index() == 0)
          sql += "null";
        else if (value.index() == 1)
          sql += cell(value);
        else
          sql += quoted(cell(value));
      }
      execute(sql + ")");
    }
}

std::vector<std::string> SqlOracle::ask(const std::string& sql) const {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
    throw std::runtime_error(sql + ": " + sqlite3_errmsg(database_));
  std::vector<std::string> out;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    std::string line;
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
      line += (text == nullptr ? "" : text);
      line += '|';
    }
    out.push_back(line);
  }
  sqlite3_finalize(statement);
  return out;
}

std::string sql_of(const model::Query& query, Timestamp now) {
  return Translator(now).query(query);
}

std::vector<std::string> lines_of(const model::Table& table) {
  std::vector<std::string> out;
  for (const auto& row : table.rows) {
    std::string line;
    for (const auto& value : row) line += cell(value) + '|';
    out.push_back(line);
  }
  return out;
}

}  // namespace muster::fleet::samples
