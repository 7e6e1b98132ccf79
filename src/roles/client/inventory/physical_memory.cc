// Class PhysicalMemory: the modules of the firmware's table, or the sum that the kernel knows.
#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/errors.h"
#include "roles/client/inventory/memory_total.h"
#include "roles/client/inventory/row_builder.h"
#include "roles/client/inventory/smbios.h"
#include "roles/client/inventory/text.h"

namespace muster::client {
namespace {

constexpr std::uint8_t kMemoryDevice = 17;

// DSP0134 7.18.2.
std::string_view memory_type(std::uint64_t type) {
  switch (type) {
    case 0x0F:
      return "SDRAM";
    case 0x12:
      return "DDR";
    case 0x13:
      return "DDR2";
    case 0x18:
      return "DDR3";
    case 0x1A:
      return "DDR4";
    case 0x1B:
      return "LPDDR";
    case 0x1C:
      return "LPDDR2";
    case 0x1D:
      return "LPDDR3";
    case 0x1E:
      return "LPDDR4";
    case 0x20:
      return "HBM";
    case 0x21:
      return "HBM2";
    case 0x22:
      return "DDR5";
    case 0x23:
      return "LPDDR5";
    default:
      return "";
  }
}

// DSP0134 7.18.1: bit 15 means kibibytes, 7FFF that the size stands in the wider field.
std::optional<std::int64_t> capacity_mb(const SmbiosStructure& module) {
  const auto size = module.number(0x0C, 2);
  if (!size || *size == 0 || *size == 0xFFFF) return std::nullopt;
  if (*size == 0x7FFF) {
    const auto wide = module.number(0x1C, 4);
    return wide ? std::optional(static_cast<std::int64_t>(*wide & 0x7FFFFFFF)) : std::nullopt;
  }
  if ((*size & 0x8000) != 0) return static_cast<std::int64_t>((*size & 0x7FFF) / 1024);
  return static_cast<std::int64_t>(*size);
}

std::optional<std::int64_t> speed(const SmbiosStructure& module) {
  for (const std::size_t offset : {std::size_t{0x20}, std::size_t{0x15}}) {
    const auto value = module.number(offset, 2);
    if (value && *value != 0 && *value != 0xFFFF) return static_cast<std::int64_t>(*value);
  }
  return std::nullopt;
}

std::string real_text(std::string text) {
  for (const char* placeholder : {"Unknown", "Not Specified", "None", "NO DIMM", "N/A"})
    if (text == placeholder) return {};
  return text;
}

model::Row module_row(const SmbiosStructure& module, std::int64_t capacity) {
  RowBuilder row("PhysicalMemory");
  row.text("Locator", module.string(0x10));
  row.number("CapacityMB", capacity);
  row.text("Type", memory_type(module.number(0x12, 1).value_or(0)));
  row.number("SpeedMTs", speed(module));
  row.text("Manufacturer", real_text(module.string(0x17)));
  row.text("SerialNumber", real_text(module.string(0x18)));
  row.text("PartNumber", real_text(module.string(0x1A)));
  return std::move(row).take();
}

}  // namespace

Result<Collected> collect_physical_memory(const Source& source) {
  Collected out;
  const auto table = source.read("/sys/firmware/dmi/tables/DMI");
  if (table) {
    for (const SmbiosStructure& structure : parse_smbios(*table)) {
      if (structure.type != kMemoryDevice) continue;
      if (const auto capacity = capacity_mb(structure))
        out.rows.push_back(module_row(structure, *capacity));
    }
  } else if (table.error().is(kFactDenied)) {
    out.notes.push_back({Note::Reason::NeedsRoot, "PhysicalMemory modules", table.error().text()});
  }
  if (!out.rows.empty()) return out;
  if (const auto total = total_memory_mb(source)) {
    RowBuilder row("PhysicalMemory");
    row.text("Locator", "Total").number("CapacityMB", *total);
    out.rows.push_back(std::move(row).take());
  }
  return out;
}

}  // namespace muster::client
