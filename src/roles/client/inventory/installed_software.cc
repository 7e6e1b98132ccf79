// Class InstalledSoftware: the packages that dpkg and rpm hold as installed.
#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/dpkg_status.h"
#include "roles/client/inventory/errors.h"
#include "roles/client/inventory/os_release.h"
#include "roles/client/inventory/package_url.h"
#include "roles/client/inventory/row_builder.h"
#include "roles/client/inventory/rpm_header.h"

namespace muster::client {
namespace {

struct Distribution {
  std::string name;
  std::string release;
};

Result<void> keep(Collected& out, RowBuilder row) {
  if (out.rows.size() >= model::kMostRowsPerClass)
    return fail(kFactUnreadable, "over {} installed packages", model::kMostRowsPerClass);
  out.rows.push_back(std::move(row).take());
  return {};
}

RowBuilder dpkg_row(const DpkgPackage& package, const Distribution& distribution) {
  RowBuilder row("InstalledSoftware");
  row.text("Name", package.name);
  row.version("Version", model::VersionScheme::Dpkg, package.version);
  row.text("Architecture", package.architecture);
  row.text("Publisher", package.maintainer);
  row.text("Source", package.source.empty() ? package.name : package.source);
  row.text("Section", package.section);
  // Without the distribution's name the URL would name no package at all.
  if (!distribution.name.empty())
    row.text("Purl", to_text({distribution.name, package.name, package.version,
                              package.architecture, distribution.release}));
  row.number("InstalledSizeKB", package.installed_size_kb);
  row.text("PackageManager", "dpkg");
  return row;
}

Result<void> add_dpkg(const Source& source, const Distribution& distribution, Collected& out) {
  const auto packages = read_dpkg_packages(source);
  if (!packages) {
    if (packages.error().is(kFactMissing)) return {};  // no machine of dpkg's
    return fail(packages.error());
  }
  for (const DpkgPackage& package : *packages)
    if (package.installed) TRY(keep(out, dpkg_row(package, distribution)));
  return {};
}

RowBuilder rpm_row(const RpmPackage& package, const Distribution& distribution) {
  RowBuilder row("InstalledSoftware");
  row.text("Name", package.name);
  row.version("Version", model::VersionScheme::Rpm, package.evr());
  row.text("Architecture", package.architecture);
  row.text("Publisher", package.vendor.empty() ? package.packager : package.vendor);
  row.text("Source", package.source_name());
  if (package.group != "Unspecified") row.text("Section", package.group);
  if (!distribution.name.empty()) {
    const std::string version = package.version + "-" + package.release;
    const std::string epoch = package.epoch ? fmt::format("{}", *package.epoch) : "";
    row.text("Purl", to_text({distribution.name, package.name, version, package.architecture,
                              distribution.release, PackageType::Rpm, epoch}));
  }
  if (package.size_bytes) row.number("InstalledSizeKB", (*package.size_bytes + 1023) / 1024);
  row.text("PackageManager", "rpm");
  return row;
}

Result<void> add_rpm(const Source& source, const Distribution& distribution, Collected& out) {
  const std::size_t before = out.rows.size();
  const auto done = source.rpm_headers([&] { out.rows.resize(before); },
                                       [&](ByteView header) -> Result<void> {
                                         const RpmPackage package = TRY(parse_rpm_header(header));
                                         if (package.name == "gpg-pubkey")
                                           return {};  // a key, kept as if it were a package
                                         return keep(out, rpm_row(package, distribution));
                                       });
  if (done || done.error().is(kFactMissing)) return {};
  return fail(done.error());
}

}  // namespace

Result<Collected> collect_installed_software(const Source& source) {
  Collected out;
  const Assignments release = read_os_release(source);
  const Distribution distribution{value_or_empty(release, "ID"),
                                  value_or_empty(release, "VERSION_ID")};
  TRY(add_dpkg(source, distribution, out));
  TRY(add_rpm(source, distribution, out));
  return out;
}

}  // namespace muster::client
