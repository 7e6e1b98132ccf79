// Package URLs (https://github.com/package-url/purl-spec, types "deb" and "rpm").
#pragma once

#include <string>
#include <string_view>

namespace muster::client {

enum class PackageType { Deb, Rpm };

struct PackageUrl {
  std::string_view distribution;  // the namespace: "debian"
  std::string_view name;
  std::string_view version;
  std::string_view architecture;
  std::string_view release;  // "12", or empty where the distribution has none
  PackageType type = PackageType::Deb;
  std::string_view epoch = {};  // of rpm, whose version leaves it out
};

// "pkg:deb/debian/openssl@3.0.15-1~deb12u1?arch=amd64&distro=debian-12".
// "pkg:rpm/fedora/curl@7.50.3-1.fc25?arch=i386&distro=fedora-25&epoch=1".
std::string to_text(const PackageUrl& url);

// Percent-encodes all but letters, digits, ".-_~" and ':'.
std::string purl_encoded(std::string_view text);

}  // namespace muster::client
