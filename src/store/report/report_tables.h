// The export's tables: made, brought to the classes that the database has, thrown away.
#pragma once

#include <map>

#include "store/database.h"
#include "store/report/report_class.h"

namespace muster::store {

using ReportClasses = std::map<ClassId, std::unique_ptr<ReportClass>>;

// Where the export is in the logs that it follows, and the like.
enum class ReportMark {
  Inventory,  // sequence in the log of inventories
  Base,       // device number, while states are taken that the log does not reach; else absent
  Objects,    // serial in the log of changes
  Swept,      // when values were last compared that no log names
};
Result<std::optional<std::int64_t>> report_mark(Reader& reader, ReportMark mark);
Result<void> set_report_mark(Transaction& transaction, ReportMark mark,
                             std::optional<std::int64_t> value);

// Makes the tables when they are missing, are of another form than this program's, or stand behind
// the beginning of the log. Says whether it did, so that the export begins anew.
Result<bool> open_report_tables(Transaction& transaction);
Result<bool> has_report_tables(Reader& reader);
// Views and all.
Result<void> drop_report_tables(Transaction& transaction);

// Brings tables, views and the reader's rights to the classes that the database has registered.
Result<ReportClasses> follow_report_classes(Transaction& transaction);

}  // namespace muster::store
