// Package URLs (https://github.com/package-url/purl-spec, type "deb").
#pragma once

#include <string>
#include <string_view>

namespace muster::client {

struct DebPackageUrl {
  std::string_view distribution;  // the namespace: "debian"
  std::string_view name;
  std::string_view version;
  std::string_view architecture;
  std::string_view release;  // "12", or empty where the distribution has none
};

// "pkg:deb/debian/openssl@3.0.15-1~deb12u1?arch=amd64&distro=debian-12".
std::string to_text(const DebPackageUrl& url);

// Percent-encodes all but letters, digits, ".-_~" and ':'.
std::string purl_encoded(std::string_view text);

}  // namespace muster::client
