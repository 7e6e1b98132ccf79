// Class Disk: whole disks as lsblk(8) of util-linux 2.38 tells them.
#include <algorithm>
#include <map>

#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/row_builder.h"
#include "roles/client/inventory/text.h"

namespace muster::client {
namespace {

// Lines "E:NAME=value" of /run/udev/data/bMAJOR:MINOR.
using UdevProperties = std::map<std::string, std::string, std::less<>>;

UdevProperties udev_properties(const Source& source, const std::string& folder) {
  UdevProperties out;
  const auto number = read_fact(source, folder + "/dev");
  if (!number) return out;
  const auto text = source.read("/run/udev/data/b" + *number);
  if (!text) return out;
  std::string_view rest = *text;
  for (std::string_view line; next_line(rest, line);) {
    const std::size_t equals = line.find('=');
    if (!line.starts_with("E:") || equals == std::string_view::npos) continue;
    out[std::string(line.substr(2, equals - 2))] = line.substr(equals + 1);
  }
  return out;
}

std::string first_of(const UdevProperties& all, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (const auto it = all.find(name); it != all.end() && !it->second.empty()) return it->second;
  return {};
}

// udev writes bytes that it does not trust as \xNN; runs of blanks become one.
std::string decoded(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = text.substr(i).starts_with("\\x") && i + 3 < text.size()
                          ? to_number(text.substr(i + 2, 2), 16)
                          : std::nullopt;
    if (code && *code >= 0) {
      bytes += static_cast<char>(*code);
      i += 3;
    } else {
      bytes += text[i];
    }
  }
  std::string out;
  for (const std::string_view word : fields(bytes)) {
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

std::optional<std::int64_t> number_in(const Source& source, const std::string& path) {
  const auto text = read_fact(source, path);
  return text ? to_number(*text) : std::nullopt;
}

// Of the kernel's names: what lies on other devices, and what lies in memory, is no disk.
bool is_disk(const Source& source, const std::string& name, const std::string& folder) {
  for (const std::string_view other : {"loop", "ram", "zram", "dm-", "md", "fd", "nbd"})
    if (name.starts_with(other)) return false;
  // SCSI type 0 (direct access), 7 (optical memory) and 14 (reduced block commands).
  const auto type = number_in(source, folder + "/device/type");
  return !type || *type == 0 || *type == 7 || *type == 14;
}

// The folder of the SCSI host "hostN" that the device's path runs through.
std::string scsi_host(std::string_view path) {
  const std::size_t at = path.find("/host");
  if (at == std::string_view::npos) return {};
  const std::string_view name = path.substr(at + 1, path.find('/', at + 1) - at - 1);
  return to_number(name.substr(4)) ? std::string(name) : std::string();
}

std::string_view transport(const Source& source, const std::string& name,
                           const std::string& folder) {
  const std::string path = source.link_target(folder).value_or("");
  const auto has_class = [&](std::string_view kind, const std::string& host) {
    return source.exists(fmt::format("/sys/class/{}/{}", kind, host));
  };
  if (const std::string host = scsi_host(path); !host.empty()) {
    if (has_class("spi_host", host)) return "spi";
    if (has_class("fc_host", host)) return "fc";
    if (has_class("sas_host", host) || source.exists(folder + "/device/sas_device")) return "sas";
    if (source.exists(folder + "/device/ieee1394_id")) return "sbp";
    if (has_class("iscsi_host", host)) return "iscsi";
    if (path.find("usb") != std::string::npos) return "usb";
    const std::string driver =
        read_fact(source, fmt::format("/sys/class/scsi_host/{}/proc_name", host)).value_or("");
    if (driver.starts_with("ahci") || driver.starts_with("sata")) return "sata";
    if (driver.find("ata") != std::string::npos) return "ata";
    return "";
  }
  if (name.starts_with("nvme")) return "nvme";
  if (name.starts_with("vd")) return "virtio";
  if (name.starts_with("mmcblk")) return "mmc";
  return "";
}

model::Row disk_row(const Source& source, const std::string& name, const std::string& folder,
                    std::int64_t sectors) {
  const UdevProperties udev = udev_properties(source, folder);
  const auto told = [&](std::string text, std::string_view file) {
    if (!text.empty()) return decoded(text);
    return decoded(read_fact(source, folder + "/device/" + std::string(file)).value_or(""));
  };
  RowBuilder row("Disk");
  row.text("Name", name);
  row.text("Model", told(first_of(udev, {"ID_MODEL_ENC", "ID_MODEL"}), "model"));
  row.text("Manufacturer", told("", "vendor"));
  row.text("Revision", told("", "rev"));
  std::string serial =
      told(first_of(udev, {"SCSI_IDENT_SERIAL", "ID_SCSI_SERIAL", "ID_SERIAL_SHORT", "ID_SERIAL"}),
           "serial");
  // virtio keeps it beside the device's folder.
  if (serial.empty()) serial = decoded(read_fact(source, folder + "/serial").value_or(""));
  row.text("SerialNumber", serial);
  row.text("Wwn", first_of(udev, {"ID_WWN_WITH_EXTENSION", "ID_WWN"}));
  row.number("SizeMB", sectors / 2048);
  row.text("Transport", transport(source, name, folder));
  row.number("Rotational", number_in(source, folder + "/queue/rotational"));
  row.number("Removable", number_in(source, folder + "/removable"));
  row.number("ReadOnly", number_in(source, folder + "/ro"));
  row.number("LogicalSectorSize", number_in(source, folder + "/queue/logical_block_size"));
  row.number("PhysicalSectorSize", number_in(source, folder + "/queue/physical_block_size"));
  row.text("PartitionTable", first_of(udev, {"ID_PART_TABLE_TYPE"}));
  return std::move(row).take();
}

}  // namespace

Result<Collected> collect_disk(const Source& source) {
  Collected out;
  const auto names = source.list("/sys/block");
  if (!names) return out;
  for (const std::string& name : *names) {
    const std::string folder = "/sys/block/" + name;
    if (!is_disk(source, name, folder)) continue;
    const auto sectors = number_in(source, folder + "/size");  // of 512 bytes, whatever the disk's
    if (!sectors || *sectors <= 0) continue;                   // a drive without a medium
    out.rows.push_back(disk_row(source, name, folder, *sectors));
    if (out.rows.size() >= model::kMostRowsPerClass) break;
  }
  return out;
}

}  // namespace muster::client
