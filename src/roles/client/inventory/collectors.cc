#include "roles/client/inventory/collectors.h"

#include <functional>

#include "base/check.h"
#include "model/errors.h"
#include "roles/client/inventory/software_files.h"

namespace muster::client {
namespace {

struct Collector {
  std::string_view class_name;
  std::function<Result<Collected>()> collect;
};

Result<void> check_rows(const model::InventoryClass& type, const std::vector<model::Row>& rows) {
  if (rows.size() > model::kMostRowsPerClass)
    return fail(model::kBadRow, "{}: {} rows", type.name, rows.size());
  for (const model::Row& row : rows) TRY(model::check_row(type, row));
  return {};
}

}  // namespace

Inventory collect_inventory(const Source& source, std::string_view client_version,
                            const ClassFilter& wanted, const SoftwareFileRules* files) {
  const Collector collectors[] = {
      {"Device", [&] { return collect_device(source, client_version); }},
      {"OperatingSystem", [&] { return collect_operating_system(source); }},
      {"Processor", [&] { return collect_processor(source); }},
      {"PhysicalMemory", [&] { return collect_physical_memory(source); }},
      {"LogicalDisk", [&] { return collect_logical_disk(source); }},
      {"NetworkAdapter", [&] { return collect_network_adapter(source); }},
      {"IPAddress", [&] { return collect_ip_address(source); }},
      {"InstalledSoftware", [&] { return collect_installed_software(source); }},
      {"ComputerSystem", [&] { return collect_computer_system(source); }},
      {"Bios", [&] { return collect_bios(source); }},
      {"Disk", [&] { return collect_disk(source); }},
      {"Service", [&] { return collect_service(source); }},
      {"UserAccount", [&] { return collect_user_account(source); }},
      {"SoftwareFile",
       [&] { return collect_software_files(source, files ? *files : SoftwareFileRules()); }},
  };
  Inventory out;
  for (const Collector& collector : collectors) {
    const model::InventoryClass* type = model::find_inventory_class(collector.class_name);
    MUSTER_CHECK(type != nullptr);
    if (wanted && !wanted(*type)) continue;
    auto collected = collector.collect();
    const auto checked = collected ? check_rows(*type, collected->rows) : Result<void>();
    if (!collected || !checked) {
      Error error = collected ? checked.error() : collected.error();
      out.errors.push_back(std::move(error).in(collector.class_name));
      continue;
    }
    out.classes.push_back({type, std::move(collected->rows)});
    for (Note& note : collected->notes) out.notes.push_back(std::move(note));
  }
  return out;
}

}  // namespace muster::client
