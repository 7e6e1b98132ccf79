// Class Service: what systemd's unit files declare.
#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/row_builder.h"
#include "roles/client/inventory/unit_files.h"

namespace muster::client {

Result<Collected> collect_service(const Source& source) {
  Collected out;
  for (const UnitFile& unit : TRY(read_services(source))) {
    RowBuilder row("Service");
    row.text("Name", unit.name).text("Description", unit.description).text("State", unit.state);
    row.text("Type", unit.type).text("User", unit.user);
    row.text("Command", unit.command).text("Path", unit.path);
    out.rows.push_back(std::move(row).take());
  }
  return out;
}

}  // namespace muster::client
