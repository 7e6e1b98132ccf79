// Class InstalledSoftware: the packages that dpkg holds as installed.
#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/dpkg_status.h"
#include "roles/client/inventory/errors.h"
#include "roles/client/inventory/os_release.h"
#include "roles/client/inventory/package_url.h"
#include "roles/client/inventory/row_builder.h"

namespace muster::client {

Result<Collected> collect_installed_software(const Source& source) {
  Collected out;
  const auto packages = read_dpkg_packages(source);
  if (!packages) {
    if (packages.error().is(kFactMissing)) return out;  // no machine of dpkg's
    return fail(packages.error());
  }
  const Assignments release = read_os_release(source);
  const std::string distribution = value_or_empty(release, "ID");
  const std::string release_number = value_or_empty(release, "VERSION_ID");
  for (const DpkgPackage& package : *packages) {
    if (!package.installed) continue;
    if (out.rows.size() >= model::kMostRowsPerClass)
      return fail(kFactUnreadable, "over {} installed packages", model::kMostRowsPerClass);
    RowBuilder row("InstalledSoftware");
    row.text("Name", package.name);
    row.version("Version", model::VersionScheme::Dpkg, package.version);
    row.text("Architecture", package.architecture);
    row.text("Publisher", package.maintainer);
    row.text("Source", package.source.empty() ? package.name : package.source);
    row.text("Section", package.section);
    // Without the distribution's name the URL would name no package at all.
    if (!distribution.empty())
      row.text("Purl", to_text({distribution, package.name, package.version, package.architecture,
                                release_number}));
    row.number("InstalledSizeKB", package.installed_size_kb);
    row.text("PackageManager", "dpkg");
    out.rows.push_back(std::move(row).take());
  }
  return out;
}

}  // namespace muster::client
