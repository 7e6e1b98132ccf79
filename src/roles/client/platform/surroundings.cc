#include "roles/client/platform/surroundings.h"

#include <sys/statvfs.h>
#include <sys/utsname.h>

#include "roles/client/inventory/os_release.h"
#include "roles/client/platform/root_source.h"

namespace muster::client {

Surroundings look_around(const std::string& disk) {
  Surroundings out;
  if (const auto root = RootSource::open("/")) {
    const Assignments release = read_os_release(*root);
    out.platform.os = value_or_empty(release, "ID");
    out.platform.version = value_or_empty(release, "VERSION_ID");
  }
  struct utsname system {};
  if (::uname(&system) == 0) out.platform.architecture = model::architecture_name(system.machine);
  struct statvfs space {};
  if (::statvfs(disk.c_str(), &space) == 0)
    out.free_disk_bytes = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
  return out;
}

}  // namespace muster::client
