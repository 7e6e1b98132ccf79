// Class ComputerSystem: the machine, its chassis and its board, as their makers wrote them down.
#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/firmware.h"
#include "roles/client/inventory/memory_total.h"
#include "roles/client/inventory/row_builder.h"
#include "roles/client/inventory/text.h"

namespace muster::client {
namespace {

// DSP0134 7.4.1.
constexpr std::string_view kChassisTypes[] = {"",
                                              "Other",
                                              "",
                                              "Desktop",
                                              "Low Profile Desktop",
                                              "Pizza Box",
                                              "Mini Tower",
                                              "Tower",
                                              "Portable",
                                              "Laptop",
                                              "Notebook",
                                              "Hand Held",
                                              "Docking Station",
                                              "All In One",
                                              "Sub Notebook",
                                              "Space-saving",
                                              "Lunch Box",
                                              "Main Server Chassis",
                                              "Expansion Chassis",
                                              "Sub Chassis",
                                              "Bus Expansion Chassis",
                                              "Peripheral Chassis",
                                              "RAID Chassis",
                                              "Rack Mount Chassis",
                                              "Sealed-case PC",
                                              "Multi-system",
                                              "CompactPCI",
                                              "AdvancedTCA",
                                              "Blade",
                                              "Blade Enclosing",
                                              "Tablet",
                                              "Convertible",
                                              "Detachable",
                                              "IoT Gateway",
                                              "Embedded PC",
                                              "Mini PC",
                                              "Stick PC"};

std::string_view chassis_type(const Source& source) {
  const auto type = firmware_number(source, "chassis_type");
  if (!type || *type < 0 || *type >= std::ssize(kChassisTypes)) return "";
  return kChassisTypes[*type];
}

struct FirmwareColumn {
  std::string_view column;
  std::string_view file;
};
constexpr FirmwareColumn kFirmwareColumns[] = {
    {"Manufacturer", "sys_vendor"},
    {"Model", "product_name"},
    {"Version", "product_version"},
    {"Family", "product_family"},
    {"Sku", "product_sku"},
    {"SerialNumber", "product_serial"},
    {"Uuid", "product_uuid"},
    {"AssetTag", "chassis_asset_tag"},
    {"ChassisManufacturer", "chassis_vendor"},
    {"ChassisVersion", "chassis_version"},
    {"ChassisSerialNumber", "chassis_serial"},
    {"BoardManufacturer", "board_vendor"},
    {"BoardModel", "board_name"},
    {"BoardVersion", "board_version"},
    {"BoardSerialNumber", "board_serial"},
};

// "0-3,8": the processors that the system schedules on.
std::optional<std::int64_t> online_count(const Source& source) {
  const auto list = read_fact(source, "/sys/devices/system/cpu/online");
  if (!list) return std::nullopt;
  std::int64_t count = 0;
  for (std::string_view rest = *list; !rest.empty();) {
    const std::string_view range = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), range.size() + 1));
    const std::size_t dash = range.find('-');
    const auto first = to_number(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : to_number(range.substr(dash + 1));
    if (!first || !last || *first < 0 || *last < *first || *last > 1'000'000) return std::nullopt;
    count += *last - *first + 1;
  }
  return count;
}

}  // namespace

Result<Collected> collect_computer_system(const Source& source) {
  Collected out;
  RowBuilder row("ComputerSystem");
  for (const FirmwareColumn& each : kFirmwareColumns)
    row.text(each.column,
             firmware_fact(source, each.file, fmt::format("ComputerSystem.{}", each.column), out)
                 .value_or(""));
  row.text("ChassisType", chassis_type(source));
  if (source.exists("/sys/firmware/efi"))
    row.text("BootMode", "UEFI");
  else if (source.exists("/sys/class/dmi/id/bios_vendor"))
    row.text("BootMode", "BIOS");
  row.number("LogicalProcessors", online_count(source));
  row.number("TotalMemoryMB", total_memory_mb(source));
  out.rows.push_back(std::move(row).take());
  return out;
}

}  // namespace muster::client
