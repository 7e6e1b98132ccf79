// The logins of the site's roles on a database server, and what each may do there.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "store/database.h"

namespace muster::store {

struct TableRight {
  std::string_view table;   // or view (report_views.h)
  std::string_view rights;  // "SELECT, INSERT"
};

// The login is called DATABASE_name: sites on one server stay apart. The site server's login has
// any name; it owns the database and needs no line.
struct RoleLogin {
  std::string_view name;
  std::uint8_t connection;  // row of the table of connections
  std::span<const TableRight> rights;
};

std::span<const RoleLogin> role_logins();

// Reports (24): every view, never a table. Views come and go with inventory classes.
inline constexpr std::string_view kReportLogin = "reporting_point";

// Gives each of the logins that is there exactly these rights, and everybody else none. By the
// database's owner, on PostgreSQL.
Result<void> grant_role_rights(Database& database);
// The right to read all views that are there now.
Result<void> grant_report_rights(Transaction& transaction);

}  // namespace muster::store
