#include "store/report/report_tables.h"

#include <algorithm>

#include "base/check.h"
#include "store/report_views.h"
#include "store/role_logins.h"
#include "store/site/row_table.h"
#include "store/site/settings.h"

namespace muster::store {
namespace {

// Raised with every change of the tables below and of report_class.cc: another one begins anew.
constexpr std::int64_t kForm = 1;
constexpr const char* kFormName = "form";

// device: every device's rows, as they are at its sequence in the log.
constexpr std::string_view kTables = R"sql(
CREATE SCHEMA muster_export;
CREATE TABLE muster_export.mark (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
CREATE TABLE muster_export.class (
  id INT PRIMARY KEY, name TEXT NOT NULL, layout TEXT NOT NULL, view TEXT NOT NULL UNIQUE);
CREATE TABLE muster_export.device (
  device INT PRIMARY KEY, sequence BIGINT NOT NULL, rows BYTEA NOT NULL);
CREATE TABLE muster_export.package (
  id TEXT PRIMARY KEY, version TEXT NOT NULL, retired SMALLINT NOT NULL);
CREATE TABLE muster_export.program (
  package TEXT NOT NULL, name TEXT NOT NULL, command TEXT NOT NULL, run_as TEXT NOT NULL,
  max_runtime BIGINT NOT NULL, PRIMARY KEY (package, name));
CREATE TABLE muster_export.deployment (
  id TEXT PRIMARY KEY, package TEXT NOT NULL, program TEXT NOT NULL, collection TEXT NOT NULL,
  purpose TEXT NOT NULL, enabled SMALLINT NOT NULL, start BIGINT, deadline BIGINT,
  expires BIGINT);
)sql";

std::string_view mark_name(ReportMark mark) {
  switch (mark) {
    case ReportMark::Inventory:
      return "inventory";
    case ReportMark::Base:
      return "base";
    case ReportMark::Objects:
      return "objects";
    case ReportMark::Swept:
      return "swept";
  }
  MUSTER_CHECK(false);
}

Result<std::optional<std::int64_t>> mark_of(Reader& reader, std::string_view name) {
  return reader.first("SELECT value FROM muster_export.mark WHERE name = $1", {name},
                      [](Rows& rows) { return rows.integer(0); });
}

Result<void> set_mark(Transaction& transaction, std::string_view name, std::int64_t value) {
  TRY(
      transaction.run("INSERT INTO muster_export.mark (name, value) VALUES ($1, $2) "
                      "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                      {name, value}));
  return {};
}

Result<std::int64_t> first_sequence(Reader& reader) {
  const auto first =
      TRY(reader.first("SELECT sequence FROM inventory_log ORDER BY sequence LIMIT 1", {},
                       [](Rows& rows) { return rows.integer(0); }));
  if (first) return *first;
  return TRY(read_counter(reader, Counter::InventorySequence)) + 1;
}

// Whether it is of this program's form, and what it has not read yet is in the log.
Result<bool> is_current(Transaction& transaction) {
  if (!TRY(has_report_tables(transaction))) return false;
  if (TRY(mark_of(transaction, kFormName)) != kForm) return false;
  const auto at = TRY(report_mark(transaction, ReportMark::Inventory));
  return at && *at + 1 >= TRY(first_sequence(transaction));
}

struct Registered {
  ClassId id;
  std::string name;
  std::string layout;
  std::string view;
};

Result<std::vector<Registered>> registered(Reader& reader, std::string_view sql) {
  return reader.all(sql, {}, [](Rows& rows) -> Result<Registered> {
    return Registered{static_cast<ClassId>(TRY(rows.integer(0))), TRY(rows.text(1)),
                      TRY(rows.text(2)), TRY(rows.text(3))};
  });
}

using Known = std::map<ClassId, Registered>;

// Those that the site retired or has no more.
Result<std::string> drop_gone(Transaction& transaction, const std::vector<Registered>& present,
                              Known& known) {
  std::string sql;
  for (auto each = known.begin(); each != known.end();) {
    const bool is_there = std::ranges::any_of(
        present, [&](const Registered& other) { return other.id == each->first; });
    if (is_there) {
      ++each;
      continue;
    }
    const auto gone = TRY(ReportClass::parse(each->first, each->second.name, each->second.layout));
    sql += gone->drop_tables();
    TRY(transaction.run("DELETE FROM muster_export.class WHERE id = $1", {each->first}));
    each = known.erase(each);
  }
  return sql;
}

std::string free_view_name(const Registered& type, const Known& known) {
  const std::string name = report_view_name(type.name);
  const bool is_taken =
      std::ranges::any_of(known, [&](const auto& other) { return other.second.view == name; });
  return is_taken ? fmt::format("{}_{}", name, type.id) : name;
}

}  // namespace

Result<std::optional<std::int64_t>> report_mark(Reader& reader, ReportMark mark) {
  return mark_of(reader, mark_name(mark));
}

Result<void> set_report_mark(Transaction& transaction, ReportMark mark,
                             std::optional<std::int64_t> value) {
  if (value) return set_mark(transaction, mark_name(mark), *value);
  TRY(transaction.run("DELETE FROM muster_export.mark WHERE name = $1", {mark_name(mark)}));
  return {};
}

Result<bool> has_report_tables(Reader& reader) {
  return TRY(reader.first("SELECT 1 FROM pg_namespace WHERE nspname = $1", {kReportSchema},
                          [](Rows& rows) { return rows.integer(0); }))
      .has_value();
}

Result<void> drop_report_tables(Transaction& transaction) {
  return transaction.script("DROP SCHEMA IF EXISTS muster_export CASCADE");
}

Result<bool> open_report_tables(Transaction& transaction) {
  if (TRY(is_current(transaction))) return false;
  TRY(drop_report_tables(transaction));
  TRY(transaction.script(kTables));
  TRY(make_object_report_views(transaction));
  TRY(set_mark(transaction, kFormName, kForm));
  const std::int64_t last = TRY(read_counter(transaction, Counter::InventorySequence));
  const bool is_whole = TRY(first_sequence(transaction)) == 1;
  TRY(set_report_mark(transaction, ReportMark::Inventory, is_whole ? 0 : last));
  if (!is_whole) TRY(set_report_mark(transaction, ReportMark::Base, 0));
  TRY(set_report_mark(transaction, ReportMark::Swept, 0));
  TRY(grant_report_rights(transaction));
  return true;
}

Result<ReportClasses> follow_report_classes(Transaction& transaction) {
  const auto present = TRY(registered(transaction,
                                      "SELECT id, name, layout, '' FROM inventory_class "
                                      "WHERE layout NOT LIKE 'retired %' ORDER BY id"));
  Known known;
  for (Registered& each :
       TRY(registered(transaction, "SELECT id, name, layout, view FROM muster_export.class")))
    known.emplace(each.id, std::move(each));
  std::string sql = TRY(drop_gone(transaction, present, known));
  ReportClasses out;
  for (const Registered& each : present) {
    auto type = TRY(ReportClass::parse(each.id, each.name, each.layout));
    const auto before = known.find(each.id);
    if (before == known.end()) {
      Registered made = each;
      made.view = free_view_name(each, known);
      sql += type->make_tables() + type->make_views(made.view);
      TRY(transaction.run(
          "INSERT INTO muster_export.class (id, name, layout, view) VALUES ($1, $2, $3, $4)",
          {made.id, made.name, made.layout, made.view}));
      known.emplace(made.id, std::move(made));
    } else if (before->second.layout != each.layout) {
      const auto old = TRY(ReportClass::parse(each.id, each.name, before->second.layout));
      sql += type->extend_tables(*old) + type->make_views(before->second.view);
      TRY(transaction.run("UPDATE muster_export.class SET layout = $1 WHERE id = $2",
                          {each.layout, each.id}));
    }
    out.emplace(each.id, std::move(type));
  }
  if (sql.empty()) return out;
  TRY(transaction.script(sql));
  TRY(grant_report_rights(transaction));
  return out;
}

}  // namespace muster::store
