// Class Device: names, firmware tables, what kind of machine this is.
#include <algorithm>
#include <array>

#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/firmware.h"
#include "roles/client/inventory/row_builder.h"
#include "roles/client/inventory/text.h"

namespace muster::client {
namespace {

constexpr std::string_view kDmi = "/sys/class/dmi/id/";

// Boards without firmware tables have a device tree, whose texts end in a zero byte.
std::optional<std::string> device_tree_fact(const Source& source, std::string_view file) {
  auto value = read_fact(source, "/proc/device-tree/" + std::string(file));
  if (value) value->resize(std::min(value->find('\0'), value->size()));
  return value;
}

std::optional<std::string> container_kind(const Source& source) {
  if (auto named = read_fact(source, "/run/systemd/container")) return named;
  if (source.exists("/.dockerenv")) return "docker";
  if (source.exists("/run/.containerenv")) return "podman";
  return std::nullopt;
}

std::optional<std::string> hypervisor_kind(const Source& source) {
  struct Mark {
    std::string_view text;
    std::string_view kind;
  };
  static constexpr Mark kMarks[] = {{"VMware", "vmware"},
                                    {"VirtualBox", "oracle"},
                                    {"innotek GmbH", "oracle"},
                                    {"Amazon EC2", "amazon"},
                                    {"Google", "google"},
                                    {"KVM", "kvm"},
                                    {"QEMU", "qemu"},
                                    {"Xen", "xen"},
                                    {"Bochs", "bochs"},
                                    {"Parallels", "parallels"},
                                    {"Virtual Machine", "microsoft"}};
  if (read_fact(source, "/sys/hypervisor/type") == "xen") return "xen";
  for (const char* file : {"product_name", "sys_vendor", "board_vendor", "bios_vendor"}) {
    const auto value = read_fact(source, std::string(kDmi) + file);
    for (const Mark& mark : kMarks)
      if (value && value->find(mark.text) != std::string::npos) return std::string(mark.kind);
  }
  return std::nullopt;
}

// Whether the processor says that a hypervisor is below; nothing where it cannot say.
std::optional<bool> processor_sees_hypervisor(const Source& source) {
  const auto info = source.read("/proc/cpuinfo", 16 * kFactLimit);
  if (!info) return std::nullopt;
  std::string_view rest = *info;
  for (std::string_view line; next_line(rest, line);) {
    if (!line.starts_with("flags")) continue;
    const auto flags = fields(line);
    return std::ranges::find(flags, "hypervisor") != flags.end();
  }
  return std::nullopt;
}

// SMBIOS 3.6, table 17.
std::optional<std::string> chassis_kind(const Source& source) {
  const auto type = firmware_number(source, "chassis_type");
  if (!type) return std::nullopt;
  switch (*type) {
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
    case 13:
    case 15:
    case 16:
    case 24:
    case 34:
    case 35:
    case 36:
      return "Desktop";
    case 8:
    case 9:
    case 10:
    case 11:
    case 12:
    case 14:
    case 30:
    case 31:
    case 32:
      return "Laptop";
    case 17:
    case 23:
    case 25:
    case 28:
    case 29:
      return "Server";
    default:
      return std::nullopt;
  }
}

void add_kind(const Source& source, RowBuilder& row) {
  const auto container = container_kind(source);
  auto hypervisor = hypervisor_kind(source);
  const auto seen = processor_sees_hypervisor(source);
  if (container) {
    row.text("Kind", "Container").text("Virtualization", *container);
  } else if (hypervisor && seen.value_or(true)) {
    row.text("Kind", "Virtual").text("Virtualization", *hypervisor);
  } else if (seen == true) {
    row.text("Kind", "Virtual").text("Virtualization", "other");
  } else {
    if (seen) row.text("Virtualization", "none");
    row.text("Kind", chassis_kind(source).value_or(""));
  }
}

// The host name's full form: its own, or the one that /etc/hosts gives beside it.
std::optional<std::string> full_name(const Source& source, const std::string& name) {
  if (name.find('.') != std::string::npos) return name;
  const auto hosts = source.read("/etc/hosts");
  if (!hosts) return std::nullopt;
  std::string_view rest = *hosts;
  for (std::string_view line; next_line(rest, line);) {
    const auto words = fields(trimmed(line.substr(0, line.find('#'))));
    if (words.size() < 2 || std::ranges::find(words, name) == words.end()) continue;
    for (std::size_t i = 1; i < words.size(); ++i)
      if (words[i].starts_with(name + ".") && !words[i].starts_with("localhost."))
        return std::string(words[i]);
  }
  return std::nullopt;
}

void add_names(const Source& source, RowBuilder& row) {
  auto name = read_fact(source, "/proc/sys/kernel/hostname");
  if (!name) name = read_fact(source, "/etc/hostname");
  if (!name) return;
  row.text("Name", name->substr(0, name->find('.')));
  const auto full = full_name(source, *name);
  if (!full) return;
  row.text("Fqdn", *full);
  row.text("Domain", full->substr(full->find('.') + 1));
}

std::optional<std::string> time_zone(const Source& source) {
  constexpr std::string_view kZones = "zoneinfo/";
  if (const auto target = source.link_target("/etc/localtime"))
    if (const auto at = target->find(kZones); at != std::string::npos)
      return target->substr(at + kZones.size());
  return read_fact(source, "/etc/timezone");
}

// efivarfs: four bytes of attributes, then the variable (UEFI 2.10, 3.3).
std::optional<std::int64_t> secure_boot(const Source& source) {
  const auto variable =
      source.read("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", 64);
  if (!variable || variable->size() != 5) return std::nullopt;
  return variable->back() == 1 ? 1 : 0;
}

}  // namespace

Result<Collected> collect_device(const Source& source, std::string_view client_version) {
  Collected out;
  RowBuilder row("Device");
  add_names(source, row);
  add_kind(source, row);
  auto architecture = read_fact(source, "/proc/sys/kernel/arch");
  if (!architecture) architecture = source.machine();
  row.text("Architecture", architecture.value_or(""));

  auto maker = firmware_fact(source, "sys_vendor", "Device.Manufacturer", out);
  auto model = firmware_fact(source, "product_name", "Device.Model", out);
  auto serial = firmware_fact(source, "product_serial", "Device.SerialNumber", out);
  if (!model) model = device_tree_fact(source, "model");
  if (!serial) serial = device_tree_fact(source, "serial-number");
  row.text("Manufacturer", maker.value_or(""));
  row.text("Model", model.value_or(""));
  row.text("SerialNumber", serial.value_or(""));
  row.text("FirmwareVersion",
           firmware_fact(source, "bios_version", "Device.FirmwareVersion", out).value_or(""));
  row.number("SecureBoot", secure_boot(source));
  row.version("ClientVersion", model::VersionScheme::Dotted, client_version);
  row.text("TimeZone", time_zone(source).value_or(""));
  out.rows.push_back(std::move(row).take());
  return out;
}

}  // namespace muster::client
