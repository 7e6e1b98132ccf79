#include "store/role_logins.h"

namespace muster::store {
namespace {

// Boundaries and management points (21).
constexpr TableRight kLocatorPoint[] = {
    {"catalogue_document", "SELECT"},
    {"counter", "SELECT"},
    {"object", "SELECT"},
};

// Enrolment, and what policy and messages are judged by (22). Reports go through the inbox.
constexpr TableRight kManagementPoint[] = {
    {"audit", "SELECT, INSERT"},
    {"catalogue_document", "SELECT"},
    {"certificate", "SELECT, INSERT"},
    {"counter", "SELECT, INSERT, UPDATE"},
    {"device", "SELECT, INSERT, UPDATE"},
    {"enrolment_token", "SELECT, UPDATE"},
    {"object", "SELECT"},
    {"pending_enrolment", "SELECT, INSERT, UPDATE, DELETE"},
    {"policy_body", "SELECT"},
    {"policy_header", "SELECT"},
    {"revocation", "SELECT"},
    {"stream_position", "SELECT"},
};

// What operators read and change (23). Nobody changes the audit or the log of changes afterwards.
constexpr TableRight kProvider[] = {
    {"apply_set_member", "SELECT, INSERT, UPDATE, DELETE"},
    {"audit", "SELECT, INSERT"},
    {"catalogue_document", "SELECT, INSERT"},
    {"certificate", "SELECT, DELETE"},
    {"change_log", "SELECT, INSERT"},
    {"client_contact", "SELECT"},
    {"collected_content", "SELECT"},
    {"collected_file", "SELECT"},
    {"collection_member", "SELECT"},
    {"counter", "SELECT, INSERT, UPDATE"},
    {"deployment_state", "SELECT, DELETE"},
    {"deployment_summary", "SELECT, INSERT, UPDATE, DELETE"},
    {"device", "SELECT, UPDATE, DELETE"},
    {"device_rows", "SELECT"},
    {"enrolment_token", "SELECT, INSERT, DELETE"},
    {"fallback_message", "SELECT"},
    {"inbox_position", "SELECT"},
    {"inventory_class", "SELECT"},
    {"inventory_log", "SELECT"},
    {"inventory_row", "SELECT"},
    {"object", "SELECT, INSERT, UPDATE"},
    {"package_content", "SELECT, INSERT, UPDATE"},
    {"pending_enrolment", "SELECT, DELETE"},
    {"policy_body", "SELECT"},
    {"policy_header", "SELECT"},
    {"quarantine", "SELECT"},
    {"revocation", "SELECT, INSERT, DELETE"},
    {"row_dictionary", "SELECT"},
    {"status_message", "SELECT, DELETE"},
};

// Known machines and what they are to boot (37).
constexpr TableRight kPxePoint[] = {
    {"collection_member", "SELECT"},
    {"device", "SELECT"},
    {"object", "SELECT"},
};

constexpr RoleLogin kLogins[] = {
    {"locator_point", 21, kLocatorPoint}, {"management_point", 22, kManagementPoint},
    {"provider", 23, kProvider},          {kReportLogin, 24, {}},
    {"pxe_point", 37, kPxePoint},
};

Result<std::string> first_text(Reader& reader, std::string_view sql,
                               std::initializer_list<Param> params) {
  auto found = TRY(reader.first(sql, params, [](Rows& rows) { return rows.text(0); }));
  return found.value_or("");
}

// The quoted name of the role's login; empty when nobody made it.
Result<std::string> login_of(Reader& reader, std::string_view role) {
  return first_text(reader,
                    "SELECT quote_ident(rolname) FROM pg_roles "
                    "WHERE rolname = current_database() || '_' || $1",
                    {role});
}

}  // namespace

std::span<const RoleLogin> role_logins() { return kLogins; }

Result<void> grant_role_rights(Database& database) {
  return database.write([](Transaction& transaction) -> Result<void> {
    const std::string name =
        TRY(first_text(transaction, "SELECT quote_ident(current_database())", {}));
    std::string sql = fmt::format(
        "REVOKE ALL ON DATABASE {} FROM PUBLIC; REVOKE ALL ON SCHEMA muster FROM PUBLIC; "
        "REVOKE ALL ON ALL TABLES IN SCHEMA muster FROM PUBLIC;",
        name);
    for (const RoleLogin& login : kLogins) {
      const std::string role = TRY(login_of(transaction, login.name));
      if (role.empty()) continue;
      sql += fmt::format(
          "GRANT CONNECT ON DATABASE {0} TO {1}; GRANT USAGE ON SCHEMA muster TO {1}; "
          "REVOKE ALL ON ALL TABLES IN SCHEMA muster FROM {1};",
          name, role);
      for (const TableRight& right : login.rights)
        sql += fmt::format("GRANT {} ON muster.{} TO {};", right.rights, right.table, role);
    }
    TRY(transaction.script(sql));
    return grant_report_rights(transaction);
  });
}

Result<void> grant_report_rights(Transaction& transaction) {
  const std::string role = TRY(login_of(transaction, kReportLogin));
  if (role.empty()) return {};
  const auto views = TRY(transaction.all(
      "SELECT quote_ident(viewname) FROM pg_views WHERE schemaname = 'muster' ORDER BY viewname",
      {}, [](Rows& rows) { return rows.text(0); }));
  std::string sql;
  for (const std::string& view : views)
    sql += fmt::format("GRANT SELECT ON muster.{} TO {};", view, role);
  return transaction.script(sql);
}

}  // namespace muster::store
