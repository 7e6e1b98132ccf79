// Versions and their order. Order is per scheme; across schemes nothing compares.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace muster::model {

enum class VersionScheme { Dpkg, Rpm, Dotted };

std::string_view to_text(VersionScheme scheme);  // "dpkg", "rpm", "dotted"
std::optional<VersionScheme> parse_version_scheme(std::string_view text);

struct Version {
  VersionScheme scheme;
  std::string text;
  friend bool operator==(const Version&, const Version&) = default;
};

// Less than, equal to or greater than 0 as a is before, equal to or after b in `scheme`.
// Dpkg: Debian Policy 5.6.12. Rpm: rpmvercmp with '~' and '^'. Dotted: numbers between dots.
int compare_versions(VersionScheme scheme, std::string_view a, std::string_view b);

// Bytes whose order (memcmp, then the shorter first) is that of compare_versions: equal versions
// have equal keys.
Bytes version_key(VersionScheme scheme, std::string_view text);

}  // namespace muster::model
