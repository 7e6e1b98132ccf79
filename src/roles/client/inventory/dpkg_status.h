// dpkg's database of packages: /var/lib/dpkg/status and the journal beside it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roles/client/inventory/source.h"

namespace muster::client {

inline constexpr std::size_t kLargestDpkgStatus = 64u << 20;

struct DpkgPackage {
  std::string name;
  std::string version;
  std::string architecture;
  std::string maintainer;
  std::string source;  // the source package's name, without its version
  std::string section;
  std::optional<std::int64_t> installed_size_kb;
  bool installed = false;  // fully: not half configured, not only its settings left
};

// Stanzas without a package name are skipped; fields of several lines keep their first one.
std::vector<DpkgPackage> parse_dpkg_status(std::string_view text);

// What dpkg-query shows: the status file, over which the entries of an interrupted or running
// dpkg (/var/lib/dpkg/updates) are laid. Errors: those of Source::read.
Result<std::vector<DpkgPackage>> read_dpkg_packages(const Source& source);

// The architecture that dpkg itself was built for.
std::optional<std::string> dpkg_architecture(const Source& source);

}  // namespace muster::client
