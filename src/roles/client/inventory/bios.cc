// Class Bios: what the firmware says about itself.
#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/errors.h"
#include "roles/client/inventory/firmware.h"
#include "roles/client/inventory/row_builder.h"
#include "roles/client/inventory/smbios.h"
#include "roles/client/inventory/text.h"

namespace muster::client {
namespace {

constexpr std::uint8_t kFirmwareInformation = 0;
constexpr auto kDotted = model::VersionScheme::Dotted;

// "04/01/2014" (DSP0134 7.1) as ms since 1970; years of two digits belong to 19yy.
std::optional<std::int64_t> release_date(std::string_view text) {
  if ((text.size() != 10 && text.size() != 8) || text[2] != '/' || text[5] != '/')
    return std::nullopt;
  const auto month = to_number(text.substr(0, 2));
  const auto day = to_number(text.substr(3, 2));
  auto year = to_number(text.substr(6));
  if (!month || !day || !year || *year < 0) return std::nullopt;
  if (text.size() == 8) *year += 1900;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86'400'000};
}

// DSP0134 5.2: the anchor tells the form of the entry point.
std::string smbios_version(ByteView entry) {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(entry[at]); };
  if (entry.starts_with("_SM3_") && entry.size() >= 9)
    return fmt::format("{}.{}", byte(7), byte(8));
  if (entry.starts_with("_SM_") && entry.size() >= 8) return fmt::format("{}.{}", byte(6), byte(7));
  return "";
}

// DSP0134 7.1: 64 KiB steps in a byte; FFh means that the wider field holds the size.
std::optional<std::int64_t> rom_size_kb(const SmbiosStructure& firmware) {
  const auto size = firmware.number(0x09, 1);
  if (!size) return std::nullopt;
  if (*size != 0xFF) return static_cast<std::int64_t>((*size + 1) * 64);
  const auto wide = firmware.number(0x18, 2);
  if (!wide) return 16 * 1024;  // as dmidecode has it where the wider field is missing
  const auto amount = static_cast<std::int64_t>(*wide & 0x3FFF);
  return (*wide >> 14) == 1 ? amount * 1024 * 1024 : amount * 1024;
}

void add_table(const SmbiosStructure& firmware, RowBuilder& row) {
  row.number("RomSizeKB", rom_size_kb(firmware));
  if (const auto marks = firmware.number(0x13, 1)) {
    row.number("Uefi", (*marks & 0x08) != 0 ? 1 : 0);
    row.number("Virtual", (*marks & 0x10) != 0 ? 1 : 0);
  }
}

}  // namespace

Result<Collected> collect_bios(const Source& source) {
  Collected out;
  if (!source.exists("/sys/class/dmi/id/bios_vendor")) return out;  // a board without SMBIOS
  RowBuilder row("Bios");
  const auto fact = [&](std::string_view file, std::string_view column) {
    return firmware_fact(source, file, fmt::format("Bios.{}", column), out).value_or("");
  };
  row.text("Vendor", fact("bios_vendor", "Vendor"));
  row.text("Version", fact("bios_version", "Version"));
  row.number("ReleaseDate", release_date(fact("bios_date", "ReleaseDate")));
  row.version("Release", kDotted, fact("bios_release", "Release"));
  row.version("ControllerRelease", kDotted, fact("ec_firmware_release", "ControllerRelease"));
  if (const auto entry = source.read("/sys/firmware/dmi/tables/smbios_entry_point"))
    row.version("SmbiosVersion", kDotted, smbios_version(*entry));
  const auto table = source.read("/sys/firmware/dmi/tables/DMI");
  if (table) {
    for (const SmbiosStructure& structure : parse_smbios(*table))
      if (structure.type == kFirmwareInformation) {
        add_table(structure, row);
        break;
      }
  } else if (table.error().is(kFactDenied)) {
    out.notes.push_back({Note::Reason::NeedsRoot, "Bios.RomSizeKB", table.error().text()});
  }
  out.rows.push_back(std::move(row).take());
  return out;
}

}  // namespace muster::client
