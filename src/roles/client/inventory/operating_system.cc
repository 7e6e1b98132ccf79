// Class OperatingSystem: the release, the kernel, the locale, when it was started.
#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/dpkg_status.h"
#include "roles/client/inventory/os_release.h"
#include "roles/client/inventory/row_builder.h"

namespace muster::client {
namespace {

// Only what an installer left behind tells when it ran; the age of other files tells something
// else.
std::optional<std::int64_t> install_time(const Source& source) {
  for (const char* path : {"/var/log/installer/syslog", "/root/anaconda-ks.cfg"})
    if (const auto time = source.modified(path)) return time->ms;
  return std::nullopt;
}

// The kernel computes btime anew at each reading, so it moves a little when the clock is set;
// whole minutes keep that from looking like a restart.
std::optional<std::int64_t> boot_time(const Source& source) {
  const auto stat = source.read("/proc/stat", 16 * kFactLimit);
  if (!stat) return std::nullopt;
  std::string_view rest = *stat;
  for (std::string_view line; next_line(rest, line);) {
    const auto words = fields(line);
    if (words.size() != 2 || words[0] != "btime") continue;
    const auto seconds = to_number(words[1]);
    if (!seconds || *seconds < 0 || *seconds > 253'402'300'799) return std::nullopt;
    return (*seconds + 30) / 60 * 60'000;
  }
  return std::nullopt;
}

std::string language(const Source& source) {
  for (const char* path : {"/etc/locale.conf", "/etc/default/locale"}) {
    const auto text = source.read(path);
    if (!text) continue;
    if (std::string found = value_or_empty(parse_assignments(*text), "LANG"); !found.empty())
      return found;
  }
  return {};
}

}  // namespace

Result<Collected> collect_operating_system(const Source& source) {
  Collected out;
  const Assignments release = read_os_release(source);
  RowBuilder row("OperatingSystem");
  row.text("Name", value_or_empty(release, "PRETTY_NAME"));
  row.text("Id", value_or_empty(release, "ID"));
  row.version("VersionId", model::VersionScheme::Dotted, value_or_empty(release, "VERSION_ID"));
  row.text("Codename", value_or_empty(release, "VERSION_CODENAME"));
  row.text("KernelName", read_fact(source, "/proc/sys/kernel/ostype").value_or(""));
  row.text("KernelRelease", read_fact(source, "/proc/sys/kernel/osrelease").value_or(""));
  row.text("Architecture", dpkg_architecture(source).value_or(""));
  row.text("Language", language(source));
  row.number("InstallTime", install_time(source));
  row.number("BootTime", boot_time(source));
  out.rows.push_back(std::move(row).take());
  return out;
}

}  // namespace muster::client
