// One inventory class as tables and views of the export for reports.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "model/inventory.h"
#include "store/site/row_list.h"
#include "store/value.h"

namespace muster::store {

// Holds the export's tables; the views stand in the site's own schema.
inline constexpr std::string_view kReportSchema = "muster_export";

// A column of one of the class's tables, and what the view calls it.
struct ReportColumn {
  enum class Holds { Value, VersionKey };
  std::size_t index;  // in the class
  Holds holds;
  std::string table_name;  // "c3", "k3"
  std::string view_name;   // "version0"
  std::string type;        // the server's
};

// As the database registered it: the layout tells all, so nobody's schema has to be at the same
// place. Three tables: r<id>, each distinct row's Shared columns once; g<id>, what devices have
// now; h<id>, what they had.
class ReportClass {
 public:
  // Error: kUnexpectedValue.
  static Result<std::unique_ptr<ReportClass>> parse(ClassId id, std::string name,
                                                    std::string layout);
  ReportClass(const ReportClass&) = delete;

  ClassId id() const { return id_; }
  const std::string& name() const { return name_; }
  const std::string& layout() const { return layout_; }
  const model::InventoryClass& type() const { return type_; }
  // "muster_export.g7"
  std::string table(char kind) const;
  const std::vector<ReportColumn>& shared() const { return shared_; }
  const std::vector<ReportColumn>& own() const { return own_; }            // Unique and Volatile
  const std::vector<ReportColumn>& changing() const { return changing_; }  // Volatile

  std::string make_tables() const;
  // For columns that `before`, an earlier layout of the class, does not have.
  std::string extend_tables(const ReportClass& before) const;
  std::string drop_tables() const;
  // v_GS_NAME and v_HS_NAME, or what they became by more columns. `view`: name in small letters.
  std::string make_views(std::string_view view) const;

 private:
  ReportClass() = default;
  void add_column(const model::Column& column, std::set<std::string>& taken);
  std::string view_columns() const;

  ClassId id_ = 0;
  std::string name_, layout_;
  std::vector<std::string> column_names_;
  std::vector<model::Column> columns_;
  model::InventoryClass type_{};
  std::vector<ReportColumn> all_, shared_, own_, changing_;
};

// InstalledSoftware as reports know it: "installed_software".
std::string report_view_name(std::string_view class_name);

// The value of the row for the column.
Value report_value(const ReportColumn& column, const model::Row& row);

}  // namespace muster::store
